// Gains, fixed points, the critical line and trajectories against the shared tables and closed forms.
#include "support/shared_table.hpp"

#include "satur/activation.hpp"
#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace theory = satur::theory;
using rows = std::vector<std::vector<std::string>>;

struct erf_scaled {
  static constexpr std::string_view name = "erf_scaled";
  double value(double z) const { return std::erf(0.88622692545275801365 * z); }
  double derivative(double z) const { return std::exp(-0.78539816339744830962 * z * z); }
  static double peak_slope() { return 1.0; }
};

double number(std::string const& cell) { return std::strtod(cell.c_str(), nullptr); }
double off(double got, double exact) {
  return got == exact ? 0.0 : std::fabs(got - exact) / std::max(std::fabs(exact), 1e-12);
}

template <class F> bool says(F const& f, char const* words) {
  try {
    f();
  } catch (std::exception const& e) {
    return std::string(e.what()).find(words) != std::string::npos;
  }
  return false;
}

/// The theory of one activation with its type erased, so that the checks are compiled once.
struct subject {
  std::string name;
  std::function<theory::gaussian_moments(double q)> moments;
  std::function<double(double w, double b, double q)> map;
  std::function<theory::variance_limit(double w, double b)> limit;
  std::function<theory::steady_state(double w, double b)> settle;
  std::function<std::vector<theory::critical_point>(double b)> critical;
  std::function<double(double b)> critical_weight_variance;
  double gain, backward_gain, conventional_gain;
};
template <class A> subject subject_of(A act, std::string name) {
  return {std::move(name),
          [=](double q) { return theory::moments(act, 0.0, q); },
          [=](double w, double b, double q) { return theory::variance_map(act, w, b)(q); },
          [=](double w, double b) { return theory::fixed_point(theory::variance_map(act, w, b)); },
          [=](double w, double b) { return theory::settle(act, w, b); },
          [=](double b) { return theory::critical_points(act, b); },
          [=](double b) { return theory::critical_weight_variance(act, b); },
          theory::gain(act),
          theory::backward_gain(act),
          theory::conventional_gain(act)};
}
std::vector<subject> const& subjects() {
  static std::vector<subject> const all{
      subject_of(satur::tanh{}, "tanh"),
      subject_of(erf_scaled{}, "erf_scaled"),
      subject_of(satur::hard_tanh{}, "hard_tanh"),
      subject_of(satur::sigmoid{}, "sigmoid"),
      subject_of(satur::centered_sigmoid{}, "centered_sigmoid"),
      subject_of(satur::relu{}, "relu"),
      subject_of(satur::leaky_relu{}, "leaky_relu"),
      subject_of(satur::elu{}, "elu"),
      subject_of(satur::selu{}, "selu"),
      subject_of(satur::gelu{}, "gelu"),
      subject_of(satur::silu{}, "silu"),
      subject_of(satur::softplus{}, "softplus"),
  };
  return all;
}

} // namespace

TEST_CASE("mean field: table of q*, chi, depth scales and c*") {
  rows const table = test::shared_table("mean_field.csv");
  std::size_t used = 0;
  std::size_t correlations = 0;
  for (subject const& act : subjects()) {
    for (auto const& row : table) {
      if (row[0] != act.name) {
        continue;
      }
      CAPTURE(act.name);
      CAPTURE(row[2]);
      CAPTURE(row[3]);
      ++used;
      double const w = number(row[2]);
      double const b = number(row[3]);
      theory::variance_limit const limit = act.limit(w, b);
      using kind = theory::limit_kind;
      kind const expected = row[4] == "ok"         ? kind::finite
                            : row[4] == "zero"     ? kind::zero
                            : row[4] == "marginal" ? kind::any
                                                   : kind::infinite;
      CHECK(limit.kind == expected);
      double const q = limit.kind == kind::zero       ? theory::vanishing_variance
                       : limit.kind == kind::infinite ? theory::endless_variance
                                                      : limit.variance;
      theory::gaussian_moments const m = act.moments(q);
      double const chi_1 = w * m.mean_squared_derivative;
      double const chi_q = w * m.output_growth;
      if (expected == kind::finite) {
        CHECK(off(limit.variance, number(row[6])) < 1e-9);
        CHECK(off(theory::depth_scale(chi_q), number(row[9])) < 1e-9);
        CHECK(off(theory::depth_scale(chi_1), number(row[10])) < 1e-9);
        CHECK(off(2.0 * theory::probability_above(5.0, 0.0, q), number(row[13])) < 1e-9);
        CHECK(off(m.mean_derivative, number(row[14])) < 1e-9);
      }
      CHECK(off(chi_1, number(row[7])) < 1e-9);
      CHECK(off(chi_q, number(row[8])) < 1e-9);
      if (expected == kind::finite && number(row[7]) > 1.0 && used % 8 == 0) { // each costs 10 ms
        ++correlations;
        theory::steady_state const s = act.settle(w, b);
        CHECK(s.chi_1 == chi_1);
        CHECK(std::fabs(s.correlation - number(row[11])) < 1e-9);
        CHECK(off(s.correlation_depth(), number(row[12])) < 1e-9);
      }
    }
  }
  CHECK((table.empty() || used == 948));
  CHECK((table.empty() || correlations > 10));
}

TEST_CASE("critical points: table") {
  rows const table = test::shared_table("mean_field_critical.csv");
  std::size_t used = 0;
  for (subject const& act : subjects()) {
    for (auto const& row : table) {
      if (row[0] != act.name) {
        continue;
      }
      CAPTURE(act.name);
      CAPTURE(row[2]);
      ++used;
      double const b = number(row[2]);
      auto const found = act.critical(b);
      if (row[3] == "0") {
        CHECK(found.empty());
        CHECK_THROWS_AS((void)act.critical_weight_variance(b), std::invalid_argument);
        continue;
      }
      REQUIRE(found.size() == 1);
      CHECK(off(act.critical_weight_variance(b), number(row[4])) < 1e-9);
      CHECK(off(found[0].weight_variance, number(row[4])) < 1e-9);
      if (row[5] != "any") {
        CHECK(off(found[0].variance, number(row[5])) < 1e-9);
        CHECK(off(found[0].chi_q, number(row[6])) < 1e-9);
        bool const unstable = row[9].find("unstable") == 0;
        CHECK((b == 0.0 || found[0].stable == !unstable));
      }
    }
  }
  CHECK((table.empty() || used == 60));
}

TEST_CASE("variance map: table of trajectories, layer by layer") {
  rows const table = test::shared_table("mean_field_trajectory.csv");
  std::size_t used = 0;
  for (subject const& act : subjects()) {
    double q = 0.0;
    for (auto const& row : table) {
      if (row[0] != act.name) {
        continue;
      }
      double const w = number(row[2]);
      double const b = number(row[3]);
      bool const from_input = row[4] == "input";
      double const layer = number(row[5]);
      if (layer == (from_input ? 1 : 0)) {
        q = from_input ? w + b : 1.0;
      } else {
        q = act.map(w, b, q);
      }
      ++used;
      auto const m = act.moments(q);
      double const seen[] = {q, m.mean_derivative, m.mean_squared_derivative};
      double const exact[] = {number(row[6]), number(row[8]), number(row[9])};
      for (std::size_t i = 0; i < 3; ++i) {
        if (off(seen[i], exact[i]) > 1e-9) {
          FAIL_CHECK(act.name << " " << w << " " << b << " layer " << layer << ": " << seen[i] << ", not " << exact[i]);
        }
      }
    }
  }
  CHECK((table.empty() || used > 4000));
}

TEST_CASE("gains: table, PyTorch's gains, selu constants") {
  rows const table = test::shared_table("gains.csv");
  std::size_t used = 0;
  std::vector<subject> all = subjects();
  all.push_back(subject_of(satur::identity{}, "identity"));
  all.push_back(subject_of(satur::prelu{}, "prelu"));
  all.push_back(subject_of(satur::relu6{}, "relu6"));
  all.push_back(subject_of(satur::hard_swish{}, "hard_silu"));
  for (subject const& act : all) {
    for (auto const& row : table) {
      if (row[0] == act.name) {
        ++used;
        CAPTURE(act.name);
        CHECK(off(act.gain, number(row[5])) < 1e-11);
        CHECK(off(act.backward_gain, number(row[6])) < 1e-11);
        if (row.size() > 9 && !row[9].empty()) {
          CHECK(off(act.conventional_gain, number(row[9])) < 1e-15);
        } else {
          CHECK(std::isnan(act.conventional_gain));
        }
      }
    }
  }
  CHECK((table.empty() || used == 16));
  CHECK(std::fabs(theory::gain(satur::tanh{}) - 1.592537419722831) < 1e-13);
  CHECK(std::fabs(theory::backward_gain(satur::sigmoid{}) - 4.722646085937975) < 1e-13);

  CHECK(theory::conventional_gain(satur::leaky_relu{0.5}) == doctest::Approx(std::sqrt(2 / 1.25)).epsilon(1e-15));
  CHECK(theory::conventional_gain(satur::prelu{0.5}) == doctest::Approx(std::sqrt(2 / 1.25)).epsilon(1e-15));
  CHECK(theory::conventional_gain(satur::selu{}) == 0.75);
  CHECK(theory::conventional_gain(satur::identity{}) == 1.0);
  CHECK(std::isnan(theory::conventional_gain(satur::gelu{})));

  auto const [lambda, alpha] = theory::selu_constants();
  CHECK(std::fabs(lambda / 1.0507009873554804934 - 1) < 1e-13);
  CHECK(std::fabs(alpha / 1.6732632423543772848 - 1) < 1e-13);
  auto const wide = theory::selu_constants(4.0);
  auto const m = theory::moments(satur::elu{wide.alpha}, 0.0, 4.0);
  CHECK(std::fabs(m.mean_output) < 1e-13);
  CHECK(std::fabs(wide.lambda * wide.lambda * m.mean_squared_output - 4.0) < 1e-13);
  CHECK(says([] { (void)theory::selu_constants(0.0); },
             "satur::theory::selu_constants: variance is 0; allowed: a finite number > 0"));
  CHECK(says([] { (void)theory::selu_constants(-3.0); }, "satur::theory::selu_constants: variance is -3; allowed: "));

  struct nothing {
    double value(double) const { return 0.0; }
    double derivative(double) const { return 0.0; }
  };
  CHECK(says([] { (void)theory::gain(nothing{}); }, "satur::theory::gain: E f(z)^2 at z ~ N(0, 1) is 0"));
  CHECK(says([] { (void)theory::backward_gain(nothing{}); },
             "satur::theory::backward_gain: E f'(z)^2 at z ~ N(0, 1) is 0"));
}

TEST_CASE("mean field: commonly quoted figures") {
  CHECK(std::fabs(theory::critical_weight_variance(satur::tanh{}, 0.05) - 1.76095463960673914) < 1e-9);
  CHECK(std::fabs(theory::critical_weight_variance(satur::tanh{}, 0.0) - 1.0) < 1e-12);
  CHECK(std::fabs(theory::critical_weight_variance(satur::relu{}, 0.0) - 2.0) < 1e-15);
  auto const sigmoid = theory::critical_points(satur::sigmoid{}, 0.0);
  REQUIRE(sigmoid.size() == 1);
  CHECK(std::fabs(sigmoid[0].weight_variance - 103.00755385551932) < 1e-7);
  CHECK(std::fabs(sigmoid[0].variance - 45.6242777973797) < 1e-7);
  CHECK(std::fabs(2 * theory::probability_above(5, 0, sigmoid[0].variance) - 0.459154945) < 1e-8);
  CHECK(sigmoid[0].stable);

  auto const glorot = theory::settle(satur::sigmoid{}, 1.0, 0.0);
  CHECK(std::fabs(1.0 / glorot.chi_1 - 18.0) < 0.2);
  CHECK(glorot.correlation == 1.0);
  auto const wide = theory::settle(satur::tanh{}, 25.0, 0.0);
  CHECK(std::fabs(2 * theory::probability_above(5, 0, wide.limit.variance) - 0.27) < 0.005);
  CHECK(std::fabs(wide.chi_1 - 2.9) < 0.05);
  CHECK(wide.gradient_depth() < 0.0);
  CHECK(wide.correlation == doctest::Approx(0.0));
  auto const selu = theory::settle(satur::selu{}, 1.0, 0.0);
  CHECK(std::fabs(selu.limit.variance - 1.0) < 1e-9);
  CHECK(std::fabs(selu.chi_1 - 1.0715749924557993) < 1e-9);
  auto const relu = theory::settle(satur::relu{}, 2.0, 0.0);
  CHECK(relu.limit.kind == theory::limit_kind::any);
  CHECK(relu.gradient_depth() == HUGE_VAL);
  CHECK(theory::settle(satur::gelu{}, 2.5, 0.0).limit.kind == theory::limit_kind::infinite);
  CHECK(theory::settle(satur::gelu{}, 2.0, 0.0).limit.kind == theory::limit_kind::zero);
}

TEST_CASE("steady state: each depth scale uses its own slope") {
  theory::steady_state s;
  s.chi_1 = 0.5;
  s.chi_q = 0.25;
  s.chi_c = 0.75;
  CHECK(s.gradient_depth() == doctest::Approx(1 / std::log(2.0)).epsilon(1e-15));
  CHECK(s.variance_depth() == doctest::Approx(1 / std::log(4.0)).epsilon(1e-15));
  CHECK(s.correlation_depth() == doctest::Approx(1 / std::log(4.0 / 3.0)).epsilon(1e-15));
}

TEST_CASE("correlation map: against the arcsine and arc-cosine kernels") {
  using std::numbers::pi;
  theory::variance_map const erf(satur::erf{}, 1.3, 0.2);
  theory::variance_map const relu(satur::relu{}, 2.0, 0.0);
  for (double const c : {0.0, 0.3, 0.9, 0.999, 1.0}) {
    CAPTURE(c);
    double const q = 1.7;
    auto const e = theory::correlate(erf, q, c);
    double const ratio = 2 * q / (1 + 2 * q);
    CHECK(std::fabs(e.correlation - (1.3 * 2 / pi * std::asin(ratio * c) + 0.2) / q) < 1e-12);
    CHECK(std::fabs(e.slope - 1.3 * 2 / pi * ratio / q / std::sqrt(1 - ratio * ratio * c * c)) < 1e-12);
    auto const r = theory::correlate(relu, q, c);
    double const angle = std::acos(c);
    CHECK(std::fabs(r.correlation - (std::sin(angle) + (pi - angle) * c) / pi) < 1e-11);
    if (c < 1.0) { // at 1 the slope has an infinite derivative
      CHECK(std::fabs(r.slope - (pi - angle) / pi) < 1e-9);
    }
  }
}

TEST_CASE("critical weights: a missing critical line and invalid input throw with a reason") {
  CHECK(says([] { (void)theory::critical_weight_variance(satur::softplus{}, 0.0); },
             "satur::theory::critical_weight_variance: softplus has no critical point with bias variance 0: weights "
             "wide enough to keep the gradient"));
  CHECK(says([] { (void)theory::critical_weight_variance(satur::relu{}, 0.1); },
             "relu has no critical point with bias variance 0.1: sigma_w^2 E f'^2 is 1 at sigma_w^2 = 2"));
  CHECK(says([] { (void)theory::critical_weight_variance(satur::soft_shrink{}, 0.0); },
             "soft_shrink has no critical point with bias variance 0: those that have one go from about "));
  // The largest is that of q* = 1e8: q - E f^2 / E f'^2 is 2 w sqrt(q) phi(w / sqrt q) / P(|z| > w) - w^2, with w =
  // 1/2.
  double const most =
      1e4 * std::exp(-0.5 * 0.25e-8) / std::sqrt(2.0 * std::numbers::pi) / std::erfc(0.5e-4 / std::numbers::sqrt2) -
      0.25;
  CHECK(says([] { (void)theory::critical_weight_variance(satur::soft_shrink{}, 0.0); },
             (" to " + satur::detail::message(most) + " (searched with q* from 1e-8 to 1e8)").c_str()));
  CHECK(says([] { (void)theory::critical_weight_variance(satur::tanh_shrink{}, 0.0); }, "those that have one"));
  double const nan = std::numeric_limits<double>::quiet_NaN();
  for (double const bad : {-0.1, nan, HUGE_VAL}) {
    CHECK_THROWS_AS((void)theory::critical_weight_variance(satur::tanh{}, bad), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::critical_points(satur::tanh{}, bad), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::settle(satur::tanh{}, bad, 0.0), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::settle(satur::tanh{}, 1.0, bad), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::correlate(theory::variance_map(satur::tanh{}, 1.0, 0.0), 1.0, bad),
                    std::invalid_argument);
  }
  CHECK_THROWS_AS((void)theory::settle(satur::tanh{}, 1.0, 0.0, 0.0), std::invalid_argument);
  CHECK(says([] { (void)theory::variance_map(satur::tanh{}, -1.0, 0.0); },
             "satur::theory::variance_map: weight variance (times fan-in) is -1; allowed: a finite number >= 0"));
  CHECK(says([] { (void)theory::variance_map(satur::tanh{}, 1.0, -0.5); },
             "satur::theory::variance_map: bias variance is -0.5; allowed: a finite number >= 0"));
  CHECK(says([] { (void)theory::critical_points(satur::tanh{}, -0.1); },
             "satur::theory::critical_points: bias variance is -0.1; allowed: a finite number >= 0"));
  CHECK(says([] { (void)theory::critical_weight_variance(satur::tanh{}, -0.1); },
             "satur::theory::critical_weight_variance: bias variance is -0.1; allowed: a finite number >= 0"));
  theory::variance_map const map(satur::tanh{}, 1.0, 0.5);
  CHECK(says([&] { (void)theory::fixed_point(map, 0.0); },
             "satur::theory::fixed_point: start is 0; allowed: a finite variance > 0"));
  CHECK(says([&] { (void)theory::correlate(map, 0.0, 0.5); },
             "satur::theory::correlate: variance is 0; allowed: a finite number > 0"));
  CHECK(says([&] { (void)theory::correlate(map, 2.0, 1.5); },
             "satur::theory::correlate: correlation is 1.5; allowed: 0 to 1"));
}
