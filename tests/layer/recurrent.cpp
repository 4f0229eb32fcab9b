// lstm and gru against plain implementations over all options, by differences, and against mistakes that people make.
#include "satur/layer/recurrent.hpp"

#include "satur/initializer.hpp"
#include "satur/layer/gru.hpp"
#include "satur/layer/lstm.hpp"
#include "satur/testing.hpp"
#include "support/plain_recurrent.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace satur_test;
using satur::make;
using satur::normal;
template <class T> using tensor = xt::xtensor<T, 3>;
template <class T> using matrix = xt::xtensor<T, 2>;

/// What a run may have.
struct options {
  std::size_t time, batch, in, hidden;
  bool start = false, lengths = false, final_gradients = false;
  std::size_t truncation = 0;
  double clip = 0.0;
};

template <class Array> void copy_to(block& to, Array const& from) {
  to.values.assign(from.data(), from.data() + from.size());
}
template <class Array>
void check_close(std::string_view what, Array const& got, block const& wanted, double tolerance) {
  CAPTURE(std::string(what));
  REQUIRE(got.size() == wanted.values.size());
  double largest = 1.0, worst = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::fabs(wanted.values[i]));
    double const off = std::fabs(static_cast<double>(got.data()[i]) - wanted.values[i]);
    worst = off <= worst ? worst : off; // NaN stays
  }
  CHECK(worst <= tolerance * largest);
}

template <class T> void random_start(satur::lstm<T>& layer, options const& o, std::mt19937& g) {
  layer.h0 = make<T>(normal{0, 0.5}, {o.batch, o.hidden}, g);
  layer.c0 = make<T>(normal{}, {o.batch, o.hidden}, g);
}
template <class T> void random_start(satur::gru<T>& layer, options const& o, std::mt19937& g) {
  layer.h0 = make<T>(normal{0, 0.5}, {o.batch, o.hidden}, g);
}
template <class T> void copy_own(plain_lstm& plain, satur::lstm<T> const& layer) {
  if (layer.c0.size() != 0) {
    copy_to(plain.c0, layer.c0);
  }
}
template <class T> void copy_own(plain_gru& plain, satur::gru<T> const& layer) {
  plain.after = layer.linear_before_reset();
  if (plain.after) {
    copy_to(plain.candidate_bias, layer.candidate_bias);
  }
}
template <class T, class D>
tensor<T> backward(satur::lstm<T>& layer, D const& dh, matrix<T> const& dfinal_h, matrix<T> const& dfinal_c) {
  return dfinal_h.size() == 0 ? layer.backward(dh) : layer.backward(dh, dfinal_h, dfinal_c);
}
template <class T, class D>
tensor<T> backward(satur::gru<T>& layer, D const& dh, matrix<T> const& dfinal_h, matrix<T> const&) {
  return dfinal_h.size() == 0 ? layer.backward(dh) : layer.backward(dh, dfinal_h);
}
template <class T> void check_own(satur::lstm<T> const& layer, plain_lstm const& plain, bool start, double tolerance) {
  check_close(
      "c", layer.c(),
      [&] { // time first
        block c(plain.time + 1, plain.batch, plain.hidden);
        c.values = plain.c.values;
        return c;
      }(),
      tolerance);
  if (start) {
    check_close("dc0", layer.dc0, plain.dc0, tolerance);
  } else {
    CHECK(layer.dc0.size() == 0);
  }
}
template <class T> void check_own(satur::gru<T> const& layer, plain_gru const& plain, bool, double tolerance) {
  if (plain.after) {
    check_close("dcandidate_bias", layer.dcandidate_bias, plain.dcandidate_bias, tolerance);
  } else {
    CHECK(layer.dcandidate_bias.size() == 0);
  }
}

/// Runs both and compares everything that they give.
template <class T, class Layer, class Plain>
void compare(Layer& layer, Plain plain, options const& o, std::mt19937& g) {
  auto const x = make<T>(normal{}, {o.time, o.batch, o.in}, g);
  auto const dh = make<T>(normal{}, {o.time, o.batch, o.hidden}, g);
  layer.lengths.clear();
  layer.clear_state();
  layer.truncation = plain.truncation = o.truncation;
  layer.clip = plain.clip = o.clip;
  matrix<T> dfinal_h, dfinal_c;
  if (o.start) {
    random_start(layer, o, g);
    copy_to(plain.h0, layer.h0);
  }
  if (o.lengths) {
    for (std::size_t n = 0; n < o.batch; ++n) { // 0, and the whole sequence, among them
      layer.lengths.push_back((n * 3 + (o.batch == 1 ? 1 : 0)) % (o.time + 1));
    }
    plain.lengths = layer.lengths;
  }
  if (o.final_gradients) {
    dfinal_h = make<T>(normal{}, {o.batch, o.hidden}, g);
    dfinal_c = make<T>(normal{}, {o.batch, o.hidden}, g);
    copy_to(plain.dfinal_h, dfinal_h);
    copy_to(plain.dfinal_c, dfinal_c);
  }
  copy_to(plain.x, x);
  copy_to(plain.dh, dh);
  copy_to(plain.w, layer.w);
  copy_to(plain.u, layer.u);
  copy_to(plain.b, layer.b);
  copy_own(plain, layer);
  plain.forward();
  plain.backward();

  double const tolerance = 500 * static_cast<double>(std::numeric_limits<T>::epsilon());
  layer.forward(x);
  tensor<T> const dx = backward(layer, dh, dfinal_h, dfinal_c);
  block h(o.time, o.batch, o.hidden), last(o.batch, o.hidden);
  std::copy(plain.h.values.begin() + static_cast<std::ptrdiff_t>(last.values.size()), plain.h.values.end(),
            h.values.begin());
  std::copy(plain.h.values.end() - static_cast<std::ptrdiff_t>(last.values.size()), plain.h.values.end(),
            last.values.begin());
  check_close("h", layer.h(), h, tolerance);
  check_close("final_h", layer.final_h(), last, tolerance);
  check_close("dx", dx, plain.dx, tolerance);
  check_close("dw", layer.dw, plain.dw, tolerance);
  check_close("du", layer.du, plain.du, tolerance);
  check_close("db", layer.db, plain.db, tolerance);
  for (std::size_t gate = 0; gate < plain.gates; ++gate) {
    auto const z = layer.z(gate), dz = layer.dz(gate);
    double worst = 0.0;
    for (std::size_t t = 0; t < o.time; ++t) {
      for (std::size_t n = 0; n < o.batch; ++n) {
        for (std::size_t j = 0; j < o.hidden; ++j) {
          std::size_t const k = gate * o.hidden + j;
          double const off_z = t < plain.lengths[n] ? static_cast<double>(z(t, n, j)) - plain.z(t, n, k) : 0.0;
          double const off_dz = static_cast<double>(dz(t, n, j)) - plain.dz(t, n, k);
          worst = std::max({worst, std::fabs(off_z), std::fabs(off_dz)});
        }
      }
    }
    CAPTURE(gate);
    CHECK(worst <= 10 * tolerance);
  }
  if (o.start) {
    check_close("dh0", layer.dh0, plain.dh0, tolerance);
  } else {
    CHECK(layer.dh0.size() == 0);
  }
  check_own(layer, plain, o.start, tolerance);
}

template <class T, class Plain, class Make> void compare_all(Make const& make_layer) {
  std::mt19937 g(16);
  // Single steps, rows and units; more units than a register has lanes.
  for (options o : {options{1, 1, 1, 1}, options{6, 3, 4, 17}, options{5, 2, 1, 5}, options{4, 1, 3, 2}}) {
    auto layer = make_layer(o, g);
    satur::fill(normal{0, 0.5}, layer.b, g);
    for (unsigned bits = 0; bits < 8; ++bits) {
      o.start = (bits & 1u) != 0;
      o.lengths = (bits & 2u) != 0;
      o.final_gradients = (bits & 4u) != 0;
      for (std::size_t const truncation : {0u, 1u, 2u, 9u}) {
        for (double const clip : {0.0, 0.05}) {
          o.truncation = truncation;
          o.clip = clip;
          CAPTURE(o.time);
          CAPTURE(bits);
          CAPTURE(truncation);
          CAPTURE(clip);
          compare<T>(layer, Plain(o.time, o.batch, o.in, o.hidden), o, g);
        }
      }
    }
  }
}

/// dL/dx, and the gradients of parameters and states, by differences. `after_backward` may spoil them.
template <class Layer, class Spoil>
satur::testing::report check_all(Layer& layer, tensor<double> x, Spoil const& spoil) {
  std::mt19937 g(3);
  auto const weights = make<double>(satur::uniform{0.5, 1.0}, {x.shape(0), x.shape(1), layer.hidden()}, g);
  tensor<double> dx(x);
  satur::testing::gradient_check check("a recurrent layer");
  check.add("x", x, dx);
  check.add_parameters(layer);
  if (layer.h0.size() != 0) {
    layer.dh0 = layer.h0; // memory, before the check looks at it
    check.add("h0", layer.h0, layer.dh0);
  }
  if constexpr (requires { layer.c0; }) {
    if (layer.c0.size() != 0) {
      layer.dc0 = layer.c0;
      check.add("c0", layer.c0, layer.dc0);
    }
  }
  auto const loss = [&] {
    auto const& h = layer.forward(std::as_const(x));
    double sum = 0.0;
    for (std::size_t i = 0; i < h.size(); ++i) {
      sum += weights.data()[i] * h.data()[i];
    }
    return sum;
  };
  auto const backward = [&] {
    dx = layer.backward(weights);
    spoil(layer, dx, weights);
  };
  return check.run(loss, backward, {.most = 24});
}
auto const as_it_is = [](auto&, auto&, auto const&) {};

} // namespace

TEST_CASE_TEMPLATE("lstm: forward and backward are those of the plain implementation", T, float, double) {
  compare_all<T, plain_lstm>([](options const& o, std::mt19937& g) {
    return satur::lstm<T>{o.in, o.hidden, normal{0, 0.7}, g};
  });
}
TEST_CASE_TEMPLATE("gru: forward and backward are those of the plain implementation", T, float, double) {
  for (bool const after : {true, false}) {
    CAPTURE(after);
    compare_all<T, plain_gru>([after](options const& o, std::mt19937& g) {
      satur::gru<T> layer{o.in, o.hidden, normal{0, 0.7}, g, after};
      satur::fill(normal{0, 0.5}, layer.candidate_bias, g);
      return layer;
    });
  }
}

TEST_CASE("lstm and gru: gradients of x, parameters and states by differences, with and without lengths") {
  std::mt19937 g(5);
  options const o{4, 3, 2, 3};
  auto const x = make<double>(normal{}, {o.time, o.batch, o.in}, g);
  auto const check = [&](auto layer) {
    for (bool const start : {false, true}) {
      if (start) {
        random_start(layer, o, g);
      }
      for (std::vector<std::size_t> const& lengths : {std::vector<std::size_t>{}, {4, 0, 2}}) {
        layer.lengths = lengths;
        auto const r = check_all(layer, x, as_it_is);
        CHECK_MESSAGE(r.passed(), r.text());
        CHECK(r.checks > 60);
      }
    }
  };
  check(satur::lstm<double>{o.in, o.hidden, normal{}, g});
  check(satur::gru<double>{o.in, o.hidden, normal{}, g, true});
  check(satur::gru<double>{o.in, o.hidden, normal{}, g, false});
}

TEST_CASE("the gradient check finds mistakes in recurrent layers") {
  std::mt19937 g(6);
  options const o{4, 3, 2, 3};
  auto const x = make<double>(normal{}, {o.time, o.batch, o.in}, g);
  auto const finds = [&](char const* mistake, auto layer, char const* where, auto const& spoil) {
    CAPTURE(mistake);
    random_start(layer, o, g);
    layer.lengths = {4, 1, 2};
    auto const right = check_all(layer, x, as_it_is);
    CHECK_MESSAGE(right.passed(), right.text());
    auto const r = check_all(layer, x, spoil);
    CHECK_FALSE(r.passed());
    CHECK_MESSAGE(r.failed(where), r.text());
  };
  satur::lstm<double> const lstm{o.in, o.hidden, normal{}, g};
  satur::gru<double> const gru{o.in, o.hidden, normal{}, g};
  auto const again = [](auto& layer, auto& dx, auto const& dh) { dx = layer.backward(dh); };

  finds("nothing flows back through time", lstm, "dL/du", [&](auto& l, auto& dx, auto const& dh) {
    l.truncation = 1;
    again(l, dx, dh);
    l.truncation = 0;
  });
  finds("the mask is off by one", lstm, "dL/dx", [&](auto& l, auto& dx, auto const& dh) {
    auto const lengths = l.lengths;
    l.lengths = {3, 2, 3};
    l.forward(x);
    again(l, dx, dh);
    l.lengths = lengths;
  });
  finds("two gates are exchanged in dL/dw", lstm, "dL/dw", [&](auto& l, auto&, auto const&) {
    for (std::size_t i = 0; i < o.in; ++i) {
      std::swap_ranges(&l.dw(i, 0), &l.dw(i, 0) + o.hidden, &l.dw(i, o.hidden));
    }
  });
  finds("du forgets the state before the first step", lstm, "dL/du", [&](auto& l, auto&, auto const&) {
    for (std::size_t n = 0; n < o.batch; ++n) {
      for (std::size_t j = 0; j < o.hidden; ++j) {
        for (std::size_t k = 0; k < o.hidden; ++k) {
          l.du(j, k) -= l.h0(n, j) * l.dz(0)(std::size_t{0}, n, k);
        }
      }
    }
  });
  finds("u is transposed on the way back", lstm, "dL/dx", [&](auto& l, auto& dx, auto const& dh) {
    auto const u = l.u;
    for (std::size_t gate = 0; gate < 4; ++gate) {
      for (std::size_t j = 0; j < o.hidden; ++j) {
        for (std::size_t k = 0; k < o.hidden; ++k) {
          l.u(j, gate * o.hidden + k) = u(k, gate * o.hidden + j);
        }
      }
    }
    again(l, dx, dh);
    l.u = u;
  });
  finds("db is a mean over the batch", gru, "dL/db", [&](auto& l, auto&, auto const&) { l.db /= 3.0; });
  finds("dcandidate_bias without the reset gate", gru, "dL/dcandidate_bias", [&](auto& l, auto&, auto const&) {
    std::copy_n(l.db.data() + 2 * o.hidden, o.hidden, l.dcandidate_bias.data());
  });
  finds("the other reset convention on the way back", gru, "dL/du", [&](auto& l, auto& dx, auto const& dh) {
    satur::gru<double> other{o.in, o.hidden, satur::zeros{}, g, false};
    other.w = l.w, other.u = l.u, other.b = l.b, other.h0 = l.h0, other.lengths = l.lengths;
    other.forward(x);
    dx = other.backward(dh);
    l.dw = other.dw, l.du = other.du, l.db = other.db;
  });
  finds("the update gate's two sides are exchanged", gru, "dL/db", [&](auto& l, auto&, auto const&) {
    for (std::size_t j = 0; j < o.hidden; ++j) {
      l.db(o.hidden + j) = -l.db(o.hidden + j);
    }
  });
  finds("a clipped gradient is no gradient", lstm, "dL/dw", [&](auto& l, auto& dx, auto const& dh) {
    l.clip = 0.01;
    again(l, dx, dh);
    l.clip = 0.0;
  });
}

TEST_CASE("truncation: the pieces run one after the other, gradients added") {
  std::mt19937 g(7);
  options const o{7, 2, 3, 4};
  auto const check = [&](auto whole) {
    random_start(whole, o, g);
    auto pieces = whole;
    whole.truncation = 3;
    auto const x = make<double>(normal{}, {o.time, o.batch, o.in}, g);
    auto const dh = make<double>(normal{}, {o.time, o.batch, o.hidden}, g);
    tensor<double> const h = whole.forward(x);
    tensor<double> const dx = whole.backward(dh);
    auto sum = whole.du;
    sum.fill(0.0);
    for (std::size_t first = 0; first < o.time; first += 3) {
      auto const piece = [&](tensor<double> const& all) {
        return tensor<double>(
            xt::view(all, xt::range(first, std::min<std::size_t>(first + 3, o.time)), xt::all(), xt::all()));
      };
      tensor<double> const part = pieces.forward(piece(x));
      CHECK(xt::allclose(part, piece(h), 1e-13, 1e-13));
      tensor<double> const back = pieces.backward(piece(dh));
      CHECK(xt::allclose(back, piece(dx), 1e-12, 1e-13));
      if (first == 0) {
        CHECK(xt::allclose(pieces.dh0, whole.dh0, 1e-12, 1e-13));
      }
      sum += pieces.du;
      pieces.carry_state();
    }
    CHECK(xt::allclose(sum, whole.du, 1e-12, 1e-13));
    auto const cut = whole.du;
    whole.truncation = 0;
    whole.backward(dh);
    CHECK_FALSE(xt::allclose(cut, whole.du, 1e-3, 1e-3)); // and it changes something
  };
  check(satur::lstm<double>{o.in, o.hidden, normal{}, g});
  check(satur::gru<double>{o.in, o.hidden, normal{}, g});
  check(satur::gru<double>{o.in, o.hidden, normal{}, g, false});
}
