// gated_dense against its definition and central differences, for every order, kind, limit and number of weights, its
// records of values and gates, and its errors.
#include <satur/activation.hpp>
#include <satur/gated.hpp>
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include "support/plain_gate.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

template <class T> using matrix = xt::xtensor<T, 2>;
using satur::gate_order;
using satur::gated_dense;
using satur::gated_options;
using satur::make;
using satur::testing::check_gradients;
using satur_test::refusal;
using numbers = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::array orders{gate_order::value_first, gate_order::gate_first, gate_order::gate_even,
                            gate_order::gate_odd};

/// Options of every order, with one weight and with two, with and without a cut.
std::vector<gated_options> all_options() {
  std::vector<gated_options> all;
  for (double const limit : {infinity, 0.8}) {
    for (gate_order const order : orders) {
      all.push_back({order, false, limit, limit < 1.0 ? 1.0 : 0.0});
    }
    all.push_back({gate_order::gate_odd, true, limit, 0.25}); // an order that two weights do not have
  }
  return all;
}

double sigmoid(double z) { return test::plain_sigmoid(z); }
double silu(double z) { return z * test::plain_sigmoid(z); }
double gelu(double z) { return z * 0.5 * std::erfc(-z / std::sqrt(2.0)); }

/// The definition with the weights of a layer, taken apart by column as its order says.
template <class Layer> test::plain_gate plain(Layer const& layer, std::function<double(double)> act) {
  gated_options const& o = layer.options();
  std::size_t const in = layer.inputs(), out = layer.outputs();
  test::plain_gate p{in, out, {}, {}, {}, {}, std::move(act), o.limit, o.value_offset};
  auto const column = [&](bool gate, std::size_t c) {
    switch (o.order) {
    case gate_order::value_first:
      return gate ? out + c : c;
    case gate_order::gate_first:
      return gate ? c : out + c;
    case gate_order::gate_even:
      return gate ? 2 * c : 2 * c + 1;
    case gate_order::gate_odd:
      return gate ? 2 * c + 1 : 2 * c;
    }
    return c;
  };
  for (bool const gate : {false, true}) {
    numbers& w = gate ? p.wg : p.wv;
    numbers& b = gate ? p.bg : p.bv;
    for (std::size_t c = 0; c < out; ++c) {
      b.push_back(o.two_weights ? (gate ? layer.b_gate : layer.b)(c) : layer.b(column(gate, c)));
    }
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t c = 0; c < out; ++c) {
        w.push_back(o.two_weights ? (gate ? layer.w_gate : layer.w)(i, c) : layer.w(i, column(gate, c)));
      }
    }
  }
  return p;
}

template <class T, class Kind, class G>
gated_dense<T, Kind> drawn(std::size_t in, std::size_t out, gated_options const& o, G& g, Kind const& kind = {}) {
  gated_dense<T, Kind> layer(in, out, satur::normal{0.0, 0.7}, g, kind, o);
  layer.each_parameter([&](std::string_view name, auto& value, auto&) {
    if (name.starts_with("b")) {
      satur::fill(satur::normal{0.1, 0.5}, value, g);
    }
  });
  return layer;
}

double largest_difference(matrix<double> const& a, numbers const& b) {
  double largest = a.size() == b.size() ? 0.0 : infinity;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    double const off = std::fabs(a.data()[i] - b[i]);
    largest = off <= largest ? largest : off;
  }
  return largest;
}
numbers list(matrix<double> const& x) { return {x.data(), x.data() + x.size()}; }

template <class Kind> void check_kind(Kind const& kind, std::function<double(double)> const& act) {
  std::mt19937 g(4);
  for (gated_options const& o : all_options()) {
    CAPTURE(static_cast<int>(o.order));
    CAPTURE(o.two_weights);
    CAPTURE(o.limit);
    auto layer = drawn<double>(3, 5, o, g, kind);
    for (std::size_t const batch : {4u, 1u, 0u, 7u}) {
      auto const x = make<double>(satur::normal{}, {batch, 3}, g);
      CHECK(largest_difference(layer.forward(x), plain(layer, act).forward(list(x))) < 1e-14);
    }
    auto const r = check_gradients(layer, make<double>(satur::normal{}, {4, 3}, g));
    CHECK_MESSAGE(r.passed(), r.text());
  }
}

} // namespace

TEST_CASE("gated_dense: glu by its definition, and its gradients") { check_kind(satur::glu{}, sigmoid); }
TEST_CASE("gated_dense: swiglu by its definition, and its gradients") { check_kind(satur::swiglu{}, silu); }
TEST_CASE("gated_dense: geglu by its definition, and its gradients") { check_kind(satur::geglu{}, gelu); }

TEST_CASE("gated_dense: gpt-oss, and rows longer than a piece") {
  std::mt19937 g(5);
  satur::swiglu const kind{satur::silu{1.702}};
  auto const act = [](double z) { return z * test::plain_sigmoid(1.702 * z); };
  auto layer = drawn<double>(2, 5, gated_options::gpt_oss(), g, kind);
  matrix<double> x = make<double>(satur::normal{0.0, 8.0}, {16, 2}, g); // many values beyond 7
  CHECK(largest_difference(layer.forward(x), plain(layer, act).forward(list(x))) < 1e-13);
  auto const r = check_gradients(layer, x);
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(layer.saturated_fraction(7.0) > 0.1);
  for (gate_order const order : orders) {
    auto long_rows = drawn<double>(2, satur::detail::block_elements + 3, {order, false, 1.0, 0.0}, g, kind);
    CHECK(largest_difference(long_rows.forward(x), plain(long_rows, act).forward(list(x))) < 1e-13);
    matrix<double> const dx = long_rows.backward(long_rows.y());
    matrix<double> const one = xt::view(x, xt::range(3, 4), xt::all());
    long_rows.forward(one); // a row has the same result alone
    matrix<double> const alone = long_rows.backward(long_rows.y());
    CHECK(alone(0, 0) == doctest::Approx(dx(3, 0)).epsilon(1e-12));
  }
}

TEST_CASE("gated_dense: at the limit the gradient passes, beyond it not, as in torch.clamp") {
  std::mt19937 g(1);
  gated_dense<double> layer(1, 1, satur::zeros{}, g, {}, {.limit = 2.0});
  matrix<double> const x{{1.0}}, one{{1.0}};
  auto const gradients = [&](double value, double gate) {
    layer.b = {value, gate};
    layer.forward(x);
    layer.backward(one);
    return std::array{layer.db(0) != 0.0, layer.db(1) != 0.0};
  };
  CHECK(gradients(2.0, 2.0) == std::array{true, true});
  CHECK(gradients(-2.0, 1.0) == std::array{true, true});
  CHECK(gradients(2.1, 2.1) == std::array{false, false});
  CHECK(gradients(-2.1, -2.1) == std::array{false, true}); // a gate has no lower limit
}

TEST_CASE_TEMPLATE("gated_dense: float agrees with double", Kind, satur::glu, satur::swiglu, satur::geglu) {
  for (gated_options const& o : all_options()) {
    std::mt19937 g(6);
    auto wide = drawn<double, Kind>(9, 19, o, g);
    gated_dense<float, Kind> narrow(9, 19, satur::zeros{}, g, {}, o);
    narrow.w = xt::cast<float>(wide.w);
    narrow.b = xt::cast<float>(wide.b);
    narrow.w_gate = xt::cast<float>(wide.w_gate);
    narrow.b_gate = xt::cast<float>(wide.b_gate);
    auto const x = make<float>(satur::normal{}, {5, 9}, g);
    auto const dy = make<float>(satur::normal{}, {5, 19}, g);
    matrix<double> const y = wide.forward(matrix<double>(xt::cast<double>(x)));
    CHECK(xt::allclose(narrow.forward(x), y, 1e-4, 1e-5));
    matrix<double> const dx = wide.backward(matrix<double>(xt::cast<double>(dy)));
    CHECK(xt::allclose(narrow.backward(dy), dx, 1e-3, 1e-4));
    CHECK(xt::allclose(narrow.dw, wide.dw, 1e-3, 1e-4));
    auto const dw = narrow.dw;
    narrow.dw.fill(0.0f);
    narrow.backward_parameters(dy);
    CHECK(narrow.dw == dw);
  }
}

namespace {
struct swapped : gated_dense<double, satur::glu> { // the gradients of values and gates in each other's place
  using gated_dense<double, satur::glu>::gated_dense;
  xt::xtensor<double, 2> const& backward(xt::xtensor<double, 2> const& dy) {
    auto const& dx = gated_dense<double, satur::glu>::backward(dy);
    for (std::size_t c = 0; c < outputs(); ++c) {
      std::swap(db(c), db(outputs() + c));
    }
    return dx;
  }
};
struct uncut : gated_dense<double, satur::glu> { // a backward that does not know of the limit
  using gated_dense<double, satur::glu>::gated_dense;
  xt::xtensor<double, 2> const& backward(xt::xtensor<double, 2> const& dy) {
    std::mt19937 g(1);
    other_.emplace_back(inputs(), outputs(), satur::zeros{}, g);
    other_.back().w = w;
    other_.back().b = b;
    other_.back().forward(x);
    auto const& dx = other_.back().backward(dy);
    dw = other_.back().dw;
    db = other_.back().db;
    return dx;
  }
  xt::xtensor<double, 2> x;

private:
  std::vector<gated_dense<double, satur::glu>> other_;
};
} // namespace

TEST_CASE("gated_dense: the gradient check finds halves that are swapped and a forgotten limit") {
  std::mt19937 g(7);
  auto const x = make<double>(satur::normal{}, {4, 3}, g);
  swapped exchanged(3, 2, satur::normal{}, g);
  auto const a = check_gradients(exchanged, x);
  CHECK(a.failed("dL/db"));
  CHECK_FALSE(a.failed("dL/dw"));
  uncut open(3, 2, satur::normal{}, g, satur::glu{}, gated_options{.limit = 0.5});
  open.x = x;
  CHECK(check_gradients(open, x).failed("dL/dw"));
  // and the definition finds a layer whose order is another
  auto first = drawn<double, satur::swiglu>(3, 2, {}, g);
  gated_dense<double> last = drawn<double, satur::swiglu>(3, 2, {.order = gate_order::gate_first}, g);
  last.w = first.w;
  last.b = first.b;
  CHECK(largest_difference(last.forward(x), plain(first, silu).forward(list(x))) > 1e-3);
}

TEST_CASE("gated_dense: records of values and gates by name, whatever their order") {
  std::mt19937 g(8);
  for (gated_options const& o : all_options()) {
    CAPTURE(static_cast<int>(o.order));
    auto layer = drawn<double, satur::swiglu>(4, 6, o, g);
    CHECK(layer.observe()[0].record.count == 0);
    CHECK(std::isnan(layer.saturated_fraction()));
    CHECK(layer.observe_gates().empty());
    auto const x = make<double>(satur::normal{0.0, 3.0}, {5, 4}, g);
    layer.forward(x);
    auto const p = plain(layer, silu);
    std::vector<double> all[2]; // values and gates, by the definition without a cut
    for (std::size_t r = 0; r < 5; ++r) {
      for (std::size_t c = 0; c < 6; ++c) {
        double value = p.bv[c], gate = p.bg[c];
        for (std::size_t i = 0; i < 4; ++i) {
          value += x(r, i) * p.wv[i * 6 + c];
          gate += x(r, i) * p.wg[i * 6 + c];
        }
        CHECK(layer.value()(r, c) == doctest::Approx(value));
        CHECK(layer.gate()(r, c) == doctest::Approx(gate));
        all[0].push_back(value);
        all[1].push_back(gate);
      }
    }
    auto const found = layer.observe(satur::z_beyond{2.0});
    REQUIRE(found.size() == 2);
    CHECK(found[0].name == "value");
    CHECK(found[1].name == "gate");
    double closed = 0.0, open = 0.0, slope = 0.0;
    for (double const b : all[1]) {
      double const seen = std::min(b, o.limit);
      closed += test::plain_sigmoid(seen) < 0.1 ? 1.0 : 0.0;
      open += test::plain_sigmoid(seen) > 0.9 ? 1.0 : 0.0;
      double const s = test::plain_sigmoid(b);
      slope += b > o.limit ? 0.0 : s * (1.0 + b * (1.0 - s));
    }
    for (std::size_t k = 0; k < 2; ++k) {
      auto const beyond = std::count_if(all[k].begin(), all[k].end(), [](double z) { return std::fabs(z) > 2.0; });
      CHECK(found[k].record.low + found[k].record.high == static_cast<std::uint64_t>(beyond));
      CHECK(found[k].record.count == 30);
    }
    CHECK(found[1].record.mean_derivative() == doctest::Approx(slope / 30.0));
    CHECK(found[1].record.slope_saturation() == doctest::Approx(1.0 - slope / 30.0 / satur::silu::peak_slope()));
    CHECK(layer.observe_gates().closed_fraction() == doctest::Approx(closed / 30.0));
    CHECK(layer.observe_gates().open_fraction() == doctest::Approx(open / 30.0));
    CHECK(layer.observe_gates().count() == 30);
    std::vector<satur::named_units> units;
    layer.observe_units(units, satur::z_beyond{2.0});
    REQUIRE(units.size() == 2);
    REQUIRE(units[1].units.size() == 6);
    for (std::size_t c = 0; c < 6; ++c) {
      double beyond = 0.0;
      for (std::size_t r = 0; r < 5; ++r) {
        beyond += std::fabs(all[1][r * 6 + c]) > 2.0 ? 1.0 : 0.0;
      }
      CHECK(units[1].units[c].low + units[1].units[c].high == beyond);
    }
  }
}

TEST_CASE("gated_dense: what the weights let expect of values and gates") {
  std::mt19937 g(9);
  for (gated_options const& o : all_options()) {
    auto layer = drawn<double, satur::glu>(3, 2, o, g);
    auto const p = plain(layer, sigmoid);
    std::size_t k = 0;
    layer.each_z_law(
        [&](std::string_view name, auto const&, satur::theory::unit_laws const& law) {
          CHECK(name == (k == 0 ? "value" : "gate"));
          numbers const& w = k == 0 ? p.wv : p.wg;
          for (std::size_t c = 0; c < 2; ++c) {
            CHECK(law.mean[c] == doctest::Approx((k == 0 ? p.bv : p.bg)[c] + 0.5 * (w[c] + w[2 + c] + w[4 + c])));
            CHECK(law.variance[c] == doctest::Approx(2.0 * (w[c] * w[c] + w[2 + c] * w[2 + c] + w[4 + c] * w[4 + c])));
          }
          ++k;
        },
        0.5, 2.0);
    CHECK(k == 2);
  }
}

TEST_CASE("gated_dense: fans, names, an empty batch, own arrays, and errors") {
  std::mt19937 g(10), same(10);
  gated_dense<double> layer(3, 3, satur::glorot_normal{}, g);
  auto const w = satur::make<double>(satur::glorot_normal{}, std::array<std::size_t, 2>{3, 6}, satur::fans{3, 3}, same);
  CHECK(layer.w == w); // each half has the fans of its own weight
  std::string names;
  gated_dense<float> two(3, 2, satur::glorot_normal{}, g, {}, {.two_weights = true});
  two.each_parameter([&](std::string_view name, auto&, auto&) { names += std::string(name) + " "; });
  CHECK(names == "w_value b_value w_gate b_gate ");
  CHECK(satur::parameter_count(layer) == 24);
  auto const x = make<double>(satur::normal{}, {3, 3}, g);
  CHECK_THROWS_AS(layer.backward(x), std::logic_error);
  auto other = layer;
  layer.forward(x);
  other.forward(x);
  auto const z = layer.z();
  xt::xtensor<double, 2> const dx = layer.backward(x);
  CHECK(dx == other.backward(x));
  CHECK(dx == other.backward(0.5 * (x + x)));
  CHECK(layer.z() == z);
  layer.forward(layer.y());
  other.forward(xt::xtensor<double, 2>(other.y()));
  CHECK(layer.y() == other.y());
  CHECK(layer.backward(dx) == other.backward(dx));
  CHECK(layer.dw == other.dw);
  layer.forward(xt::xtensor<double, 2>(xt::xtensor<double, 2>::from_shape({0, 3})));
  CHECK(layer.y().size() == 0);
  CHECK(layer.backward(layer.y()).size() == 0);
  CHECK(layer.dw == xt::zeros_like(layer.dw));
  CHECK(layer.db == xt::zeros_like(layer.db));
  CHECK(refusal([&] {
          layer.forward(xt::xtensor<double, 2>::from_shape({2, 4}));
        }) == "satur::gated_dense::forward: x has shape (2, 4); expected (batch, 3), for w (3, 6)");
  CHECK(refusal([&] {
          layer.backward(xt::xtensor<double, 2>::from_shape({2, 4}));
        }) == "satur::gated_dense::backward: dy has shape (2, 4); expected (0, 3), the shape of y");
  two.b_gate.resize({3});
  CHECK(refusal([&] {
          two.forward(xt::xtensor<float, 2>(xt::zeros<float>({1, 3})));
        }) == "satur::gated_dense::forward: b_gate has shape (3); expected (2), one for each column of w_gate");
  CHECK(refusal([&] {
          gated_dense<float>(0, 2, satur::zeros{}, g);
        }).starts_with("satur::gated_dense: the weight has shape (0, 2); expected (in, out), each at least 1"));
  CHECK(refusal([&] { gated_dense<float>(2, 2, satur::zeros{}, g, {}, {.limit = -1.0}); }) ==
        "satur::gated_dense: limit is -1; allowed: a number > 0, such as 7, or infinity");
  CHECK(refusal([&] {
          gated_dense<float>(2, 2, satur::zeros{}, g, satur::swiglu{satur::silu{-1.0}});
        }).starts_with("satur::silu: beta is -1"));
}
