// The report of the property suite; correct activations pass.
#include "satur/activation.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using satur::testing::check_activation;
using satur::testing::check_options;
using satur::testing::dual;
using satur::testing::report;

struct for_double_only {
  static constexpr std::string_view name = "for_double_only";
  double value(double z) const { return satur::tanh{}.value(z); }
  double derivative(double z) const { return satur::tanh{}.derivative(z); }
};
struct bad {
  static constexpr std::string_view name = "bad";
  template <std::floating_point T> T value(T z) const { return T(1) / (T(1) + std::exp(-z)); }
  template <std::floating_point T> T derivative(T z) const { return value(z) * (T(1) - value(z)); }
};
/// The sigmoid, `steps` halves of the epsilon larger below 0: 2 f(0) - f(z) is missed by as much.
struct off_the_point {
  double steps;
  double value(double z) const {
    return z < 0.0 ? 1.0 - value(-z) + 0.5 * steps * std::numeric_limits<double>::epsilon() : satur::sigmoid{}.value(z);
  }
  double derivative(double z) const { return satur::sigmoid{}.derivative(z); }
};
/// tanh, one step of its last bit larger below 0.
struct almost_odd {
  double value(double z) const { return z < 0.0 ? -std::nextafter(value(-z), 0.0) : std::tanh(z); }
  double derivative(double z) const { return satur::tanh{}.derivative(z); }
};
/// tanh with a slope that is 1 % too large for |z| in [from, to).
struct wrong_between {
  double from;
  double to;
  double value(double z) const { return std::tanh(z); }
  double derivative(double z) const {
    bool const inside = std::fabs(z) >= from && std::fabs(z) < to;
    return satur::tanh{}.derivative(z) * (inside ? 1.01 : 1.0);
  }
};

} // namespace

TEST_CASE("check_activation: correct activations pass, with symmetry") {
  using satur::testing::symmetry;
  CHECK(check_activation<float>(satur::tanh{}, check_options{.monotone = true, .about = symmetry::odd}).passed());
  CHECK(check_activation<double>(satur::sigmoid{}, check_options{.about = symmetry::about_point, .center = 0.5})
            .passed());
  CHECK(check_activation<double>(for_double_only{}, check_options{.about = symmetry::odd}).checks > 10000);
}

TEST_CASE("check_activation: symmetry about a point to four roundings of its height, about 0 to the last bit") {
  using satur::testing::symmetry;
  auto const breaks = [](auto const& act, check_options o) {
    o.passes = false;
    return check_activation<double>(act, o).failed("the symmetry that is stated");
  };
  CHECK_FALSE(breaks(off_the_point{4.0}, {.about = symmetry::about_point, .center = 0.5}));
  CHECK(breaks(off_the_point{5.0}, {.about = symmetry::about_point, .center = 0.5}));
  CHECK(breaks(almost_odd{}, {.about = symmetry::odd}));
}

TEST_CASE("check_activation: slopes are compared with differences from |z| = 0.005 on, in the range of the options") {
  auto const finds = [](wrong_between const& act, double low, double high) {
    return check_activation<double>(act, check_options{.low = low, .high = high, .grid = 1601, .passes = false})
        .failed("slope, by finite differences");
  };
  CHECK(finds({0.005, 0.0053}, -0.02, 0.02));
  CHECK_FALSE(finds({0.004, 0.0049}, -0.02, 0.02));
  CHECK(finds({0.9, 1.0}, -1.0, 1.0));
  CHECK_FALSE(finds({1.0001, 1e9}, -1.0, 1.0)); // other checks try points out there
  CHECK(finds({1.0001, 1e9}, -1.0, 1e4));
}

TEST_CASE("report: text has property, place, both numbers and cause") {
  report const r = check_activation<float>(bad{}, check_options{.passes = false});
  std::string const text = r.text();
  CAPTURE(text);
  CHECK(text.starts_with("bad in float: "));
  for (char const* const part :
       {"properties fail in ", "FAILS  no zero where the slope is a number", "the worst\n    at z = ", "(0x1.",
        "got 0, expected ", " ulp)", "Usually: y(1-y) and 1-y^2 are 0",
        "not checked: peak slope: peak_slope() is not stated",
        "not checked: dual numbers: the formula takes its own types only"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  std::ostringstream out;
  out << r;
  CHECK(out.str() == text);
  CHECK(r.failures.front().times >= 1);
  report const passed = check_activation<double>(satur::relu{});
  CHECK(passed.text().starts_with("relu in double: " + std::to_string(passed.checks) + " checks passed\n"));
}

TEST_CASE("report: names the checks that a formula cannot take") {
  report const r = check_activation<double>(for_double_only{});
  CHECK(r.passed());
  CHECK(r.text().find("not checked: digits lost: the formula takes no long double") != std::string::npos);
}

TEST_CASE("report: merging") {
  report all = check_activation<double>(satur::relu{});
  std::size_t const checks = all.checks;
  all += check_activation<float>(bad{}, check_options{.passes = false});
  CHECK_FALSE(all.passed());
  CHECK(all.checks > checks);

  report a;
  a.name = "a";
  a.checks = 3;
  a.failures.emplace_back().property = "of a";
  a.skipped = {"not by a"};
  report b;
  b.name = "b";
  b.checks = 5;
  b.failures.emplace_back().property = "of b";
  b.skipped = {"not by b", "nor this"};
  a += b;
  CHECK(a.name == "a");
  CHECK(a.checks == 8);
  REQUIRE(a.failures.size() == 2);
  CHECK(a.failures[0].property == "of a");
  CHECK(a.failures[1].property == "of b");
  CHECK(a.skipped == std::vector<std::string>{"not by a", "not by b", "nor this"});
}

namespace {
struct two_steps { // off by 0.25 at one place and by 4 at another
  double small_step;
  double large_step;
  double value(double z) const { return z + (z == small_step ? 0.25 : 0.0) + (z == large_step ? 4.0 : 0.0); }
  double derivative(double) const { return 1.0; }
};
} // namespace

TEST_CASE("report: names the worse of two failing points in either order") {
  for (two_steps const act : {two_steps{2.0, 5.0}, two_steps{5.0, 2.0}, two_steps{-2.0, -5.0}, two_steps{-5.0, -2.0}}) {
    report const r = check_activation<double>(
        act, [](long double z) { return z; }, check_options{.passes = false});
    auto const f = std::find_if(r.failures.begin(), r.failures.end(),
                                [](auto const& one) { return one.property == "value, by the reference"; });
    REQUIRE(f != r.failures.end());
    CHECK(f->times == 2);
    std::ostringstream where;
    where << "z = " << act.large_step << " (";
    CHECK(f->where.find(where.str()) == 0);
    std::ostringstream got;
    got << act.large_step + 4.0;
    CHECK(f->got == got.str());
    CHECK(f->error >= 4.0 / 8.9e-16); // an ulp of 5
  }
}

TEST_CASE("dual numbers: derivative rules") {
  auto const at = [](double z) { return dual::variable(z); };
  for (double const z : {0.3, 1.0, 2.5}) {
    CHECK((at(z) * at(z)).d == doctest::Approx(2 * z));
    CHECK((dual(1.0) / at(z)).d == doctest::Approx(-1 / (z * z)));
    CHECK(exp(at(z)).d == doctest::Approx(std::exp(z)));
    CHECK(expm1(at(z)).d == doctest::Approx(std::exp(z)));
    CHECK(log(at(z)).d == doctest::Approx(1 / z));
    CHECK(log1p(at(z)).d == doctest::Approx(1 / (1 + z)));
    CHECK(sqrt(at(z)).d == doctest::Approx(0.5 / std::sqrt(z)));
    CHECK(tanh(at(z)).d == doctest::Approx(1 - std::tanh(z) * std::tanh(z)));
    CHECK(atan(at(z)).d == doctest::Approx(1 / (1 + z * z)));
    CHECK(sin(at(z)).d == doctest::Approx(std::cos(z)));
    CHECK(cos(at(z)).d == doctest::Approx(-std::sin(z)));
    CHECK(erf(at(z)).d == doctest::Approx(2 / std::sqrt(std::acos(-1.0)) * std::exp(-z * z)));
    CHECK(erfc(at(z)).d == -erf(at(z)).d);
    CHECK(fabs(at(-z)).d == -1.0);
    dual x = at(z);
    x += 1.0;
    x *= 2.0;
    x -= 3.0;
    x /= 4.0;
    CHECK(x.d == 0.5);
  }
}

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
TEST_CASE("deprecated: testing::options is check_options") {
  CHECK(std::is_same_v<satur::testing::options, check_options>);
}
