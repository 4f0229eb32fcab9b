// Every initializer: its closed form, the distribution of its weights, and the arguments that it refuses.
#include <satur/initializer.hpp>

#include "initializer/refused_fill.hpp"
#include "support/refusal.hpp"
#include "support/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string>
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

/// Rules whose distributions are tested elsewhere: truncated.cpp, matrices.cpp.
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

/// A user's rule with nothing beyond what the concept requires.
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

TEST_CASE("initializers: stddev, half width and mean in closed form") {
  fans const f{300, 100};
  CHECK(satur::glorot_normal{}.stddev(f) == doctest::Approx(0.0707106781186547524).epsilon(1e-15));     // sqrt(2/400)
  CHECK(satur::glorot_uniform{}.half_width(f) == doctest::Approx(0.122474487139158905).epsilon(1e-15)); // sqrt(6/400)
  CHECK(satur::he_normal{}.stddev(f) == doctest::Approx(0.0816496580927726033).epsilon(1e-15));         // sqrt(2/300)
  CHECK(satur::he_uniform{}.half_width(f) == doctest::Approx(0.141421356237309505).epsilon(1e-15));     // sqrt(6/300)
  CHECK(satur::he_normal{2}.stddev(f) == doctest::Approx(0.0365148371670110741).epsilon(1e-15));        // sqrt(2/1500)
  CHECK(satur::lecun_normal{}.stddev(f) == doctest::Approx(0.0577350269189625765).epsilon(1e-15));      // sqrt(1/300)
  CHECK(satur::lecun_uniform{}.half_width(f) == doctest::Approx(0.1).epsilon(1e-15));                   // sqrt(3/300)
  CHECK(satur::glorot_normal{3}.stddev(f) == doctest::Approx(3 * satur::glorot_normal{}.stddev(f)).epsilon(1e-15));
  // Parameters other than the defaults; each changes the result.
  using satur::fan_mode;
  double const scale = 3 * std::sqrt(2 / (1.25 * 100)); // slope 1/2, gain 3, fan-out
  CHECK(satur::he_normal{0.5, 3, fan_mode::fan_out}.stddev(f) == doctest::Approx(scale).epsilon(1e-15));
  CHECK(satur::he_uniform{0.5, 3, fan_mode::fan_out}.stddev(f) == doctest::Approx(scale).epsilon(1e-15));
  CHECK(satur::he_uniform{0.5, 3, fan_mode::fan_out}.half_width(f) ==
        doctest::Approx(std::sqrt(3.0) * scale).epsilon(1e-15));
  CHECK(satur::glorot_uniform{3}.half_width(f) == doctest::Approx(3 * std::sqrt(6.0 / 400)).epsilon(1e-15));
  CHECK(satur::lecun_normal{3}.stddev(f) == doctest::Approx(3 / std::sqrt(300.0)).epsilon(1e-15));
  CHECK(satur::lecun_uniform{3}.half_width(f) == doctest::Approx(3 * std::sqrt(3.0 / 300)).epsilon(1e-15));
  CHECK(satur::uniform{-1, 3}.mean(f) == 1);
  CHECK(satur::uniform{-1, 3}.stddev(f) == doctest::Approx(1.15470053837925153).epsilon(1e-15)); // 4/sqrt(12)
  CHECK(satur::normal{0.5, 2}.mean(f) == 0.5);
  CHECK(satur::normal{0.5, 2}.stddev(f) == 2);
  CHECK(satur::constant{7}.mean(f) == 7);
  CHECK(satur::constant{7}.stddev(f) == 0);
  CHECK(satur::zeros{}.stddev(f) == 0);
}

TEST_CASE("initializers: regular values with unique names, for every floating type") {
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

TEST_CASE_TEMPLATE("initializers: drawn weights have the stated mean, standard deviation and distribution", T, float,
                   double) {
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

TEST_CASE("fill: every rule draws one key, so the weights of other layers do not change") {
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

TEST_CASE("fill: the same seed gives the same bits, another seed or a second call gives others") {
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

TEST_CASE("fill: spans, arrays and a user's own rule") {
  std::mt19937 g(1);
  float raw[3];
  satur::fill(alternating{0.5}, raw, {3, 1}, g);
  CHECK(raw[1] == -0.5f);
  std::array<double, 2> pair{};
  satur::fill(satur::constant{4}, pair, {1, 2}, g);
  CHECK(pair[1] == 4);
}

TEST_CASE("initializers: invalid parameters and fans throw") {
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
        "satur::normal: mean is 1e+300; allowed: a magnitude up to 3.4028235e+38, the largest of the type");
  CHECK(fill_float(satur::uniform{-1e300, 1}, {1, 1}).starts_with("satur::uniform: low is -1e+300; allowed: a mag"));
  // Allowed, although unusual: a distribution of zero width.
  CHECK(fill_float(satur::normal{1, 0}, {1, 1}) == "nothing thrown");
  CHECK(fill_float(satur::uniform{1, 1}, {1, 1}) == "nothing thrown");
}

TEST_CASE("initializers: the largest float is allowed, larger values throw") {
  double const most = static_cast<double>(std::numeric_limits<float>::max());
  double const beyond = std::nextafter(most, inf);
  auto const check = [&](auto const& rule, auto const& too_far, std::string const& said) {
    CAPTURE(said);
    std::mt19937 g(1);
    std::vector<float> w(10);
    satur::fill(rule, w, fans{1, 1}, g);
    CHECK(std::ranges::none_of(w, [](float x) { return std::isnan(x); }));
    if (!said.starts_with("satur::glorot") && !said.starts_with("satur::lecun") && said.find("stddev") > said.size()) {
      CHECK(std::ranges::all_of(w, [](float x) { return std::isfinite(x); }));
    }
    CHECK(satur_test::refused_fill(too_far, fans{1, 1}) ==
          said + "; allowed: a magnitude up to 3.4028235e+38, the largest of the type");
  };
  std::string const number = " is 3.402823466385289e+38"; // the double after the largest float
  check(satur::constant{most}, satur::constant{beyond}, "satur::constant: value" + number);
  check(satur::constant{-most}, satur::constant{-beyond}, "satur::constant: value is -3.402823466385289e+38");
  check(satur::normal{most, 0}, satur::normal{beyond, 0}, "satur::normal: mean" + number);
  check(satur::normal{0, most}, satur::normal{0, beyond}, "satur::normal: stddev" + number);
  check(satur::uniform{-most, most}, satur::uniform{-most, beyond}, "satur::uniform: high" + number);
  check(satur::uniform{-most, 1}, satur::uniform{-beyond, 1}, "satur::uniform: low is -3.402823466385289e+38");
  check(satur::glorot_normal{most}, satur::glorot_normal{beyond}, "satur::glorot_normal: stddev" + number);
  check(satur::lecun_normal{most}, satur::lecun_normal{beyond}, "satur::lecun_normal: stddev" + number);
}

TEST_CASE("initializers: every error message names its rule") {
  double const far = 1e300;
  auto const check = [](auto const& rule, std::string_view begins, fans f = {2, 5}) {
    std::string const said = satur_test::refused_fill(rule, f);
    CAPTURE(said);
    CAPTURE(begins);
    CHECK(said.starts_with(begins));
  };
  auto const no_mode = static_cast<satur::fan_mode>(9);
  check(satur::constant{inf}, "satur::constant: value is inf; ");
  check(satur::constant{far}, "satur::constant: value is 1e+300; ");
  check(satur::normal{-inf, 1}, "satur::normal: mean is -inf; ");
  check(satur::normal{0, far}, "satur::normal: stddev is 1e+300; ");
  check(satur::uniform{-inf, 1}, "satur::uniform: low is -inf; ");
  check(satur::uniform{0, far}, "satur::uniform: high is 1e+300; ");
  check(satur::uniform{0, not_a_number}, "satur::uniform: high is nan; ");
  check(satur::glorot_uniform{}, "satur::glorot_uniform: fans are (in 2, out 0); ", {2, 0});
  check(satur::glorot_uniform{-2}, "satur::glorot_uniform: gain is -2; ");
  check(satur::glorot_uniform{far}, "satur::glorot_uniform: half width is ");
  check(satur::glorot_normal{}, "satur::glorot_normal: fans are (in 0, out 5); ", {0, 5});
  check(satur::glorot_normal{inf}, "satur::glorot_normal: gain is inf; ");
  check(satur::glorot_normal{far}, "satur::glorot_normal: stddev is ");
  check(satur::he_uniform{}, "satur::he_uniform: fans are (in 0, out 5); ", {0, 5});
  check(satur::he_uniform{0, -2}, "satur::he_uniform: gain is -2; ");
  check(satur::he_uniform{not_a_number}, "satur::he_uniform: slope is nan; ");
  check(satur::he_uniform{0, 1, no_mode}, "satur::he_uniform: mode is 9; ");
  check(satur::he_uniform{0, far}, "satur::he_uniform: half width is ");
  check(satur::he_normal{}, "satur::he_normal: fans are (in 0, out 5); ", {0, 5});
  check(satur::he_normal{0, -2}, "satur::he_normal: gain is -2; ");
  check(satur::he_normal{not_a_number}, "satur::he_normal: slope is nan; ");
  check(satur::he_normal{0, 1, no_mode}, "satur::he_normal: mode is 9; ");
  check(satur::he_normal{0, far}, "satur::he_normal: stddev is ");
  check(satur::lecun_uniform{}, "satur::lecun_uniform: fans are (in 0, out 5); ", {0, 5});
  check(satur::lecun_uniform{-2}, "satur::lecun_uniform: gain is -2; ");
  check(satur::lecun_uniform{far}, "satur::lecun_uniform: half width is ");
  check(satur::lecun_normal{}, "satur::lecun_normal: fans are (in 0, out 5); ", {0, 5});
  check(satur::lecun_normal{-2}, "satur::lecun_normal: gain is -2; ");
  check(satur::lecun_normal{far}, "satur::lecun_normal: stddev is ");
  check(satur::variance_scaling{inf}, "satur::variance_scaling: scale is inf; ");
  check(satur::variance_scaling{1e100}, "satur::variance_scaling: three times the stddev is ");
  check(satur::orthogonal{}, "satur::orthogonal: fans are (in 0, out 5); ", {0, 5});
  check(satur::orthogonal{}, "satur::orthogonal: 10 weights are no matrix of the fans (in 2, out 6); ", {2, 6});
  check(satur::orthogonal{far}, "satur::orthogonal: gain is 1e+300; ");
  check(satur::identity_matrix{}, "satur::identity_matrix: fans are (in 2, out 0); ", {2, 0});
  check(satur::identity_matrix{}, "satur::identity_matrix: 10 weights are no matrix of the fans (in 2, out 6); ",
        {2, 6});
  check(satur::identity_matrix{far}, "satur::identity_matrix: gain is 1e+300; ");
  check(satur::sparse{}, "satur::sparse: 10 weights are no matrix of the fans (in 2, out 6); ", {2, 6});
  check(satur::sparse{0.5, inf}, "satur::sparse: spread is inf; ");
  check(satur::sparse{0.5, far}, "satur::sparse: spread is 1e+300; ");
  // The scale alone throws too.
  auto const asked = [](auto const& ask) { return refusal(ask); };
  CHECK(asked([] {
          (void)satur::uniform{3, 2}.mean({2, 5});
        }) == "satur::uniform: low is 3, high is 2; allowed: low <= high");
  CHECK(asked([] {
          (void)satur::uniform{3, 2}.stddev({2, 5});
        }) == "satur::uniform: low is 3, high is 2; allowed: low <= high");
  CHECK(asked([] { (void)satur::normal{0, -3}.stddev({2, 5}); }).starts_with("satur::normal: stddev is -3; "));
  CHECK(asked([] {
          (void)satur::truncated_normal_deviations{0, 1, 3, 2}.mean({2, 5});
        }).starts_with("satur::truncated_normal_deviations: the bounds are 3 and 2; "));
  CHECK(asked([] {
          (void)satur::truncated_normal_absolute{0, 1, 3, 2}.stddev({2, 5});
        }).starts_with("satur::truncated_normal_absolute: the bounds are 3 and 2; "));
  CHECK(asked([] { (void)satur::orthogonal{-3}.stddev({2, 5}); }).starts_with("satur::orthogonal: gain is -3; "));
  CHECK(asked([] {
          (void)satur::delta_orthogonal{-3}.stddev(fans{2, 5});
        }).starts_with("satur::delta_orthogonal: gain is -3; "));
  CHECK(asked([] {
          (void)satur::delta_orthogonal{}.stddev(fans{0, 5});
        }).starts_with("satur::delta_orthogonal: fans are (in 0, out 5); "));
  CHECK(asked([] {
          (void)satur::identity_matrix{}.mean({0, 5});
        }).starts_with("satur::identity_matrix: fans are (in 0, out 5); "));
  CHECK(asked([] { (void)satur::dirac{}.mean({0, 5}); }).starts_with("satur::dirac: fans are (in 0, out 5); "));
  CHECK(asked([] {
          (void)satur::dirac{}.stddev(satur::weight_shape{{2, 5}});
        }).starts_with("satur::dirac: the weight has shape (2, 5); expected at least three axes"));
  CHECK(asked([] { (void)satur::sparse{0.5, -3}.stddev(fans{2, 5}); }).starts_with("satur::sparse: spread is -3; "));
  CHECK(asked([] {
          (void)satur::sparse{-0.5}.stddev(fans{2, 5});
        }).starts_with("satur::sparse: the share of zeros is -0.5; "));
}
