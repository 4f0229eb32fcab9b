// A chain of layers is the loop that one writes by hand, bit for bit, in its results and in what monitors record.
#include "satur/layer/sequential.hpp"
#include "satur/activation.hpp"
#include "satur/initializer.hpp"
#include "satur/layer/dense.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/optimizer/sgd.hpp"
#include "satur/rule.hpp"
#include "satur/tensor/fill.hpp"
#include "satur/testing/gradient/check_gradients.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using matrix = xt::xtensor<double, 2>;
using images = xt::xtensor<double, 4>;
using dense = satur::dense<double>;
using act = satur::any_activation_for<double>;
using satur::named;

dense fc(std::size_t in, std::size_t out, std::mt19937& g) { return {in, out, satur::normal{0, 0.5}, g}; }
matrix draw(std::size_t rows, std::size_t columns, unsigned seed = 3) {
  std::mt19937 g(seed);
  return satur::make<double>(satur::normal{0, 2}, {rows, columns}, g);
}

/// Two hidden layers and logits; the weights of `by_hand`.
auto mlp() {
  std::mt19937 g(1);
  return satur::sequential{named("hidden 1", fc(5, 7, g)), satur::tanh{}, named("hidden 2", fc(7, 6, g)),
                           act(satur::relu{}), named("output", fc(6, 3, g))};
}

/// The same by hand.
struct by_hand {
  std::mt19937 g{1};
  dense one = fc(5, 7, g), two = fc(7, 6, g), output = fc(6, 3, g);
  matrix a1, s1, a2, s2, dz, dx;

  static void fit(matrix& m, matrix const& z) { m.resize(z.shape()); }
  matrix const& forward(matrix const& x, std::vector<satur::monitor*> const& watched = {}) {
    matrix const& z1 = one.forward(x);
    fit(a1, z1), fit(s1, z1);
    satur::apply(satur::tanh{}, z1, a1, s1);
    matrix const& z2 = two.forward(a1);
    fit(a2, z2), fit(s2, z2);
    satur::apply(satur::relu{}, z2, a2, s2);
    matrix const& logits = output.forward(a2);
    for (satur::monitor* const mon : watched) {
      matrix unused = a1, slopes = s1;
      (*mon)["hidden 1"].forward(satur::tanh{}, z1, unused, slopes);
      fit(unused, z2), fit(slopes, z2);
      (*mon)["hidden 2"].forward(act(satur::relu{}), z2, unused, slopes);
      (*mon)["output"].observe(satur::identity{}, logits);
    }
    return logits;
  }
  matrix const& backward(matrix const& dlogits, std::vector<satur::monitor*> const& watched = {}) {
    auto const record = [&](char const* name, matrix const& d) {
      for (satur::monitor* const mon : watched) {
        (*mon)[name].gradient(d);
      }
    };
    record("output", dlogits);
    dz = output.backward(dlogits) * s2;
    record("hidden 2", dz);
    dz = matrix(two.backward(dz) * s1);
    record("hidden 1", dz);
    return one.backward(dz);
  }
  void update(double rate, std::vector<satur::monitor*> const& watched = {}) {
    for (auto const& [name, layer] :
         {std::pair("hidden 1", &one), std::pair("hidden 2", &two), std::pair("output", &output)}) {
      for (satur::monitor* const mon : watched) {
        (*mon)[name].update(layer->w, layer->dw, -rate);
      }
      satur::descend(*layer, rate);
    }
  }
};

} // namespace

TEST_CASE("sequential: output, dL/dx, gradients and weights of a loop by hand, through changes of the batch") {
  auto net = mlp();
  by_hand hand;
  unsigned seed = 10;
  for (std::size_t const batch : {4u, 4u, 1u, 0u, 9u, 4u}) {
    CAPTURE(batch);
    matrix const x = draw(batch, 5, ++seed), dy = draw(batch, 3, ++seed);
    CHECK(net.forward(x) == hand.forward(x));
    CHECK(&net.forward(x) == &net.output());
    CHECK(net.backward(dy) == hand.backward(dy));
    CHECK(net.layer<0>().dw == hand.one.dw);
    CHECK(net.layer<2>().db == hand.two.db);
    CHECK(net.layer<4>().dw == hand.output.dw);
    dense const full = net.layer<0>();
    net.layer<0>().dw.fill(7.0);
    net.backward_parameters(dy);
    CHECK(net.layer<0>().dw == full.dw);
    CHECK(net.layer<0>().db == full.db);
    satur::descend(net, 0.1);
    hand.update(0.1);
    CHECK(net.layer<0>().w == hand.one.w);
    CHECK(net.layer<4>().b == hand.output.b);
  }
}

TEST_CASE("sequential: names of layers and parameters") {
  std::mt19937 g(1);
  satur::sequential net{fc(2, 3, g), satur::relu{}, named("fc", fc(3, 3, g)), named("last", satur::tanh{}),
                        fc(3, 1, g), satur::relu{}};
  CHECK(std::vector<std::string>(net.names().begin(), net.names().end()) ==
        std::vector<std::string>{"dense_1", "relu_1", "fc", "last", "dense_3", "relu_2"});
  std::vector<std::string> parameters, const_parameters;
  auto const visit = [](std::vector<std::string>& to) {
    return [&to](std::string_view name, auto& value, auto& gradient) {
      to.emplace_back(name);
      CHECK(value.shape() == gradient.shape());
    };
  };
  satur::for_each_parameter(net, visit(parameters));
  satur::for_each_parameter(std::as_const(net), visit(const_parameters));
  CHECK(parameters == std::vector<std::string>{"dense_1.w", "dense_1.b", "fc.w", "fc.b", "dense_3.w", "dense_3.b"});
  CHECK(parameters == const_parameters);
  CHECK(satur::parameter_count(net) == (2 + 1) * 3 + (3 + 1) * 3 + (3 + 1) * 1);
  std::string kinds;
  net.each_layer(
      [&]<class L>(std::string const& name, L& layer) { kinds += name + ":" + std::string(layer.layer_name) + " "; });
  CHECK(kinds == "dense_1:dense relu_1:relu fc:dense last:tanh dense_3:dense relu_2:relu ");
  CHECK_THROWS_WITH_AS((satur::sequential{fc(2, 3, g), named("dense_1", fc(3, 3, g))}),
                       "satur::sequential: the name of two layers is dense_1; allowed: any text, each once",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((satur::sequential{named("", fc(2, 3, g))}),
                       "satur::sequential: the name of a layer is empty; allowed: any text, each once",
                       std::invalid_argument);
}

TEST_CASE("sequential: monitors record what a loop by hand hands them") {
  satur::monitor_options const all{.histograms = 1, .units = true};
  satur::monitor first(all), second(satur::monitor_options{.rows = 2, .sampling = {.every = 2}});
  satur::monitor hand_first(all), hand_second(satur::monitor_options{.rows = 2, .sampling = {.every = 2}});
  auto net = mlp();
  by_hand hand;
  net.watch(first);
  net.watch(second);
  std::vector<satur::monitor*> const both{&hand_first, &hand_second};
  for (unsigned step = 0; step < 5; ++step) {
    matrix const x = draw(8, 5, step), dy = draw(8, 3, 100 + step);
    CHECK(net.forward(x) == hand.forward(x, both));
    step % 2 == 0 ? net.backward_parameters(dy) : static_cast<void>(net.backward(dy));
    hand.backward(dy, both);
    satur::descend(net, 0.1);
    hand.update(0.1, both);
    for (satur::monitor* const mon : {&first, &second, &hand_first, &hand_second}) {
      mon->end_step();
    }
  }
  CHECK(first == hand_first);
  CHECK(second == hand_second);
  CHECK(first.at("hidden 1").total().update.steps == 5);
  CHECK(first.at("hidden 2").total().gradient.rms() > 0.0);
  net.unwatch();
  net.forward(draw(8, 5));
  net.backward(draw(8, 3));
  CHECK(first == hand_first);
}

TEST_CASE("sequential: an optimizer hands its steps to the monitors, as for the layers one by one") {
  satur::monitor mon, hand_mon, none;
  auto net = mlp();
  by_hand hand;
  net.watch(mon);
  satur::sgd<double> optimizer{.rate = 0.1, .momentum = 0.9}, by_layer = optimizer;
  for (unsigned step = 0; step < 3; ++step) {
    matrix const x = draw(8, 5, step), dy = draw(8, 3, 100 + step);
    net.forward(x), hand.forward(x, {&hand_mon});
    net.backward_parameters(dy), hand.backward(dy, {&hand_mon});
    optimizer.step(net);
    by_layer.step(satur::watched(hand_mon["hidden 1"], hand.one), satur::watched(hand_mon["hidden 2"], hand.two),
                  satur::watched(hand_mon["output"], hand.output));
    mon.end_step(), hand_mon.end_step();
  }
  CHECK(net.layer<2>().w == hand.two.w);
  CHECK(mon == hand_mon);
  CHECK(mon["output"].total().update.steps == 3);
  optimizer.step(satur::watched(none["net"], net)); // who is named here is told
  CHECK(none["net"].current().update.steps == 3);   // weights
  CHECK(mon["output"].current().update.steps == 0);
}

TEST_CASE("sequential: a monitor whose rule does not take logits does without them") {
  satur::monitor mon(satur::rules::named("sagemaker").rule);
  std::mt19937 g(1);
  satur::sequential net{fc(2, 3, g), satur::sigmoid{}, fc(3, 2, g)};
  net.watch(mon);
  net.forward(draw(4, 2));
  net.backward(draw(4, 2));
  CHECK(mon["dense_1"].current().saturation.count == 12);
  CHECK(mon["dense_2"].current().saturation.count == 0);
  CHECK(mon["dense_2"].current().gradient.count == 8);
}

namespace {
/// (batch, 6) <-> (batch, 2, 3, 1).
struct to_images : satur::one_input<to_images, matrix, images> {
  static constexpr std::string_view layer_name = "to_images";
  images y;
  matrix dx;
  template <class E> matrix const& backward(xt::xexpression<E> const& dy) {
    images const& g = this->output_gradient(dy, "dy", "backward", y);
    dx.resize({g.shape(0), 6});
    std::copy(g.data(), g.data() + g.size(), dx.data());
    return dx;
  }
  template <class Shape> void check_input(Shape const& shape) const {
    if (shape.size() != 2 || shape[1] != 6) {
      satur::detail::bad_shape("to_images::forward", "x", satur::detail::shape_text(shape), "(batch, 6)");
    }
  }
  template <class F> void each_own(F&& f) const { f(y), f(dx); }
  images const& run() {
    y.resize({x().shape(0), 2, 3, 1});
    std::copy(x().data(), x().data() + x().size(), y.data());
    return y;
  }
};
struct to_rows : satur::one_input<to_rows, images, matrix> {
  static constexpr std::string_view layer_name = "to_rows";
  matrix y;
  images dx;
  template <class E> images const& backward(xt::xexpression<E> const& dy) {
    matrix const& g = this->output_gradient(dy, "dy", "backward", y);
    dx.resize(x().shape());
    std::copy(g.data(), g.data() + g.size(), dx.data());
    return dx;
  }
  template <class Shape> void check_input(Shape const&) const {}
  template <class F> void each_own(F&& f) const { f(y), f(dx); }
  matrix const& run() {
    y.resize({x().shape(0), x().shape(1) * x().shape(2) * x().shape(3)});
    std::copy(x().data(), x().data() + x().size(), y.data());
    return y;
  }
};
/// A layer that does not derive from one_input: z = c x, with a c that is learned.
struct scaled {
  using input_type = matrix;
  static constexpr std::string_view layer_name = "scaled";
  xt::xtensor<double, 1> c{1.5}, dc{0.0};
  matrix x, y, dx;
  bool training = true;
  matrix const& forward(matrix const& given) {
    x = given;
    return y = c(0) * x;
  }
  matrix const& backward(matrix const& dy) {
    dc(0) = 0.0;
    for (std::size_t i = 0; i < dy.size(); ++i) {
      dc(0) += dy.data()[i] * x.data()[i];
    }
    return dx = c(0) * dy;
  }
  template <class F> void each_parameter(F&& f) { f(std::string_view("c"), c, dc); }
  template <class F> void each_parameter(F&& f) const { f(std::string_view("c"), c, dc); }
};

auto of_many_kinds(act const& f) {
  std::mt19937 g(7);
  return satur::sequential{
      scaled{}, fc(4, 6, g), to_images{}, f, to_rows{}, satur::sequential{fc(6, 5, g), f, scaled{}}, f, fc(5, 2, g)};
}
} // namespace

TEST_CASE(
    "sequential: gradients, with each kind of activation, of rows and images, chains in chains, layers of one's own") {
  for (act const& f : {act(satur::sigmoid{}), act(satur::relu{}), act(satur::gelu{}), act(satur::leaky_relu{0.1})}) {
    CAPTURE(f.name);
    auto net = of_many_kinds(f);
    for (std::size_t const batch : {3u, 1u}) {
      auto const r = satur::testing::check_gradients(net, draw(batch, 4));
      CHECK_MESSAGE(r.passed(), r.text());
      CHECK(r.checks > 50);
    }
    CHECK(net.forward(draw(0, 4)).shape(0) == 0);
    CHECK(net.backward(draw(0, 2)).shape(0) == 0);
    CHECK(xt::eval(net.layer<1>().dw)(3, 5) == 0.0);
  }
}

namespace {
/// What a backward pass of a chain may get wrong: the activation's slope is left out, or that of another layer is
/// taken, or the gradient goes past a layer.
template <class Net> struct with_mistake {
  Net net = mlp();
  int mistake;
  matrix dz;
  matrix const& forward(matrix const& x) { return net.forward(x); }
  matrix const& backward(matrix const& dy) {
    dz = net.template layer<4>().backward(dy);
    dz = mistake == 1 ? dz : net.template layer<3>().backward(dz);
    matrix const da = net.template layer<2>().backward(dz);
    if (mistake == 2) { // the slope of the z after this layer, not before it
      dz = da;
      satur::apply_derivative(satur::tanh{}, net.template layer<1>().backward(da), dz);
      dz *= da;
    } else {
      dz = net.template layer<1>().backward(da);
    }
    if (mistake == 3) {
      net.template layer<0>().backward(xt::view(da, xt::all(), xt::all()));
      return dz = xt::view(da, xt::all(), xt::range(0, 5));
    }
    return net.template layer<0>().backward(dz);
  }
  template <class F> void each_parameter(F&& f) { net.each_parameter(f); }
};
} // namespace

TEST_CASE("sequential: the gradient check finds a forgotten slope, a slope elsewhere, and a layer left out") {
  for (int const mistake : {0, 1, 2, 3}) {
    CAPTURE(mistake);
    with_mistake<decltype(mlp())> net{.mistake = mistake, .dz = {}};
    auto const r = satur::testing::check_gradients(net, draw(4, 5));
    CHECK(r.passed() == (mistake == 0));
  }
}

TEST_CASE("sequential: copies and moved chains have all of their own, and no monitor") {
  satur::monitor mon, untouched;
  auto net = mlp();
  net.watch(mon);
  matrix const x = draw(4, 5), dy = draw(4, 3), other = draw(4, 5, 77);
  net.forward(x);
  by_hand hand;
  hand.forward(x);
  matrix const dx = hand.backward(dy);
  auto copy = net;
  CHECK(copy.output() == net.output());
  CHECK(&copy.output() != &net.output());
  CHECK(copy.layer<1>().z().data() == copy.layer<0>().z().data()); // borrowed from itself
  satur::monitor const seen = mon;
  net.forward(other);
  net.backward(dy);
  net.layer<0>().w.fill(0.0);
  mon = seen;
  CHECK(copy.backward(dy) == dx);
  CHECK(copy.layer<0>().dw == hand.one.dw);
  copy.forward(x);
  CHECK(mon == seen); // the copy is not watched
  auto moved = std::move(copy);
  CHECK(moved.layer<3>().z().data() == moved.layer<2>().z().data());
  CHECK(moved.backward(dy) == dx);
  net = moved; // still watched
  CHECK(net.backward(dy) == dx);
  CHECK_FALSE(mon == seen);
  net = std::move(moved);
  CHECK(net.backward(dy) == dx);
  auto const& self = net;
  net = self;
  CHECK(net.backward(dy) == dx);
  std::vector<decltype(mlp())> nets(1, net);
  nets.push_back(net); // moves the first
  CHECK(nets[0].backward(dy) == dx);
  CHECK(nets[1].backward(dy) == dx);
  // a temporary x is kept by the chain, and by its copies
  net.forward(matrix(x));
  auto const again = [&] {
    auto kept = net;
    net.forward(matrix(other));
    return kept;
  }();
  CHECK(decltype(net)(again).backward(dy) == dx);
  // a chain in a chain
  auto outer = of_many_kinds(satur::tanh{});
  matrix const in = draw(3, 4), d = draw(3, 2);
  outer.forward(in);
  matrix const expected = outer.backward(d);
  auto inner_copied = std::make_unique<decltype(outer)>(outer);
  auto inner_moved = std::move(*inner_copied);
  inner_copied.reset();
  outer.forward(2.0 * in);
  CHECK(inner_moved.layer<5>().layer<1>().z().data() == inner_moved.layer<5>().layer<0>().z().data());
  CHECK(inner_moved.backward(d) == expected);
}

TEST_CASE("sequential: readings of all activations, and of one by its name") {
  auto net = mlp();
  CHECK(std::isnan(net.saturated_fraction()));
  CHECK(net.observe("hidden 1").count == 0);
  net.forward(draw(6, 5));
  matrix const &z1 = net.layer<0>().z(), &z2 = net.layer<2>().z();
  CHECK(net.observe("hidden 1") == satur::observe(satur::tanh{}, z1));
  CHECK(net.observe("hidden 2", satur::z_beyond{1}) == satur::observe(act(satur::relu{}), z2, satur::z_beyond{1}));
  CHECK(net.saturated_fraction("hidden 1", 2.0) == satur::saturated_fraction(z1, 2.0));
  CHECK(net.mean_derivative("hidden 2") == satur::mean_derivative(satur::relu{}, z2));
  auto const all = net.observe();
  REQUIRE(all.size() == 2);
  CHECK(all[1].name == "hidden 2");
  CHECK(all[1].record == net.observe("hidden 2"));
  double const share =
      (net.saturated_fraction("hidden 1", 1.0) * 42 + net.saturated_fraction("hidden 2", 1.0) * 36) / 78;
  CHECK(net.saturated_fraction(1.0) == doctest::Approx(share));
  CHECK_THROWS_WITH_AS(static_cast<void>(net.observe("hidden 3")),
                       "satur::sequential: the layer is hidden 3; allowed: hidden 1, hidden 2", std::invalid_argument);
  // units of images are channels
  auto kinds = of_many_kinds(satur::tanh{});
  kinds.forward(draw(6, 4));
  std::vector<satur::named_units> units;
  kinds.observe_units(units);
  REQUIRE(units.size() == 3);
  CHECK(units[0].name == "dense_1");
  CHECK(units[0].units.size() == 2);
  CHECK(units[1].name == "sequential_1.dense_1");
  CHECK(kinds.observe()[0].record.count == 36);
}

TEST_CASE("sequential: an activation without weights before it, and two in a row, are recorded under their own names") {
  std::mt19937 g(1);
  satur::sequential net{satur::activation_layer<satur::tanh, double>(),
                        fc(3, 4, g),
                        scaled{},
                        satur::relu{},
                        satur::tanh{},
                        fc(4, 2, g),
                        fc(2, 2, g),
                        scaled{}};
  satur::monitor mon;
  net.watch(mon);
  net.forward(draw(2, 3));
  net.backward_parameters(draw(2, 2));
  std::string names;
  for (auto const& layer : mon) {
    names += layer.name() + " ";
    CHECK(layer.current().gradient.count == layer.current().saturation.count);
  }
  CHECK(names == "tanh_1 dense_1 tanh_2 dense_2 dense_3 ");
  CHECK(mon["dense_1"].current().saturation.activation == "relu");
  CHECK(mon["dense_3"].current().saturation.activation == "identity");
  CHECK(net.layer<2>().training);
  net.eval();
  CHECK_FALSE(net.layer<2>().training);
}

TEST_CASE("sequential: what is given may be any array of the chain") {
  std::mt19937 g(1);
  auto const make = [&] {
    g.seed(1);
    return satur::sequential{fc(4, 4, g), satur::tanh{}, fc(4, 4, g)};
  };
  auto own = make(), copied = make();
  matrix const x = draw(4, 4);
  auto const both = [&](auto const& pick) {
    own.forward(x), copied.forward(x);
    own.backward(x), copied.backward(x);
    matrix const given = pick(copied);
    CHECK(own.forward(pick(own)) == copied.forward(given));
    CHECK(own.backward(x) == copied.backward(x));
    CHECK(own.layer<0>().dw == copied.layer<0>().dw);
    matrix const dy = pick(copied);
    CHECK(own.backward(pick(own)) == copied.backward(dy));
    CHECK(own.layer<0>().dw == copied.layer<0>().dw);
  };
  both([](auto& net) -> auto const& { return net.output(); });
  both([](auto& net) -> auto const& { return net.template layer<0>().z(); });
  both([](auto& net) -> auto const& { return net.template layer<2>().w; });
  both([](auto& net) -> auto const& { return net.template layer<2>().dw; });
  both([](auto& net) { return 2.0 * net.template layer<0>().z(); });
}

TEST_CASE("sequential: shapes that do not fit name the layer") {
  std::mt19937 g(1);
  auto net = mlp();
  CHECK_THROWS_AS(net.backward(draw(2, 3)), std::logic_error);
  CHECK_THROWS_WITH_AS(net.forward(draw(2, 4)),
                       "satur::sequential: layer 1 of 5, hidden 1: satur::dense::forward: x has shape (2, 4); expected "
                       "(batch, 5), for w (5, 7)",
                       satur::shape_error);
  net.forward(draw(2, 5));
  CHECK_THROWS_AS(net.forward(draw(2, 4)), satur::shape_error); // changes nothing
  CHECK(net.backward(draw(2, 3)).shape(1) == 5);
  CHECK_THROWS_WITH_AS(net.backward(draw(3, 3)),
                       "satur::sequential::backward: dy has shape (3, 3); expected (2, 3), the shape of y",
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(net.backward_parameters(draw(2, 4)),
                       "satur::sequential::backward_parameters: dy has shape (2, 4); expected (2, 3), the shape of y",
                       satur::shape_error);
  satur::sequential wrong{fc(5, 7, g), satur::relu{}, named("fc2", fc(6, 3, g))};
  CHECK_THROWS_WITH_AS(wrong.forward(draw(2, 5)),
                       "satur::sequential: layer 3 of 3, fc2: satur::dense::forward: x has shape (2, 7); expected "
                       "(batch, 6), for w (6, 3)",
                       satur::shape_error);
  satur::sequential invalid{fc(5, 7, g), satur::leaky_relu{std::nan("")}};
  CHECK_THROWS_WITH_AS(invalid.forward(draw(2, 5)), doctest::Contains("leaky_relu"), std::invalid_argument);
}
