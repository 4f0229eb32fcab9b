// Normalization by the published definitions, in long double, one number at a time.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace test {

/// Mean, and mean square distance from it, by two loops.
struct mean_and_variance {
  long double mean = 0.0L;
  long double variance = 0.0L;
};
inline mean_and_variance mean_and_variance_of(std::vector<long double> const& x) {
  mean_and_variance m;
  for (long double const v : x) {
    m.mean += v / static_cast<long double>(x.size());
  }
  for (long double const v : x) {
    m.variance += (v - m.mean) * (v - m.mean) / static_cast<long double>(x.size());
  }
  return m;
}

/// Ba, Kiros, Hinton 2016, equations 3 and 4, over one row.
inline std::vector<long double> plain_layer_norm(std::vector<long double> const& x,
                                                 std::vector<long double> const& gamma,
                                                 std::vector<long double> const& beta, long double epsilon) {
  mean_and_variance const m = mean_and_variance_of(x);
  std::vector<long double> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.push_back((x[i] - m.mean) / std::sqrt(m.variance + epsilon) * gamma[i] + beta[i]);
  }
  return y;
}

/// Zhang, Sennrich 2019, equation 4, with an epsilon, over one row.
inline std::vector<long double> plain_rms_norm(std::vector<long double> const& x, std::vector<long double> const& gamma,
                                               long double epsilon) {
  long double squares = 0.0L;
  for (long double const v : x) {
    squares += v * v;
  }
  std::vector<long double> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.push_back(x[i] / std::sqrt(squares / static_cast<long double>(x.size()) + epsilon) * gamma[i]);
  }
  return y;
}

/// Ioffe, Szegedy 2015, algorithm 1, for x of shape (batch, units, inner): the statistics of a unit are over the batch
/// and the inner numbers.
struct plain_batch_norm {
  long double epsilon = 1e-5L;
  long double rate = 0.1L; ///< of the running statistics
  bool unbiased = true;    ///< the running variance divides by count - 1
  std::vector<long double> gamma, beta, running_mean, running_variance;

  [[nodiscard]] std::vector<long double> train(std::vector<long double> const& x, std::size_t batch,
                                               std::size_t inner) {
    std::size_t const units = gamma.size();
    std::vector<long double> y(x.size());
    for (std::size_t u = 0; u < units; ++u) {
      std::vector<long double> all;
      for (std::size_t b = 0; b < batch; ++b) {
        for (std::size_t i = 0; i < inner; ++i) {
          all.push_back(x[(b * units + u) * inner + i]);
        }
      }
      if (all.empty()) {
        continue;
      }
      mean_and_variance const m = mean_and_variance_of(all);
      write(x, y, batch, inner, u, m);
      running_mean[u] = (1.0L - rate) * running_mean[u] + rate * m.mean;
      long double const count = static_cast<long double>(all.size());
      if (!unbiased) {
        running_variance[u] = (1.0L - rate) * running_variance[u] + rate * m.variance;
      } else if (all.size() > 1) {
        running_variance[u] = (1.0L - rate) * running_variance[u] + rate * m.variance * count / (count - 1.0L);
      }
    }
    return y;
  }
  [[nodiscard]] std::vector<long double> evaluate(std::vector<long double> const& x, std::size_t batch,
                                                  std::size_t inner) const {
    std::vector<long double> y(x.size());
    for (std::size_t u = 0; u < gamma.size(); ++u) {
      write(x, y, batch, inner, u, {running_mean[u], running_variance[u]});
    }
    return y;
  }

private:
  void write(std::vector<long double> const& x, std::vector<long double>& y, std::size_t batch, std::size_t inner,
             std::size_t u, mean_and_variance const& m) const {
    for (std::size_t b = 0; b < batch; ++b) {
      for (std::size_t i = 0; i < inner; ++i) {
        std::size_t const at = (b * gamma.size() + u) * inner + i;
        y[at] = (x[at] - m.mean) / std::sqrt(m.variance + epsilon) * gamma[u] + beta[u];
      }
    }
  }
};

} // namespace test
