// The check of gradients passes right ones, and finds each kind of mistake, with the number that is worst.
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using numbers = std::vector<double>;
using satur::testing::check_gradients;
using satur::testing::gradient_check;

/// y_j = f(sum_i x_i w_ij + b_j), with gradients that a test may spoil.
struct small_layer {
  numbers w{0.3, -0.7, 0.2, 1.1, -0.4, 0.6}, dw = numbers(6), b{0.1, -0.2}, db = numbers(2);
  bool kinked = false;
  std::function<void(small_layer&, numbers& dx)> spoil = [](small_layer&, numbers&) {};

  numbers const& forward(numbers const& x) {
    x_ = &x;
    for (std::size_t j = 0; j < 2; ++j) {
      double z = b[j];
      for (std::size_t i = 0; i < 3; ++i) {
        z += x[i] * w[2 * i + j];
      }
      z_[j] = z;
      y_[j] = kinked ? (z > 0.0 ? z : 0.0) : std::tanh(z);
    }
    return y_;
  }
  numbers const& backward(numbers const& dy) {
    for (std::size_t i = 0; i < 3; ++i) {
      dx_[i] = 0.0;
    }
    for (std::size_t j = 0; j < 2; ++j) {
      double const slope = kinked ? (z_[j] > 0.0 ? 1.0 : 0.0) : 1.0 - std::tanh(z_[j]) * std::tanh(z_[j]);
      double const dz = dy[j] * slope;
      db[j] = dz;
      for (std::size_t i = 0; i < 3; ++i) {
        dw[2 * i + j] = dz * (*x_)[i];
        dx_[i] += dz * w[2 * i + j];
      }
    }
    spoil(*this, dx_);
    return dx_;
  }
  template <class F> void each_parameter(F&& f) {
    f(std::string_view("w"), w, dw);
    f(std::string_view("b"), b, db);
  }

private:
  numbers const* x_ = nullptr;
  numbers z_ = numbers(2), y_ = numbers(2), dx_ = numbers(3);
};

numbers const x{0.5, -1.5, 0.25};

} // namespace

TEST_CASE("check_gradients: right gradients pass, and every number is looked at") {
  small_layer layer;
  auto const r = check_gradients(layer, x);
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.checks == 3 + 6 + 2);
  CHECK(layer.w == small_layer{}.w); // restored
  CHECK(r.skipped.empty());
}

TEST_CASE("check_gradients: a mistake in one number is found and named") {
  struct mistake {
    char const* property;
    char const* where;
    std::function<void(small_layer&, numbers&)> spoil;
  };
  std::vector<mistake> const mistakes{
      {"dL/dx", "x[1] = -1.5", [](small_layer&, numbers& dx) { dx[1] = -dx[1]; }},
      {"dL/dx", "x[2] = 0.25", [](small_layer&, numbers& dx) { dx[2] *= 1.0 + 1e-5; }},
      {"dL/dw", "w[3] = 1.1", [](small_layer& l, numbers&) { l.dw[3] = 0.0; }},
      {"dL/dw", "w[0] = 0.3", [](small_layer& l, numbers&) { l.dw[0] *= 0.5; }},
      {"dL/db", "b[1] = -0.2", [](small_layer& l, numbers&) { l.db[1] += 1e-4; }},
      {"dL/db", "b[0] = 0.1", [](small_layer& l, numbers&) { l.db[0] = std::nan(""); }},
      {"the gradient of b has its size", "b", [](small_layer& l, numbers&) { l.db.resize(1); }},
  };
  for (mistake const& m : mistakes) {
    CAPTURE(m.where);
    small_layer layer;
    layer.spoil = m.spoil;
    auto const r = check_gradients(layer, x);
    REQUIRE(r.failures.size() == 1);
    CHECK(r.failures[0].property == m.property);
    CHECK(r.failures[0].where == m.where);
    CHECK(r.failures[0].times == 1);
  }
}

TEST_CASE("check_gradients: the worst number of an array is named, and how many fail") {
  small_layer layer;
  layer.spoil = [](small_layer& l, numbers&) {
    for (double& g : l.dw) {
      g *= 1.001;
    }
    l.dw[4] *= 3.0;
  };
  auto const r = check_gradients(layer, x);
  REQUIRE(r.failures.size() == 1);
  CHECK(r.failures[0].where == "w[4] = -0.4");
  CHECK(r.failures[0].times == 6);
  CHECK(r.text().find("FAILS  dL/dw, at 6 points; the worst") != std::string::npos);
}

TEST_CASE("check_gradients: a number at a kink is left out and counted, one beside it is not") {
  small_layer layer;
  layer.kinked = true;
  layer.w = {0.3, -0.7, 0.0, 1.1, 0.0, 0.6};
  layer.b = {-0.15, 2.0}; // z of the first unit is 0, and moves with x[0], w[0], w[2], w[4] and b[0]
  layer.forward(x);
  auto const r = check_gradients(layer, x);
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.skipped == std::vector<std::string>{"1 of 3 numbers of x: at a kink of the loss",
                                              "3 of 6 numbers of w: at a kink of the loss",
                                              "1 of 2 numbers of b: at a kink of the loss"});
  layer.b[0] += 1e-4; // the kink is within the first step, but not within the last
  auto const beside = check_gradients(layer, x);
  CHECK_MESSAGE(beside.passed(), beside.text());
  CHECK(beside.skipped.empty());
  layer.spoil = [](small_layer& l, numbers&) { l.dw[0] = -l.dw[0]; };
  auto const wrong = check_gradients(layer, x);
  CHECK_MESSAGE(wrong.failed("dL/dw"), wrong.text());
  layer.b[1] = -2.0; // the other unit is off: the loss is so near 0 that the rounding of z is larger than its own
  auto const off = check_gradients(layer, x);
  CHECK_MESSAGE(off.failed("dL/dw"), off.text());
}

TEST_CASE("check_gradients: at a kink a gradient beyond the slopes of both sides is a mistake") {
  numbers at{0.0, 1.0};
  numbers gradient{0.5, 1.0};
  auto const loss = [&] { return std::fabs(at[0]) + at[1]; };
  auto const checked = [&] {
    gradient_check check("|x| + y");
    check.add("x", at, gradient);
    return check.run(loss, [] {});
  };
  CHECK(checked().passed());
  CHECK(checked().skipped.size() == 1);
  gradient[0] = 1.5;
  CHECK(checked().failed("dL/dx"));
}

TEST_CASE("check_gradients: an array that lies at kinks throughout is not passed") {
  numbers at{0.0, 0.0};
  numbers const gradient{0.5, 0.5};
  gradient_check check("|x|");
  check.add("x", at, gradient);
  auto const r = check.run([&] { return std::fabs(at[0]) + std::fabs(at[1]); }, [] {});
  CHECK(r.failed("dL/dx"));
  CHECK(r.skipped.size() == 1);
}

TEST_CASE("check_gradients: gradients that are exactly 0 pass in spite of rounding, and a missing one fails") {
  numbers p{0.3, -0.2, 0.9};
  numbers gradient(3);
  // softmax does not depend on a number added to all logits
  auto const loss = [&] {
    double sum = 0;
    for (double const shift : {1.0, 2.0, 3.0}) {
      sum += std::exp(shift + p[0]) / (std::exp(shift + p[0]) + std::exp(2.0 * shift + p[0])) * p[1] + p[2];
    }
    return sum;
  };
  gradient_check check("shift");
  check.add("p", p, gradient);
  auto const slopes = [&] {
    gradient = {0.0, 0.0, 3.0};
    for (double const shift : {1.0, 2.0, 3.0}) {
      gradient[1] += 1.0 / (1.0 + std::exp(shift));
    }
  };
  auto const right = check.run(loss, slopes);
  CHECK_MESSAGE(right.passed(), right.text());
  gradient_check other("shift");
  other.add("p", p, gradient);
  auto const wrong = other.run(loss, [&] {
    slopes();
    gradient[1] = 0.0;
  });
  CHECK(wrong.failures.size() == 1);
}

TEST_CASE("check_gradients: as many numbers of a large array as the options state") {
  numbers many(1000, 0.5);
  numbers gradient(1000, 1.0);
  gradient_check check("a sum");
  check.add("x", many, gradient);
  std::size_t calls = 0;
  auto const loss = [&] {
    ++calls;
    double sum = 0;
    for (double const v : many) {
      sum += v;
    }
    return sum;
  };
  auto const r = check.run(loss, [] {}, {.most = 10});
  CHECK(r.checks == 10);
  CHECK(r.passed());
  gradient[400] = 2.0; // some numbers are not looked at; all are with most = 0
  gradient_check all("a sum");
  all.add("x", many, gradient);
  CHECK(all.run(loss, [] {}, {.most = 0}).failed("dL/dx"));
}

TEST_CASE("check_gradients: a formula by dual numbers") {
  using satur::testing::dual;
  auto const formula = [](std::vector<dual> const& v) { return v[0] * exp(v[1]) + tanh(v[0] * v[2]); };
  numbers const at{0.7, -0.3, 1.2};
  double const t = std::tanh(0.7 * 1.2);
  numbers gradient{std::exp(-0.3) + (1 - t * t) * 1.2, 0.7 * std::exp(-0.3), (1 - t * t) * 0.7};
  auto const r = check_gradients(formula, at, gradient);
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.checks == 3);
  gradient[2] *= 1.00001;
  auto const wrong = check_gradients(formula, at, gradient);
  REQUIRE(wrong.failures.size() == 1);
  CHECK(wrong.failures[0].where == "x[2] = 1.2");
  gradient.pop_back(); // a gradient that is missing is 0
  CHECK(check_gradients(formula, at, gradient).failed("dL/dx"));
}

TEST_CASE("check_gradients: an infinite gradient fails, and lets no other number pass") {
  numbers at{0.5, -1.0, 2.0};
  numbers gradient{1.0, 1.0, 1.0};
  auto const failing = [&] {
    gradient_check check("a sum");
    check.add("x", at, gradient);
    return check.run([&] { return at[0] + at[1] + at[2]; }, [] {});
  };
  CHECK(failing().passed());
  gradient[1] = HUGE_VAL;
  CHECK(failing().failed("dL/dx"));
  gradient[2] = 7.0;
  REQUIRE(failing().failures.size() == 1);
  CHECK(failing().failures[0].times == 2);
  using satur::testing::dual;
  auto const formula = [](std::vector<dual> const& v) { return v[0] + v[1] + v[2]; };
  auto const exact = check_gradients(formula, at, gradient);
  REQUIRE(exact.failures.size() == 1);
  CHECK(exact.failures[0].times == 2);
  // a loss that is infinite on one side
  numbers edge{1.0};
  numbers const slope{1.0};
  gradient_check check("infinite beyond 1");
  check.add("x", edge, slope);
  CHECK(check.run([&] { return edge[0] > 1.0 ? HUGE_VAL : edge[0]; }, [] {}).failed("dL/dx"));
}

TEST_CASE("check_gradients: a check that runs twice reports the second run") {
  numbers at{0.5, -1.0};
  numbers gradient{1.0, 3.0};
  gradient_check check("a sum");
  check.add("x", at, gradient);
  auto const loss = [&] { return at[0] + at[1]; };
  CHECK(check.run(loss, [] {}).failed("dL/dx"));
  gradient[1] = 1.0;
  auto const r = check.run(loss, [] {});
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.checks == 2);
  CHECK(r.name == "a sum");
}

TEST_CASE("check_gradients: a loss that depends on more than its numbers is named") {
  numbers at{0.5, -1.0};
  numbers const gradient{1.0, 1.0};
  gradient_check check("a sum");
  check.add("x", at, gradient);
  double drift = 0;
  auto const r = check.run([&] { return at[0] + at[1] + (drift += 1e-6); }, [] {});
  CHECK(r.failed("the loss of the same numbers is the same"));
}

TEST_CASE("check_gradients: parameters of several layers by name") {
  small_layer one, two;
  one.spoil = [](small_layer& l, numbers&) { l.db[1] = 0.0; };
  numbers in = x;
  gradient_check check("two layers");
  check.add_parameters("one", one);
  check.add_parameters("two", two);
  numbers const up{1.0, -2.0};
  auto const r = check.run(
      [&] {
        numbers const& a = one.forward(in);
        numbers const& b = two.forward(in);
        return a[0] - 2 * a[1] + b[0] - 2 * b[1];
      },
      [&] {
        one.backward(up);
        two.backward(up);
      });
  REQUIRE(r.failures.size() == 1);
  CHECK(r.failures[0].property == "dL/done.b");
  CHECK(r.failures[0].where == "one.b[1] = -0.2");
}
