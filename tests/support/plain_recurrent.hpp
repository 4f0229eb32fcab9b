// An lstm and a gru as the papers write them: one sequence, one unit at a time, in double, forward and backward. Slow
// and plain, to compare satur::lstm and satur::gru with.
//
// lstm: Gers, Schmidhuber, Cummins 2000 without peepholes; gates in PyTorch's order i, f, g, o.
// gru: Cho et al. 2014, and with `after` PyTorch's variant; gates in PyTorch's order r, z, n.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace satur_test {

/// An array of three axes, or of fewer.
struct block {
  std::size_t rows = 0, columns = 0, depth = 0;
  std::vector<double> values{};
  block() = default;
  block(std::size_t r, std::size_t c, std::size_t d = 1) : rows(r), columns(c), depth(d), values(r * c * d, 0.0) {}
  double& operator()(std::size_t r, std::size_t c, std::size_t d = 0) { return values[(r * columns + c) * depth + d]; }
  double operator()(std::size_t r, std::size_t c, std::size_t d = 0) const {
    return values[(r * columns + c) * depth + d];
  }
};

inline double plain_sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

/// What both have: parameters, what forward gives, and gradients.
struct plain_recurrent {
  std::size_t time, batch, in, hidden, gates;
  block x, w, u, b, candidate_bias, h0, c0; // candidate_bias: gru; c0: lstm
  std::vector<std::size_t> lengths;
  std::size_t truncation = 0;
  double clip = 0.0;
  bool after = true; // gru: the reset gate multiplies after the product
  block dh, dfinal_h, dfinal_c;

  block h, c, z; // h and c have one step more: the state before the first
  block dx, dw, du, db, dcandidate_bias, dh0, dc0, dz;

  plain_recurrent(std::size_t t, std::size_t n, std::size_t i, std::size_t k, std::size_t g)
      : time(t), batch(n), in(i), hidden(k), gates(g), x(t, n, i), w(i, g * k), u(k, g * k), b(1, g * k),
        candidate_bias(1, k), h0(n, k), c0(n, k), lengths(n, t), dh(t, n, k), dfinal_h(n, k), dfinal_c(n, k) {}

  void make_results() {
    h = c = block(time + 1, batch, hidden);
    z = dz = block(time, batch, gates * hidden);
    dx = block(time, batch, in);
    dw = block(in, gates * hidden);
    du = block(hidden, gates * hidden);
    db = block(1, gates * hidden);
    dcandidate_bias = block(1, hidden);
    dh0 = dc0 = block(batch, hidden);
  }
  /// x w + b of one gate's unit.
  [[nodiscard]] double from_input(std::size_t t, std::size_t n, std::size_t k) const {
    double sum = b(0, k);
    for (std::size_t i = 0; i < in; ++i) {
      sum += x(t, n, i) * w(i, k);
    }
    return sum;
  }
  /// state u of one gate's unit.
  [[nodiscard]] double from_state(std::vector<double> const& state, std::size_t k) const {
    double sum = 0.0;
    for (std::size_t j = 0; j < hidden; ++j) {
      sum += state[j] * u(j, k);
    }
    return sum;
  }
  [[nodiscard]] std::vector<double> state(block const& all, std::size_t t, std::size_t n) const {
    std::vector<double> one(hidden);
    for (std::size_t j = 0; j < hidden; ++j) {
      one[j] = all(t, n, j);
    }
    return one;
  }
  [[nodiscard]] double clipped(double d) const { return clip == 0.0 ? d : d > clip ? clip : d < -clip ? -clip : d; }
  /// The gradients of w, b and x from dL/dz.
  void gradients_of_input(std::size_t t, std::size_t n) {
    for (std::size_t k = 0; k < gates * hidden; ++k) {
      db(0, k) += dz(t, n, k);
      for (std::size_t i = 0; i < in; ++i) {
        dw(i, k) += x(t, n, i) * dz(t, n, k);
        dx(t, n, i) += w(i, k) * dz(t, n, k);
      }
    }
  }
  /// Whether no gradient goes from step t to step t - 1.
  [[nodiscard]] bool cut(std::size_t t) const { return t != 0 && truncation != 0 && t % truncation == 0; }
};

struct plain_lstm : plain_recurrent {
  plain_lstm(std::size_t t, std::size_t n, std::size_t i, std::size_t k) : plain_recurrent(t, n, i, k, 4) {}

  void forward() {
    make_results();
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t j = 0; j < hidden; ++j) {
        h(0, n, j) = h0(n, j);
        c(0, n, j) = c0(n, j);
      }
      for (std::size_t t = 0; t < time; ++t) {
        std::vector<double> const before = state(h, t, n);
        for (std::size_t k = 0; k < 4 * hidden; ++k) {
          z(t, n, k) = from_input(t, n, k) + from_state(before, k);
        }
        for (std::size_t j = 0; j < hidden; ++j) {
          if (t >= lengths[n]) {
            h(t + 1, n, j) = h(t, n, j);
            c(t + 1, n, j) = c(t, n, j);
            continue;
          }
          double const i = plain_sigmoid(z(t, n, j)), f = plain_sigmoid(z(t, n, hidden + j));
          double const g = std::tanh(z(t, n, 2 * hidden + j)), o = plain_sigmoid(z(t, n, 3 * hidden + j));
          c(t + 1, n, j) = f * c(t, n, j) + i * g;
          h(t + 1, n, j) = o * std::tanh(c(t + 1, n, j));
        }
      }
    }
  }

  void backward() {
    for (std::size_t n = 0; n < batch; ++n) {
      std::vector<double> dhn(hidden), dcn(hidden);
      for (std::size_t j = 0; j < hidden; ++j) {
        dhn[j] = dfinal_h(n, j);
        dcn[j] = dfinal_c(n, j);
      }
      for (std::size_t t = time; t-- > 0;) {
        for (std::size_t j = 0; j < hidden; ++j) {
          dhn[j] += dh(t, n, j);
        }
        if (t < lengths[n]) {
          std::vector<double> passed(hidden, 0.0);
          for (std::size_t j = 0; j < hidden; ++j) {
            double const i = plain_sigmoid(z(t, n, j)), f = plain_sigmoid(z(t, n, hidden + j));
            double const g = std::tanh(z(t, n, 2 * hidden + j)), o = plain_sigmoid(z(t, n, 3 * hidden + j));
            double const y = std::tanh(c(t + 1, n, j));
            dcn[j] += dhn[j] * o * (1.0 - y * y);
            dz(t, n, j) = clipped(dcn[j] * g * i * (1.0 - i));
            dz(t, n, hidden + j) = clipped(dcn[j] * c(t, n, j) * f * (1.0 - f));
            dz(t, n, 2 * hidden + j) = clipped(dcn[j] * i * (1.0 - g * g));
            dz(t, n, 3 * hidden + j) = clipped(dhn[j] * y * o * (1.0 - o));
            dcn[j] *= f;
          }
          for (std::size_t j = 0; j < hidden; ++j) {
            for (std::size_t k = 0; k < 4 * hidden; ++k) {
              passed[j] += u(j, k) * dz(t, n, k);
              du(j, k) += h(t, n, j) * dz(t, n, k);
            }
          }
          gradients_of_input(t, n);
          dhn = passed;
        }
        if (cut(t)) {
          dhn.assign(hidden, 0.0);
          dcn.assign(hidden, 0.0);
        }
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        dh0(n, j) = dhn[j];
        dc0(n, j) = dcn[j];
      }
    }
  }
};

struct plain_gru : plain_recurrent {
  plain_gru(std::size_t t, std::size_t n, std::size_t i, std::size_t k) : plain_recurrent(t, n, i, k, 3) {}

  void forward() {
    make_results();
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t j = 0; j < hidden; ++j) {
        h(0, n, j) = h0(n, j);
      }
      for (std::size_t t = 0; t < time; ++t) {
        std::vector<double> const before = state(h, t, n);
        for (std::size_t k = 0; k < 2 * hidden; ++k) {
          z(t, n, k) = from_input(t, n, k) + from_state(before, k);
        }
        std::vector<double> const reset = resets(t, n);
        for (std::size_t j = 0; j < hidden; ++j) {
          std::size_t const k = 2 * hidden + j;
          z(t, n, k) = from_input(t, n, k) + (after ? reset[j] * (from_state(before, k) + candidate_bias(0, j))
                                                    : from_state(products(reset, before), k));
        }
        for (std::size_t j = 0; j < hidden; ++j) {
          double const a = plain_sigmoid(z(t, n, hidden + j)), candidate = std::tanh(z(t, n, 2 * hidden + j));
          h(t + 1, n, j) = t >= lengths[n] ? before[j] : (1.0 - a) * candidate + a * before[j];
        }
      }
    }
  }

  void backward() {
    for (std::size_t n = 0; n < batch; ++n) {
      std::vector<double> dhn(hidden);
      for (std::size_t j = 0; j < hidden; ++j) {
        dhn[j] = dfinal_h(n, j);
      }
      for (std::size_t t = time; t-- > 0;) {
        for (std::size_t j = 0; j < hidden; ++j) {
          dhn[j] += dh(t, n, j);
        }
        if (t < lengths[n]) {
          step_back(t, n, dhn);
        }
        if (cut(t)) {
          dhn.assign(hidden, 0.0);
        }
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        dh0(n, j) = dhn[j];
      }
    }
  }

private:
  [[nodiscard]] std::vector<double> resets(std::size_t t, std::size_t n) const {
    std::vector<double> r(hidden);
    for (std::size_t j = 0; j < hidden; ++j) {
      r[j] = plain_sigmoid(z(t, n, j));
    }
    return r;
  }
  [[nodiscard]] static std::vector<double> products(std::vector<double> a, std::vector<double> const& o) {
    for (std::size_t j = 0; j < a.size(); ++j) {
      a[j] *= o[j];
    }
    return a;
  }

  void step_back(std::size_t t, std::size_t n, std::vector<double>& dhn) {
    std::vector<double> const before = state(h, t, n), reset = resets(t, n), gated = products(reset, before);
    std::vector<double> passed(hidden, 0.0), dreset(hidden, 0.0);
    for (std::size_t j = 0; j < hidden; ++j) {
      double const a = plain_sigmoid(z(t, n, hidden + j)), candidate = std::tanh(z(t, n, 2 * hidden + j));
      dz(t, n, hidden + j) = clipped(dhn[j] * (before[j] - candidate) * a * (1.0 - a));
      dz(t, n, 2 * hidden + j) = clipped(dhn[j] * (1.0 - a) * (1.0 - candidate * candidate));
      passed[j] = dhn[j] * a;
    }
    for (std::size_t k = 0; k < hidden; ++k) {
      double const d = dz(t, n, 2 * hidden + k);
      if (after) { // z = … + r (h u + bias)
        dreset[k] += d * (from_state(before, 2 * hidden + k) + candidate_bias(0, k));
        dcandidate_bias(0, k) += d * reset[k];
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        double const weight = u(j, 2 * hidden + k);
        if (after) {
          passed[j] += d * reset[k] * weight;
          du(j, 2 * hidden + k) += before[j] * d * reset[k];
        } else { // z = … + (r h) u
          passed[j] += d * weight * reset[j];
          dreset[j] += d * weight * before[j];
          du(j, 2 * hidden + k) += gated[j] * d;
        }
      }
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      dz(t, n, j) = clipped(dreset[j] * reset[j] * (1.0 - reset[j]));
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      for (std::size_t k = 0; k < 2 * hidden; ++k) {
        passed[j] += u(j, k) * dz(t, n, k);
        du(j, k) += before[j] * dz(t, n, k);
      }
    }
    gradients_of_input(t, n);
    dhn = passed;
  }
};

} // namespace satur_test
