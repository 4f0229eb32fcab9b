// Presets and equivalents: against closed forms, the exact table, plain counts, and their sources' boundary cases.
#include "support/activations.hpp"
#include "support/relative.hpp"
#include "support/shared_table.hpp"

#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr double rho5 = 0.026592226683160619656;
constexpr double infinity = std::numeric_limits<double>::infinity();

void check_ends(satur::rule_equivalents const& e, double low, double high, double relative = 1e-13) {
  CAPTURE(e.activation);
  CAPTURE(satur::to_text(e.rule));
  auto const same = [&](double got, double exact) {
    CAPTURE(got);
    CAPTURE(exact);
    CHECK((std::isnan(exact) ? std::isnan(got) : std::fabs(got - exact) <= relative * std::fabs(exact)));
  };
  same(e.z_low, low);
  same(e.z_high, high);
}
constexpr double never = std::numeric_limits<double>::quiet_NaN();

/// Only value and derivative, no name, no facts; NaN far out on the left, where e^-z is infinite.
struct naive_sigmoid {
  double value(double z) const { return 1.0 / (1.0 + std::exp(-z)); }
  double derivative(double z) const { return std::exp(-z) / ((1.0 + std::exp(-z)) * (1.0 + std::exp(-z))); }
};
/// Flat on the right only.
struct one_sided {
  double value(double z) const { return z < 3.0 ? z : 3.0; }
  double derivative(double z) const { return z < 3.0 ? 1.0 : 0.0; }
};

template <class Rule, class A>
void check_counts(Rule const& rule, A const& act, std::vector<double> const& z, std::uint64_t low, std::uint64_t high) {
  CAPTURE(satur::to_text(rule.definition()));
  satur::saturation const s = satur::observe(act, z, rule);
  CHECK(s.low == low);
  CHECK(s.high == high);
  satur::any_rule const any(rule);
  satur::saturation const a = satur::observe(act, z, any);
  CHECK(a == s);
  CHECK(satur::rule_of(s.rule) == any); // a rule read from a saved record is the same rule
  satur::monitor mon(any);
  mon["layer"].observe(act, z);
  CHECK(mon.at("layer").current().saturation == s);
}

} // namespace

TEST_CASE("rules: z with the slope share of a sigmoid at 5, in closed form") {
  using satur::equivalents;
  satur::slope_below const rule = satur::rules::equal_slope();
  check_ends(equivalents(rule, satur::sigmoid{}), -5.0, 5.0);
  check_ends(equivalents(rule, satur::centered_sigmoid{}), -5.0, 5.0);
  check_ends(equivalents(rule, satur::tanh{}), -2.5, 2.5);
  check_ends(equivalents(rule, satur::lecun_tanh{}), -3.75, 3.75);
  double const arctan = std::sqrt(1.0 / rho5 - 1.0);
  check_ends(equivalents(rule, satur::arctan{}), -arctan, arctan);
  double const softsign = 1.0 / std::sqrt(rho5) - 1.0;
  check_ends(equivalents(rule, satur::softsign{}), -softsign, softsign);
  double const erf = std::sqrt(-std::log(rho5));
  check_ends(equivalents(rule, satur::erf{}), -erf, erf);
  check_ends(equivalents(rule, satur::hard_tanh{}), -1.0, 1.0);
  check_ends(equivalents(rule, satur::hard_sigmoid{}), -3.0, 3.0);
  check_ends(equivalents(rule, satur::elu{}), std::log(rho5), never);
  double const softplus = std::log(rho5 / (1.0 - rho5));
  check_ends(equivalents(rule, satur::softplus{}), softplus, never);
  check_ends(equivalents(rule, satur::log_sigmoid{}), never, -softplus);
  check_ends(equivalents(rule, satur::relu{}), 0.0, never);
  check_ends(equivalents(rule, satur::relu6{}), 0.0, 6.0);
  check_ends(equivalents(rule, satur::identity{}), never, never);
  check_ends(equivalents(satur::slope_below{0.01}, satur::leaky_relu{}), never, never); // 0.01 is not below 0.01
  check_ends(equivalents(satur::slope_below{0.0101}, satur::leaky_relu{}), 0.0, never);
}

TEST_CASE("rules: z at which 1 % and 0.1 % of the slope is left, exact table") {
  std::size_t compared = 0;
  for (auto const& row : test::shared_table("saturation_limits.csv")) {
    std::string const name = row[0] == "hard_silu" ? "hard_swish" : row[0];
    auto const cell = [&](std::size_t i) { // the table has infinity for a side that never reaches the slope
      double const z = std::strtod(row[i].c_str(), nullptr);
      return std::isinf(z) ? never : z;
    };
    test::for_each_activation([&](auto const& act) {
      if (act.name == name) {
        ++compared;
        check_ends(satur::equivalents(satur::slope_below{}, act), cell(14), cell(15), 2e-12);
        if (name != "leaky_relu") { // its 1 % is exactly at the limit, and the rule is strict
          check_ends(satur::equivalents(satur::slope_below{0.01}, act), cell(10), cell(11), 2e-12);
        }
        check_ends(satur::equivalents(satur::slope_below{0.001}, act), cell(12), cell(13), 2e-12);
        satur::rule_equivalents const five = satur::equivalents(satur::rules::classic(), act);
        CHECK(five.z_low == -5.0);
        CHECK(five.z_high == 5.0);
        CHECK(std::fabs(std::fabs(five.slope_low) - std::strtod(row[16].c_str(), nullptr)) < 1e-14);
        CHECK(std::fabs(std::fabs(five.slope_high) - std::strtod(row[17].c_str(), nullptr)) < 1e-14);
        if (row.size() > 19 && !row[18].empty()) { // 0.9 of the output's range
          check_ends(satur::equivalents(satur::scaled_output_beyond{0.9}, act), cell(18), cell(19), 1e-13);
        }
      }
    });
  }
  CHECK((compared == 0 || compared == 24)); // all 25 except erf_scaled, an erf with another scale
}

TEST_CASE("presets: z and slope of each source") {
  namespace rules = satur::rules;
  using satur::equivalents;
  satur::rule_equivalents const karpathy = equivalents(rules::karpathy(), satur::tanh{});
  CHECK(karpathy.z_high == doctest::Approx(2.0923).epsilon(1e-4));
  CHECK(karpathy.z_high == doctest::Approx(std::atanh(0.97)).epsilon(1e-13));
  CHECK(karpathy.slope_low == doctest::Approx(1.0 - 0.97 * 0.97));
  CHECK(karpathy.y_low == doctest::Approx(-0.97));
  check_ends(equivalents(rules::karpathy(), satur::sigmoid{}), -2.0 * std::atanh(0.97), 2.0 * std::atanh(0.97));

  check_ends(equivalents(rules::gate(), satur::sigmoid{}), -std::log(9.0), std::log(9.0));
  CHECK(equivalents(rules::gate(), satur::sigmoid{}).slope_high == doctest::Approx(0.36));

  double const kaldi = std::atanh(std::sqrt(0.8)); // tanh' = 0.2
  check_ends(equivalents(rules::kaldi(), satur::tanh{}), -kaldi, kaldi);
  check_ends(equivalents(rules::kaldi(), satur::sigmoid{}), -2.0 * kaldi, 2.0 * kaldi); // sigmoid' = 0.05
  CHECK(satur::sigmoid{}.derivative(2.0 * kaldi) == doctest::Approx(0.05));

  satur::rule_equivalents const tanh = equivalents(rules::sagemaker(), satur::tanh{});
  CHECK(tanh.z_low == doctest::Approx(-9.4999).epsilon(1e-15));
  CHECK(tanh.z_high == doctest::Approx(9.4999).epsilon(1e-15));
  CHECK(tanh.slope_high == satur_test::relative(2.24e-8, 0.01));
  satur::rule_equivalents const sigmoid = equivalents(rules::sagemaker(), satur::sigmoid{});
  CHECK(sigmoid.z_low == -23.0);
  CHECK(sigmoid.z_high == doctest::Approx(16.99999).epsilon(1e-15));
  CHECK(sigmoid.slope_high == satur_test::relative(1.66e-7, 0.01));

  CHECK(equivalents(rules::classic(), satur::tanh{}).slope_high == satur_test::relative(1.8158323094e-4, 1e-9));
  CHECK(equivalents(rules::deep_diagnosis(), satur::sigmoid{}).z_high == doctest::Approx(5.0).epsilon(1e-15));
  CHECK(equivalents(satur::output_beyond{-1.0, 2.0}, satur::sigmoid{}).z_low != 0.0);
  CHECK(equivalents(satur::output_beyond{2.0, 3.0}, satur::sigmoid{}).z_low == infinity); // everything is low
}

TEST_CASE("rules: an activation without facts, and one flat on one side") {
  check_ends(satur::equivalents(satur::slope_below{}, naive_sigmoid{}), -5.0, 5.0);
  check_ends(satur::equivalents(satur::any_rule(satur::slope_below{}), naive_sigmoid{}), -5.0, 5.0);
  check_ends(satur::equivalents(satur::slope_below{}, one_sided{}), never, 3.0);
  std::ostringstream out;
  out << satur::equivalents(satur::slope_below{}, one_sided{});
  CHECK(out.str() ==
        "activation, slope < 2.66 % of its peak: never on the left, right of z = 3 (output 3, slope 0 % of "
        "its peak)");
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::equivalents(satur::rules::karpathy(), one_sided{})),
                       doctest::Contains("two finite asymptotes"), std::invalid_argument);
}

TEST_CASE("rules: z at ±5, strict and inclusive limits") {
  auto const check = [](auto five) {
    using T = decltype(five);
    T const up = std::nextafter(five, T(9));
    T const down = std::nextafter(five, T(0));
    std::vector<T> const z{-five, five, -five, five, -up, up, down, -down};
    std::span<T const> const at(z.data(), 4);
    satur::sigmoid const act;
    CHECK(satur::observe(act, at, satur::rules::classic()).fraction() == 0.0);
    satur::saturation const inclusive = satur::observe(act, at, satur::rules::deep_diagnosis());
    CHECK(inclusive.low == 2);
    CHECK(inclusive.high == 2);
    CHECK(inclusive.fraction() == 1.0);
    satur::saturation const all = satur::observe(act, z, satur::rules::deep_diagnosis());
    CHECK(all.low == 3);
    CHECK(all.high == 3);
    CHECK(satur::observe(act, z, satur::rules::classic()).low == 1);
  };
  check(5.0f);
  check(5.0);
  check(5.0L);
  // A threshold between two floats: 0.1f is above 0.1, its neighbor below.
  std::vector<float> const z{0.1f, std::nextafter(0.1f, 0.0f), -0.1f};
  CHECK(satur::observe(satur::tanh{}, z, satur::z_at_least{0.1}).high == 1);
  CHECK(satur::observe(satur::tanh{}, z, satur::z_at_least{0.1}).low == 1);
  CHECK(satur::observe(satur::tanh{}, z, satur::z_outside{-0.1, 0.1}).high == 1);
}

TEST_CASE("rules: a z limit between two floats is compared exactly") {
  for (double const limit : {0.1, 0.3, 1.0 / 3.0, 0.7, 0.9, 0.25}) { // the float next to it is above, below, or equal
    CAPTURE(limit);
    std::vector<float> z;
    float f = static_cast<float>(limit);
    for (int i = 0; i < 2; ++i) {
      f = std::nextafter(f, 0.0f);
    }
    for (int i = 0; i < 5; ++i, f = std::nextafter(f, 1.0f)) {
      z.push_back(f);
      z.push_back(-f);
    }
    auto const counted = [&](auto const& rule, auto low, auto high) {
      satur::saturation const s = satur::observe(satur::identity{}, z, rule);
      CHECK(s.low == static_cast<std::uint64_t>(std::count_if(z.begin(), z.end(), low)));
      CHECK(s.high == static_cast<std::uint64_t>(std::count_if(z.begin(), z.end(), high)));
      satur::saturation const any = satur::observe(satur::identity{}, z, satur::any_rule(rule));
      CHECK(any.low == s.low);
      CHECK(any.high == s.high);
    };
    auto const below = [](double x) { return [x](float e) { return static_cast<double>(e) < x; }; };
    auto const above = [](double x) { return [x](float e) { return static_cast<double>(e) > x; }; };
    counted(satur::z_beyond{limit}, below(-limit), above(limit));
    counted(
        satur::z_at_least{limit}, [&](float e) { return static_cast<double>(e) <= -limit; },
        [&](float e) { return static_cast<double>(e) >= limit; });
    counted(satur::z_outside{-limit, 2.0}, below(-limit), above(2.0));
    counted(satur::z_outside{limit, 2.0}, below(limit), above(2.0));
    counted(satur::z_outside{-2.0, limit}, below(-2.0), above(limit));
    counted(satur::z_outside{-2.0, -limit}, below(-2.0), above(-limit));
    counted(satur::output_beyond{limit, 2.0}, below(limit), above(2.0)); // of an identity: z is the output
    counted(satur::output_beyond{-limit, 2.0}, below(-limit), above(2.0));
    counted(satur::output_beyond{-2.0, limit}, below(-2.0), above(limit));
    counted(satur::output_beyond{-2.0, -limit}, below(-2.0), above(-limit));
  }
}

TEST_CASE("rules: a slope limit between two floats, and an output limit at a share") {
  // The slope is |z|, so a share of the peak slope 1 is a limit of |z|; hard_tanh between its ends is z.
  struct square {
    float value(float z) const { return 0.5f * z * z; }
    float derivative(float z) const { return std::fabs(z); }
    double peak_slope() const { return 1.0; }
  };
  for (double const limit : {0.1, 0.3, 0.7, 0.25}) {
    CAPTURE(limit);
    float const f = static_cast<float>(limit);
    std::vector<float> z;
    for (float const e : {std::nextafter(f, 0.0f), f, std::nextafter(f, 1.0f)}) {
      z.push_back(e);
      z.push_back(-e);
    }
    auto const inside =
        std::count_if(z.begin(), z.end(), [&](float e) { return e > 0 && static_cast<double>(e) < limit; });
    auto const beyond = std::count_if(z.begin(), z.end(), [&](float e) { return static_cast<double>(e) > limit; });
    satur::saturation const slope = satur::observe(square{}, z, satur::slope_below{limit});
    CHECK(slope.high == static_cast<std::uint64_t>(inside));
    CHECK(slope.low == static_cast<std::uint64_t>(inside));
    satur::saturation const output = satur::observe(satur::hard_tanh{}, z, satur::scaled_output_beyond{limit});
    CHECK(output.high == static_cast<std::uint64_t>(beyond));
    CHECK(output.low == static_cast<std::uint64_t>(beyond));
  }
}

TEST_CASE("equivalents: a formula that is NaN far out on one side") {
  // softplus as often written: on the right e^z is infinite, and infinite / infinite is NaN.
  struct naive_softplus {
    double value(double z) const { return std::log(1.0 + std::exp(z)); }
    double derivative(double z) const { return std::exp(z) / (1.0 + std::exp(z)); }
  };
  struct mirrored {
    double value(double z) const { return -std::log(1.0 + std::exp(-z)); }
    double derivative(double z) const { return std::exp(-z) / (1.0 + std::exp(-z)); }
  };
  // The sigmoid with e^z instead of e^-z: flat on the right too, but NaN from z = 710 on.
  struct sigmoid_of_growth {
    double value(double z) const { return std::exp(z) / (1.0 + std::exp(z)); }
    double derivative(double z) const { return std::exp(z) / ((1.0 + std::exp(z)) * (1.0 + std::exp(z))); }
  };
  check_ends(satur::equivalents(satur::slope_below{}, sigmoid_of_growth{}), -5.0, 5.0);
  check_ends(satur::equivalents(satur::output_beyond{0.25, 0.9}, sigmoid_of_growth{}), -std::log(3.0), std::log(9.0));
  double const exact = std::log(0.25 / 0.75);
  check_ends(satur::equivalents(satur::slope_below{0.25}, naive_softplus{}), exact, never, 1e-12);
  check_ends(satur::equivalents(satur::slope_below{0.25}, mirrored{}), never, -exact, 1e-12);
  check_ends(satur::equivalents(satur::z_outside{-2.0, 3.0}, naive_softplus{}), -2.0, 3.0);
  check_ends(satur::equivalents(satur::z_outside{-3.0, 2.0}, mirrored{}), -3.0, 2.0);
  check_ends(satur::equivalents(satur::output_beyond{0.5, 7.0}, naive_softplus{}), std::log(std::expm1(0.5)),
             std::log(std::expm1(7.0)), 1e-12);
  check_ends(satur::equivalents(satur::output_beyond{-7.0, -0.5}, mirrored{}), -std::log(std::expm1(7.0)),
             -std::log(std::expm1(0.5)), 1e-12);
}

TEST_CASE("equivalents: an asymmetric rule has its own output and slope at each end") {
  satur::rule_equivalents const e = satur::equivalents(satur::z_outside{-2.0, 3.5}, satur::sigmoid{});
  CHECK(e.z_low == -2.0);
  CHECK(e.z_high == 3.5);
  CHECK(e.y_low == satur::sigmoid{}.value(-2.0));
  CHECK(e.y_high == satur::sigmoid{}.value(3.5));
  CHECK(e.slope_low == satur::sigmoid{}.derivative(-2.0) / 0.25);
  CHECK(e.slope_high == satur::sigmoid{}.derivative(3.5) / 0.25);
}

TEST_CASE("presets: counts agree with the definition, directly, in any_rule and in a monitor") {
  std::vector<double> z;
  for (int i = -2500; i <= 2500; ++i) {
    z.push_back(static_cast<double>(i) / 100.0);
  }
  auto const beyond = [&](double low, double high, auto act, auto rule) {
    std::uint64_t lows = 0;
    std::uint64_t highs = 0;
    for (double const e : z) {
      lows += e < low;
      highs += e > high;
    }
    check_counts(rule, act, z, lows, highs);
  };
  namespace rules = satur::rules;
  beyond(-5.0, 5.0, satur::sigmoid{}, rules::classic());
  beyond(-4.9999, 4.9999, satur::sigmoid{}, rules::deep_diagnosis());
  beyond(-2.50001, 2.50001, satur::tanh{}, rules::equal_slope());
  beyond(-2.0923, 2.0923, satur::tanh{}, rules::karpathy());
  beyond(-4.1846, 4.1846, satur::sigmoid{}, rules::karpathy());
  beyond(-2.1973, 2.1973, satur::sigmoid{}, rules::gate());
  beyond(-1.4437, 1.4437, satur::tanh{}, rules::kaldi());
  beyond(-9.4999, 9.4999, satur::tanh{}, rules::sagemaker());
  beyond(-23.0, 16.99999, satur::sigmoid{}, rules::sagemaker());
  beyond(-1.0, 7.5, satur::relu{}, satur::z_outside{-1.0, 7.5});
  beyond(-infinity, 7.5, satur::relu{}, satur::z_outside{-infinity, 7.5});
}

TEST_CASE("rules: invalid arguments throw with a message") {
  std::vector<double> const z{1.0};
  auto const refused = [&](auto const& rule, auto const& act, char const* words) {
    CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(act, z, rule)), doctest::Contains(words),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(act, z, satur::any_rule(rule))), doctest::Contains(words),
                         std::invalid_argument);
  };
  refused(satur::z_at_least{0.0}, satur::tanh{}, "finite number > 0");
  refused(satur::z_at_least{never}, satur::tanh{}, "finite number > 0");
  refused(satur::z_at_least{std::nan("")}, satur::tanh{}, "finite number > 0");
  for (double const ratio : {0.0, -0.1, 1.01, std::nan("")}) {
    refused(satur::slope_below{ratio}, satur::tanh{}, "slope_below: ratio is ");
  }
  refused(satur::z_outside{1.0, -1.0}, satur::tanh{}, "low <= high");
  refused(satur::z_outside{never, 1.0}, satur::tanh{}, "low <= high");
  refused(satur::scaled_output_beyond{1.0}, satur::tanh{}, "in (0, 1)");
  refused(satur::scaled_output_beyond{}, satur::gelu{}, "gelu; allowed: activations with two finite asymptotes");
  refused(satur::rules::sagemaker(), satur::relu{}, "relu; allowed: sigmoid and tanh");
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::rule_of({"z_beyon", 5.0, 0.0})), doctest::Contains("z_beyond"),
                       std::invalid_argument);
}

TEST_CASE("presets: found by name, and their table") {
  CHECK(satur::rules::named("karpathy").rule == satur::any_rule(satur::rules::karpathy()));
  CHECK(satur::rules::named("sagemaker").layer_alarm == 0.5);
  CHECK(std::isnan(satur::rules::named("classic").layer_alarm));
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::rules::named("clasic")), doctest::Contains("classic, deep_diagnosis"),
                       std::invalid_argument);
  CHECK(satur::any_rule() == satur::any_rule(satur::z_beyond{5.0}));
  CHECK_FALSE(satur::any_rule(satur::z_at_least{5.0}) == satur::any_rule(satur::z_beyond{5.0}));
  std::ostringstream out;
  satur::rules::print_presets(satur::relu{}, out);
  std::string const text = out.str();
  for (auto const& p : satur::rules::presets()) {
    CHECK(text.find(p.name) != std::string::npos);
  }
  CHECK(text.find("never") != std::string::npos);
  CHECK(text.find("not defined for this activation") != std::string::npos);
  std::ostringstream sigmoid;
  sigmoid << satur::equivalents(satur::rules::classic(), satur::sigmoid{});
  CHECK(sigmoid.str() == "sigmoid, |z| > 5: left of z = -5 (output 0.006693, slope 2.66 % of its peak), right of z = 5 "
                         "(output 0.9933, slope 2.66 % of its peak)");
}

TEST_CASE("Kaldi preset: mean slope of a unit, worked example of its script") {
  CHECK(satur::rules::kaldi_unit_limits(satur::sigmoid{}).low == doctest::Approx(0.05));
  CHECK(satur::rules::kaldi_unit_limits(satur::tanh{}).low == doctest::Approx(0.2));
  satur::rules::unit_limits const relu = satur::rules::kaldi_unit_limits(satur::relu{});
  CHECK(relu.outside(0.049));
  CHECK(relu.outside(0.951));
  CHECK_FALSE(relu.outside(0.05));
  CHECK_FALSE(relu.outside(0.95));
  CHECK_FALSE(relu.outside(never));
  struct gate {
    double mean_slope, peak, saturation;
  };
  double mean = 0.0;
  for (gate const g : {gate{0.179, 0.25, 0.284}, gate{0.194, 0.25, 0.224}, gate{0.175, 0.25, 0.300},
                       gate{0.58, 1.0, 0.420}, gate{0.672, 1.0, 0.328}}) {
    satur::saturation s;
    s.count = 1;
    s.slope = {1, g.mean_slope, 0.0};
    s.peak_slope = g.peak;
    CHECK(s.slope_saturation() == doctest::Approx(g.saturation));
    mean += s.slope_saturation() / 5.0;
  }
  CHECK(mean == doctest::Approx(0.3112));
}
