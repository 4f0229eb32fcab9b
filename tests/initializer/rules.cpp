// Every rule: its closed form, the law that its weights follow, and what it refuses.
#include <satur/initializer.hpp>

#include "initializer/refused_fill.hpp"
#include "support/refusal.hpp"
#include "support/statistics.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

using namespace satur_test;
using satur::fans;

namespace {

auto const all_rules =
    std::tuple{satur::zeros{},          satur::constant{0.25},     satur::uniform{-0.3, 1.7}, satur::normal{0.5, 0.1},
               satur::glorot_uniform{}, satur::glorot_uniform{5},  satur::glorot_normal{},    satur::glorot_normal{0.5},
               satur::he_uniform{},     satur::he_uniform{0.2, 2}, satur::he_normal{},        satur::he_normal{0.2},
               satur::lecun_uniform{},  satur::lecun_uniform{3},   satur::lecun_normal{},     satur::lecun_normal{3}};

/// Rules whose laws have tests of their own: truncated.cpp, matrices.cpp.
auto const other_rules = std::tuple{satur::truncated_normal_deviations{},
                                    satur::truncated_normal_absolute{},
                                    satur::variance_scaling{},
                                    satur::orthogonal{},
                                    satur::identity_matrix{},
                                    satur::sparse{}};

template <class F> void for_each_rule(F&& f) {
  std::apply([&f](auto const&... rule) { (f(rule), ...); }, all_rules);
}

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A rule of a user's own, with the least that the concept asks.
struct alternating {
  double size;
  double stddev(fans) const { return size; }
  template <class T> void fill(std::span<T> out, fans, satur::sampler const&) const {
    T sign(1);
    for (T& x : out) {
      x = sign * static_cast<T>(size);
      sign = -sign;
    }
  }
};
static_assert(satur::initializer<alternating, float>);
static_assert(!satur::initializer<int>);

} // namespace

TEST_CASE("closed forms") {
  fans const f{300, 100};
  CHECK(satur::glorot_normal{}.stddev(f) == doctest::Approx(0.0707106781186547524).epsilon(1e-15));     // sqrt(2/400)
  CHECK(satur::glorot_uniform{}.half_width(f) == doctest::Approx(0.122474487139158905).epsilon(1e-15)); // sqrt(6/400)
  CHECK(satur::he_normal{}.stddev(f) == doctest::Approx(0.0816496580927726033).epsilon(1e-15));         // sqrt(2/300)
  CHECK(satur::he_uniform{}.half_width(f) == doctest::Approx(0.141421356237309505).epsilon(1e-15));     // sqrt(6/300)
  CHECK(satur::he_normal{2}.stddev(f) == doctest::Approx(0.0365148371670110741).epsilon(1e-15));        // sqrt(2/1500)
  CHECK(satur::lecun_normal{}.stddev(f) == doctest::Approx(0.0577350269189625765).epsilon(1e-15));      // sqrt(1/300)
  CHECK(satur::lecun_uniform{}.half_width(f) == doctest::Approx(0.1).epsilon(1e-15));                   // sqrt(3/300)
  CHECK(satur::glorot_normal{3}.stddev(f) == doctest::Approx(3 * satur::glorot_normal{}.stddev(f)).epsilon(1e-15));
  CHECK(satur::uniform{-1, 3}.mean(f) == 1);
  CHECK(satur::uniform{-1, 3}.stddev(f) == doctest::Approx(1.15470053837925153).epsilon(1e-15)); // 4/sqrt(12)
  CHECK(satur::normal{0.5, 2}.mean(f) == 0.5);
  CHECK(satur::normal{0.5, 2}.stddev(f) == 2);
  CHECK(satur::constant{7}.mean(f) == 7);
  CHECK(satur::constant{7}.stddev(f) == 0);
  CHECK(satur::zeros{}.stddev(f) == 0);
}

TEST_CASE("each rule is a regular value, has a name of its own, and is an initializer for every floating type") {
  std::vector<std::string_view> names;
  auto const check = [&](auto const& rule) {
    using rule_type = std::decay_t<decltype(rule)>;
    static_assert(std::regular<rule_type>);
    static_assert(satur::initializer<rule_type, float> && satur::initializer<rule_type, double> &&
                  satur::initializer<rule_type, long double>);
    CHECK(rule_type(rule) == rule);
    CHECK(rule.stddev(fans{4, 3}) >= 0);
    if (names.empty() || names.back() != rule_type::name) {
      names.push_back(rule_type::name);
    }
  };
  for_each_rule(check);
  std::apply([&](auto const&... rule) { (check(rule), ...); }, other_rules);
  CHECK(names == std::vector<std::string_view>{
                     "zeros", "constant", "uniform", "normal", "glorot_uniform", "glorot_normal", "he_uniform",
                     "he_normal", "lecun_uniform", "lecun_normal", "truncated_normal_deviations",
                     "truncated_normal_absolute", "variance_scaling", "orthogonal", "identity_matrix", "sparse"});
}

TEST_CASE_TEMPLATE("weights have the mean, the deviation and the law that the rule states", T, float, double) {
  fans const f{784, 256};
  for_each_rule([&](auto const& rule) {
    CAPTURE(rule.name);
    std::mt19937 g(99);
    std::vector<T> w(f.in * f.out);
    satur::fill(rule, std::span<T>(w), f, g);
    double const n = static_cast<double>(w.size());
    double const mean = rule.mean(f);
    double const stddev = rule.stddev(f);
    auto const m = moments_of(std::span<T const>(w));
    if (stddev == 0) {
      CHECK(std::ranges::all_of(w, [mean](T x) { return x == static_cast<T>(mean); }));
      return;
    }
    CHECK(std::abs(m.mean - mean) < 5 * stddev / std::sqrt(n));
    if constexpr (requires { rule.half_width(f); }) {
      double const a = rule.half_width(f);
      CHECK(a == doctest::Approx(std::sqrt(3.0) * stddev).epsilon(1e-15));
      CHECK(std::abs(m.variance / (stddev * stddev) - 1) < 5 * std::sqrt(0.8 / n));
      CHECK(std::ranges::all_of(w, [&](T x) { return std::abs(static_cast<double>(x) - mean) <= a * (1 + 1e-15); }));
      CHECK(kolmogorov_smirnov(std::span<T const>(w), [&](double x) { return (x - mean + a) / (2 * a); }) < 1.95);
    } else {
      CHECK(std::abs(m.variance / (stddev * stddev) - 1) < 5 * std::sqrt(2 / n));
      CHECK(kolmogorov_smirnov(std::span<T const>(w), [&](double x) { return normal_cdf((x - mean) / stddev); }) <
            1.95);
    }
  });
}

TEST_CASE("a fill takes one key whatever the rule, so other layers keep their weights") {
  std::mt19937_64 untouched(5);
  static_cast<void>(satur::draw_key(untouched));
  std::array<float, 10> w{};
  auto const check = [&](auto const& rule) {
    std::mt19937_64 g(5);
    satur::fill(rule, w, fans{10, 1}, g);
    CHECK(g == untouched);
  };
  for_each_rule(check);
  std::apply([&](auto const&... rule) { (check(rule), ...); }, other_rules);
  std::mt19937_64 g(5);
  satur::fill(satur::dirac{}, w, satur::weight_shape{{5, 2, 1}}, g);
  CHECK(g == untouched);
}

TEST_CASE("the same seed, the same bits; another seed or a second call, others") {
  std::mt19937 a(1), b(1), c(2);
  std::vector<float> x(100), y(100), z(100);
  satur::fill(satur::he_normal{}, x, {10, 10}, a);
  satur::fill(satur::he_normal{}, y, {10, 10}, b);
  satur::fill(satur::he_normal{}, z, {10, 10}, c);
  CHECK(x == y);
  CHECK(x != z);
  satur::fill(satur::he_normal{}, y, {10, 10}, b);
  CHECK(x != y);
}

TEST_CASE("spans, arrays and a user's own rule") {
  std::mt19937 g(1);
  float raw[3];
  satur::fill(alternating{0.5}, raw, {3, 1}, g);
  CHECK(raw[1] == -0.5f);
  std::array<double, 2> pair{};
  satur::fill(satur::constant{4}, pair, {1, 2}, g);
  CHECK(pair[1] == 4);
}

TEST_CASE("what a rule refuses, and how it says so") {
  auto const fill_float = [](auto const& rule, fans f) { return satur_test::refused_fill(rule, f); };
  CHECK(fill_float(satur::glorot_uniform{}, {0, 3}) ==
        "satur::glorot_uniform: fans are (in 0, out 3); allowed: both at least 1");
  CHECK(fill_float(satur::he_normal{}, {3, 0}) == "satur::he_normal: fans are (in 3, out 0); allowed: both at least 1");
  CHECK(refusal([] {
          static_cast<void>(satur::lecun_uniform{}.half_width({0, 0}));
        }) == "satur::lecun_uniform: fans are (in 0, out 0); allowed: both at least 1");
  CHECK(fill_float(satur::normal{0, -0.1}, {1, 1}) == "satur::normal: stddev is -0.1; allowed: a finite number >= 0");
  CHECK(fill_float(satur::normal{0, not_a_number}, {1, 1}) ==
        "satur::normal: stddev is nan; allowed: a finite number >= 0");
  CHECK(fill_float(satur::normal{inf, 1}, {1, 1}) == "satur::normal: mean is inf; allowed: a finite number");
  CHECK(fill_float(satur::uniform{2, 1}, {1, 1}) == "satur::uniform: low is 2, high is 1; allowed: low <= high");
  CHECK(fill_float(satur::uniform{0, inf}, {1, 1}) == "satur::uniform: high is inf; allowed: a finite number");
  CHECK(fill_float(satur::uniform{not_a_number, 1}, {1, 1}) == "satur::uniform: low is nan; allowed: a finite number");
  CHECK(fill_float(satur::constant{not_a_number}, {1, 1}) == "satur::constant: value is nan; allowed: a finite number");
  CHECK(fill_float(satur::glorot_normal{-1}, {1, 1}) ==
        "satur::glorot_normal: gain is -1; allowed: a finite number >= 0");
  CHECK(fill_float(satur::he_uniform{inf}, {1, 1}) == "satur::he_uniform: slope is inf; allowed: a finite number");
  CHECK(fill_float(satur::normal{1e300, 1}, {1, 1}) ==
        "satur::normal: mean is 1e+300; allowed: a magnitude up to 3.40282347e+38, the largest of the type");
  CHECK(fill_float(satur::uniform{-1e300, 1}, {1, 1}).starts_with("satur::uniform: low is -1e+300; allowed: a mag"));
  // What looks odd and is allowed: a law of no width.
  CHECK(fill_float(satur::normal{1, 0}, {1, 1}) == "nothing thrown");
  CHECK(fill_float(satur::uniform{1, 1}, {1, 1}) == "nothing thrown");
}
