// Gaussian means against the shared table, closed forms and identities.
#include "support/activations.hpp"
#include "support/shared_table.hpp"

#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace theory = satur::theory;

/// erf(sqrt(pi) z/2), a user's struct without facts.
struct erf_scaled {
  static constexpr std::string_view name = "erf_scaled";
  double value(double z) const { return std::erf(0.88622692545275801365 * z); }
  double derivative(double z) const { return std::exp(-0.78539816339744830962 * z * z); }
};

double relative(double got, double exact) { return std::fabs(got - exact) / std::max(std::fabs(exact), 1e-3); }

double worst_in_table(std::function<theory::gaussian_moments(double, double)> const& moments, std::string const& called,
                      std::size_t& used) {
  double worst = 0.0;
  static auto const table = test::shared_table("gaussian_moments.csv");
  for (auto const& row : table) {
    if (row[0] == called) {
      ++used;
      auto const m = moments(std::strtod(row[2].c_str(), nullptr), std::strtod(row[3].c_str(), nullptr));
      double const got[] = {m.mean_output, m.mean_squared_output, m.mean_derivative, m.mean_squared_derivative};
      for (std::size_t i = 0; i < 4; ++i) {
        worst = std::max(worst, relative(got[i], std::strtod(row[4 + i].c_str(), nullptr)));
      }
    }
  }
  return worst;
}

/// E g(z) by the two-point Gauss rule on many narrow panels between given points: slow, and independent of satur.
double brute(std::function<double(double)> const& g, double mean, double variance, std::vector<double> points) {
  double const sd = std::sqrt(variance);
  points.push_back(mean - 16.0 * sd);
  points.push_back(mean + 16.0 * sd);
  std::sort(points.begin(), points.end());
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    double const a = std::max(points[i], mean - 16.0 * sd);
    double const b = std::min(points[i + 1], mean + 16.0 * sd);
    int const n = 1200;
    double const h = (b - a) / n;
    for (int k = 0; k < n && h > 0.0; ++k) {
      for (double const side : {-0.5, 0.5}) {
        double const z = a + h * (k + 0.5 + side / std::sqrt(3.0));
        double const t = (z - mean) / sd;
        sum += 0.5 * h * g(z) * std::exp(-0.5 * t * t);
      }
    }
  }
  return sum / (sd * std::sqrt(2.0 * std::numbers::pi));
}

bool at_hand() { return !test::shared_table("gaussian_moments.csv").empty(); }

} // namespace

TEST_CASE("Gaussian moments: every activation against the shared table") {
  if (!at_hand()) {
    return;
  }
  std::size_t families = 0;
  auto const check = [&]<class A>(A const& act) {
    std::string const name(A::name);
    std::size_t used = 0;
    double const worst = worst_in_table(
        [&](double mean, double variance) {
          auto m = theory::moments(act, mean, variance);
          double const alone = theory::gaussian_mean(act, mean, variance);
          return relative(alone, m.mean_output) < 1e-13 ? m : theory::gaussian_moments{};
        },
        name == "hard_swish" ? "hard_silu" : name, used);
    bool const closed = satur::detail::piecewise<A>;
    families += used == 36 ? 1 : 0;
    if (worst > (closed ? 1e-12 : 1e-10)) {
      FAIL_CHECK(name << " is off by " << worst);
    }
  };
  test::for_each_activation(check);
  check(erf_scaled{});
  CHECK(families == 25);
}

TEST_CASE("self-test: the comparison with the table detects an error") {
  struct slightly_off : erf_scaled {
    double derivative(double z) const { return erf_scaled::derivative(z) * (1.0 + 1e-9); }
  };
  std::size_t used = 0;
  if (at_hand()) {
    CHECK(worst_in_table([](double mean, double q) { return theory::moments(slightly_off{}, mean, q); }, "erf_scaled",
                         used) > 1e-10);
  }
}

TEST_CASE("Gaussian moments: rows of the table kept in the test") {
  struct {
    theory::gaussian_moments got;
    double f, f2, df, df2;
  } const rows[] = {
      {theory::moments(satur::sigmoid{}, 0, 1), 0.5, 0.2933790358580929627, 0.20662096414190703724,
       0.0448362412901943718},
      {theory::moments(satur::tanh{}, 0, 1), 0, 0.39429449039784117442, 0.60570550960215882558, 0.46440290244826824197},
      {theory::moments(satur::relu{}, 0, 1), 0.3989422804014326779, 0.5, 0.5, 0.5},
      {theory::moments(satur::selu{}, 0, 1), 0, 1, 0, 1.0715749924557992575746},
      {theory::moments(satur::gelu{}, 0, 1), 0.28209479177387814347, 0.42522148257029867492, 0.5,
       0.45585086564928711221},
      {theory::moments(satur::arctan{}, 0, 1), 0, 0.4497009164349021572591511, 0, 0.5},
  };
  for (auto const& row : rows) {
    CHECK(relative(row.got.mean_output, row.f) < 1e-10);
    CHECK(relative(row.got.mean_squared_output, row.f2) < 1e-10);
    if (row.df != 0) {
      CHECK(relative(row.got.mean_derivative, row.df) < 1e-10);
    }
    if (row.df2 < 0.0448 || row.df2 > 0.0449) {
      CHECK(relative(row.got.mean_squared_derivative, row.df2) < 1e-10);
    }
  }
}

namespace {
/// The worst moment of an activation against brute force; its growth against a difference, in units of 1e-5.
struct by_brute_force {
  double moments = 0.0;
  double growth = 0.0;
};
by_brute_force compare(std::function<double(double)> const& f, std::function<double(double)> const& df,
                       std::function<theory::gaussian_moments(double)> const& of, double mean, double variance) {
  std::vector<double> const points{-6, -3, -2.5, -1, -0.5, 0, 0.5, 1, 2.5, 3, 6}; // kinks of all of them
  theory::gaussian_moments const m = of(variance);
  auto const e = [&](std::function<double(double)> const& g) { return brute(g, mean, variance, points); };
  std::pair<double, double> const pairs[] = {
      {m.mean_output, e(f)},
      {m.mean_squared_output, e([&](double z) { return f(z) * f(z); })},
      {m.mean_fourth_output, e([&](double z) { return std::pow(f(z), 4); })},
      {m.variance_output, e([&](double z) { return std::pow(f(z) - m.mean_output, 2); })},
      {m.mean_derivative, e(df)},
      {m.mean_squared_derivative, e([&](double z) { return df(z) * df(z); })},
  };
  by_brute_force worst;
  for (auto const& [got, exact] : pairs) {
    worst.moments = std::max(worst.moments, relative(got, exact));
  }
  double const h = 1e-3 * variance;
  theory::gaussian_moments const more = of(variance + h);
  theory::gaussian_moments const less = of(variance - h);
  worst.growth = relative(m.output_growth, (more.mean_squared_output - less.mean_squared_output) / (2.0 * h));
  worst.moments = std::max(
      worst.moments, 1e-4 * relative(m.derivative_growth, (more.mean_derivative - less.mean_derivative) / (2.0 * h)));
  return worst;
}
} // namespace

TEST_CASE("Gaussian moments: every activation against brute-force integration") {
  test::for_each_activation([]<class A>(A const& act) {
    for (double const mean : {0.0, -0.7}) {
      auto const worst =
          compare([&](double z) { return act.value(z); }, [&](double z) { return act.derivative(z); },
                  [&](double q) { return theory::moments(act, mean, q); }, mean, mean == 0.0 ? 1.0 : 2.5);
      bool const jumps = A::name == "threshold" || A::name == "hard_shrink"; // then it has no growth
      if (worst.moments > 1e-9 || (worst.growth > 1e-5 && !jumps)) {
        FAIL_CHECK(A::name << " at mean " << mean << ": " << worst.moments << ", growth " << worst.growth);
      }
    }
  });
  auto const off = compare([](double z) { return z; }, [](double) { return 1.0 + 1e-8; },
                           [](double q) { return theory::moments(satur::identity{}, 0.0, q); }, 0.0, 1.0);
  CHECK(off.moments > 1e-9); // the comparison can fail
}

TEST_CASE("Gaussian moments: closed forms and identities not used by the code") {
  using std::numbers::pi;
  auto const cdf = [](double t) { return 0.5 * std::erfc(-t / std::sqrt(2.0)); };
  for (double const q : {0.3, 1.0, 9.0, 200.0}) {
    for (double const mu : {-1.5, 0.0, 2.0}) {
      CAPTURE(q);
      CAPTURE(mu);
      // elu: E[e^{kz}; z < 0] = e^{k mu + k^2 q/2} Phi(-(mu + k q)/sigma)
      double const sd = std::sqrt(q);
      auto const part = [&](double k) {
        double const t = (mu + k * q) / sd;
        double const x = k * mu + 0.5 * k * k * q;
        return x < 300.0 ? std::exp(x) * cdf(-t)
                         : std::exp(-0.5 * mu * mu / q) / (t * std::sqrt(2 * pi)) * (1 - 1 / (t * t));
      };
      double const right = mu * cdf(mu / sd) + sd / std::sqrt(2 * pi) * std::exp(-0.5 * mu * mu / q);
      auto const m = theory::moments(satur::elu{}, mu, q);
      if (q < 100.0) {
        CHECK(relative(m.mean_output, right + part(1) - part(0)) < 1e-12);
        CHECK(relative(m.mean_derivative, cdf(mu / sd) + part(1)) < 1e-12);
        CHECK(relative(m.mean_squared_derivative, cdf(mu / sd) + part(2)) < 1e-12);
      }
      auto const s = theory::moments(satur::sigmoid{}, mu, q);
      CHECK(relative(s.mean_derivative, s.mean_output - s.mean_squared_output) < 1e-11);
      auto const t = theory::moments(satur::tanh{}, mu, q);
      CHECK(relative(t.mean_derivative, 1.0 - t.mean_squared_output) < 1e-11);
      CHECK(relative(theory::moments(satur::softplus{}, mu, q).mean_derivative, s.mean_output) < 1e-11);
      // Stein: E[(z - mu) f] = q E f'
      double const covariance = theory::gaussian_mean([&](double z) { return (z - mu) * std::tanh(z); }, mu, q);
      CHECK(relative(covariance, q * t.mean_derivative) < 1e-11);
      // the quadrature against the closed forms
      CHECK(relative(theory::gaussian_mean([](double z) { return std::max(z, 0.0); }, mu, q),
                     theory::moments(satur::relu{}, mu, q).mean_output) < 1e-12);
      std::array<double, 2> const kinks{-1.0, 1.0};
      CHECK(relative(theory::gaussian_mean([](double z) { return std::clamp(z, -1.0, 1.0); }, mu, q, kinks),
                     theory::moments(satur::hard_tanh{}, mu, q).mean_output) < 1e-12);
      auto const e = theory::moments(satur::erf{}, mu, q);
      CHECK(relative(theory::gaussian_mean([](double z) { return std::erf(z); }, mu, q), e.mean_output) < 1e-11);
      CHECK(relative(theory::gaussian_mean([](double z) { return std::exp(-z * z) * 2 / std::sqrt(pi); }, mu, q),
                     e.mean_derivative) < 1e-10);
    }
    double const ratio = 2 * q / (1 + 2 * q);
    CHECK(relative(theory::moments(satur::erf{}, 0, q).mean_squared_output, 2 / pi * std::asin(ratio)) < 1e-14);
  }
  CHECK(relative(theory::gaussian_mean(satur::exponential{}, 0.25, 0.5), std::exp(0.5)) < 1e-14);
  // far tails keep their digits if the pieces have closed forms: P(z < 1) at mean 3, sd 1/10
  CHECK(std::fabs(theory::moments(satur::hard_tanh{}, 3, 0.01).mean_derivative / 2.7536241186062337e-89 - 1.0) < 1e-12);
  // narrow bends, set by parameters
  auto const soft = theory::moments(satur::softplus{20.0}, 0.3, 1.0);
  CHECK(relative(soft.mean_derivative,
                 brute([](double z) { return 1 / (1 + std::exp(-20 * z)); }, 0.3, 1.0, {-0.5, 0.0, 0.5})) < 1e-10);
  auto const bent = theory::moments(satur::celu{0.02}, 0.3, 1.0);
  CHECK(relative(bent.mean_derivative, brute([](double z) { return z > 0 ? 1.0 : std::exp(50 * z); }, 0.3, 1.0,
                                             {-2.0, -0.5, -0.1, 0.0})) < 1e-10);
  // weights so small that a plain formula for the variance of the output would cancel
  CHECK(std::fabs(theory::moments(satur::sigmoid{}, 0, 1e-14).variance_output / (1e-14 / 16) - 1) < 1e-9);
}

namespace {

/// c[0] + c[1] z + ... between two points.
using polynomial = std::array<long double, 9>;
struct piece {
  long double from, to;
  polynomial f;
};

polynomial times(polynomial const& a, polynomial const& b) {
  polynomial c{};
  for (std::size_t i = 0; i < c.size(); ++i) {
    for (std::size_t k = 0; i + k < c.size(); ++k) {
      c[i + k] += a[i] * b[k];
    }
  }
  return c;
}
polynomial slope_of(polynomial const& a) {
  polynomial c{};
  for (std::size_t i = 1; i < c.size(); ++i) {
    c[i - 1] = static_cast<long double>(i) * a[i];
  }
  return c;
}

/// E z^k above `from`, z ~ N(mean, sd^2), k = 0 ... 8, by parts: m_k = mean m_{k-1} + (k-1) sd^2 m_{k-2} + sd^2
/// from^{k-1} n(from) with n the density.
polynomial half_line(long double from, long double mean, long double sd) {
  long double const t = (from - mean) / sd;
  long double const density = std::exp(-t * t / 2) / (sd * std::sqrt(2 * std::numbers::pi_v<long double>));
  polynomial m{};
  m[0] = std::erfc(t / std::numbers::sqrt2_v<long double>) / 2;
  m[1] = mean * m[0] + sd * sd * density;
  for (std::size_t k = 2; k < m.size(); ++k) {
    m[k] = mean * m[k - 1] + static_cast<long double>(k - 1) * sd * sd * m[k - 2] +
           sd * sd * std::pow(from, static_cast<long double>(k - 1)) * density;
  }
  return m;
}
/// The same between two points that are small relative to sd, with the density as a power series about 0.
polynomial interval(long double from, long double to, long double mean, long double sd) {
  long double const q = sd * sd;
  std::array<long double, 40> a{};
  a[0] = std::exp(-mean * mean / (2 * q)) / (sd * std::sqrt(2 * std::numbers::pi_v<long double>));
  a[1] = mean / q * a[0];
  for (std::size_t k = 1; k + 1 < a.size(); ++k) { // n' = (mean - z)/q n
    a[k + 1] = (mean * a[k] - a[k - 1]) / q / static_cast<long double>(k + 1);
  }
  polynomial m{};
  for (std::size_t i = 0; i < m.size(); ++i) {
    for (std::size_t k = 0; k < a.size(); ++k) {
      int const power = static_cast<int>(i + k + 1);
      m[i] += a[k] * (std::pow(to, power) - std::pow(from, power)) / power;
    }
  }
  return m;
}
/// E p(z) over one piece.
long double expected(polynomial const& p, piece const& over, long double mean, long double sd) {
  polynomial m;
  if (std::isinf(over.from)) { // mirrored
    m = half_line(-over.to, -mean, sd);
    for (std::size_t k = 1; k < m.size(); k += 2) {
      m[k] = -m[k];
    }
  } else {
    m = std::isinf(over.to) ? half_line(over.from, mean, sd) : interval(over.from, over.to, mean, sd);
  }
  long double sum = 0;
  for (std::size_t k = 0; k < m.size(); ++k) {
    sum += p[k] * m[k];
  }
  return sum;
}

} // namespace

TEST_CASE("Gaussian moments: lines and parabolas under wide normals against closed forms") {
  constexpr long double inf = std::numeric_limits<long double>::infinity();
  struct subject {
    char const* name;
    std::function<double(double)> f;
    std::function<theory::gaussian_moments(double, double)> moments;
    std::vector<piece> pieces;
  };
  auto const of = [](auto const& act, std::vector<piece> const& pieces) {
    return subject{std::decay_t<decltype(act)>::name.data(), [act](double z) { return act.value(z); },
                   [act](double mean, double q) { return theory::moments(act, mean, q); }, pieces};
  };
  subject const subjects[] = {
      of(satur::hard_tanh{-0.5, 2}, {{-inf, -0.5L, {-0.5L}}, {-0.5L, 2, {0, 1}}, {2, inf, {2}}}),
      of(satur::hard_sigmoid{}, {{-inf, -3, {}}, {-3, 3, {0.5L, 1 / 6.0L}}, {3, inf, {1}}}),
      of(satur::hard_sigmoid_keras2{}, {{-inf, -2.5L, {}}, {-2.5L, 2.5L, {0.5L, 0.2L}}, {2.5L, inf, {1}}}),
      of(satur::sparse_sigmoid{}, {{-inf, -1, {}}, {-1, 1, {0.5L, 0.5L}}, {1, inf, {1}}}),
      of(satur::relu6{}, {{-inf, 0, {}}, {0, 6, {0, 1}}, {6, inf, {6}}}),
      of(satur::soft_shrink{0.75}, {{-inf, -0.75L, {0.75L, 1}}, {-0.75L, 0.75L, {}}, {0.75L, inf, {-0.75L, 1}}}),
      of(satur::hard_shrink{1.25}, {{-inf, -1.25L, {0, 1}}, {-1.25L, 1.25L, {}}, {1.25L, inf, {0, 1}}}),
      of(satur::threshold{0.625, -0.25}, {{-inf, 0.625L, {-0.25L}}, {0.625L, inf, {0, 1}}}),
      of(satur::leaky_relu{0.125}, {{-inf, 0, {0, 0.125L}}, {0, inf, {0, 1}}}),
      of(satur::hard_swish{}, {{-inf, -3, {}}, {-3, 3, {0, 0.5L, 1 / 6.0L}}, {3, inf, {0, 1}}}),
      of(satur::sparse_plus{}, {{-inf, -1, {}}, {-1, 1, {0.25L, 0.5L, 0.25L}}, {1, inf, {0, 1}}}),
  };
  for (subject const& act : subjects) {
    for (piece const& p : act.pieces) { // the pieces are those of the activation
      for (long double const share : {0.25L, 0.75L}) {
        long double const from = std::max(p.from, -7.0L);
        long double const z = from + share * (std::min(p.to, 8.0L) - from);
        CHECK(relative(act.f(static_cast<double>(z)), static_cast<double>(p.f[0] + z * (p.f[1] + z * p.f[2]))) < 1e-15);
      }
    }
    for (double const variance : {16.0, 40.0, 100.0, 1e4, 3e5, 1e6, 2e7, 1e8}) {
      for (double const mean : {0.0, variance < 1e3 ? 2.5 : 37.0, variance < 1e3 ? -10.0 : -150.0}) {
        bool const far = std::fabs(mean) > std::sqrt(variance) && variance < 1e3;
        theory::gaussian_moments const m = act.moments(mean, variance);
        long double const sd = std::sqrt(static_cast<long double>(variance));
        long double e[8] = {}; // f, f^2, f^4, f', f'^2, (z - mean) f f', z f', z^2 f'
        for (piece const& p : act.pieces) {
          polynomial const square = times(p.f, p.f);
          polynomial const slope = slope_of(p.f);
          polynomial const both = times(p.f, slope);
          polynomial const what[] = {
              p.f,
              square,
              times(square, square),
              slope,
              times(slope, slope),
              times({-static_cast<long double>(mean), 1}, both),
              times({-static_cast<long double>(mean), 1}, slope),
              times(times({-static_cast<long double>(mean), 1}, slope), {-static_cast<long double>(mean), 1})};
          for (std::size_t i = 0; i < 8; ++i) {
            e[i] += expected(what[i], p, static_cast<long double>(mean), sd);
          }
        }
        long double const growth = e[5] / (sd * sd);
        long double const slope_growth = (e[7] / (sd * sd) - e[3]) / (2 * sd * sd);
        std::pair<double, long double> const pairs[] = {
            {m.mean_output, e[0]},
            {m.mean_squared_output, e[1]},
            {m.variance_output, e[1] - e[0] * e[0]},
            {m.mean_fourth_output, e[2]},
            {m.mean_derivative, e[3]},
            {m.mean_squared_derivative, e[4]},
            {m.output_growth, growth},
            {m.derivative_growth * variance, slope_growth * sd * sd},
        };
        for (std::size_t i = 0; i < std::size(pairs); ++i) {
          double const worst = relative(pairs[i].first, static_cast<double>(pairs[i].second));
          if (!(worst <= (!far ? 1e-13 : i == 3 ? 1e-9 : 2e-12))) {
            FAIL_CHECK(std::string(act.name)
                       << ", mean " << mean << ", variance " << variance << ", moment " << i << ": " << worst);
          }
        }
      }
    }
  }
}

TEST_CASE("normal distribution: tails") {
  CHECK(std::fabs(theory::probability_above(10, 0, 1) / 7.61985302416052606597e-24 - 1) < 1e-13);
  CHECK(std::fabs(theory::probability_above(30, 0, 1) / 4.90671392714818774e-198 - 1) < 1e-12);
  CHECK(std::fabs(theory::probability_below(-5, 1, 4) / 0.00134989803163009452665 - 1) < 1e-13);
  CHECK(theory::probability_above(2, 2, 0) == 0.0);
  CHECK(theory::probability_below(2, 2, 0) == 0.0);
  CHECK(theory::probability_above(1, 2, 0) == 1.0);
  CHECK(theory::probability_below(HUGE_VAL, 2, 3) == 1.0);
  CHECK(theory::probability_above(HUGE_VAL, 2, 3) == 0.0);
  for (auto const& row : test::shared_table("gaussian_moments.csv")) {
    double const mu = std::strtod(row[2].c_str(), nullptr);
    double const q = std::strtod(row[3].c_str(), nullptr);
    double const exact = std::strtod(row[8].c_str(), nullptr);
    if (row[0] == "relu" && exact > 1e-290) {
      double const got = theory::probability_above(5, mu, q) + theory::probability_below(-5, mu, q);
      CHECK(std::fabs(got / exact - 1) < 1e-12);
    }
  }
}

namespace {
static_assert(theory::gain(satur::relu{}) == std::numbers::sqrt2);
static_assert(theory::conventional_gain(satur::tanh{}) == 5.0 / 3.0);
static_assert(theory::moments(satur::leaky_relu{0.5}, 0.0, 4.0).mean_squared_output == 2.5);
static_assert(theory::probability_above(0.0, 0.0, 1.0) == 0.5);
} // namespace

TEST_CASE("gain: a constant expression equals a call") {
  constexpr auto at = theory::moments(satur::hard_tanh{}, 0.5, 3.0);
  auto const now = theory::moments(satur::hard_tanh{}, 0.5, 3.0);
  CHECK(relative(at.mean_output, now.mean_output) < 1e-14);
  CHECK(relative(at.mean_squared_output, now.mean_squared_output) < 1e-14);
  CHECK(relative(at.mean_derivative, now.mean_derivative) < 1e-14);
  constexpr std::array exponents = {satur::detail::exp_anywhere(1.0), satur::detail::exp_anywhere(-0.3),
                                    satur::detail::exp_anywhere(-40.5), satur::detail::exp_anywhere(300.0)};
  CHECK(std::fabs(exponents[0] / std::exp(1.0) - 1) < 1e-15);
  CHECK(std::fabs(exponents[1] / std::exp(-0.3) - 1) < 1e-15);
  CHECK(std::fabs(exponents[2] / std::exp(-40.5) - 1) < 1e-13);
  CHECK(std::fabs(exponents[3] / std::exp(300.0) - 1) < 1e-12);
  constexpr std::array roots = {satur::detail::sqrt_anywhere(2.0), satur::detail::sqrt_anywhere(1e-5),
                                satur::detail::sqrt_anywhere(3e10)};
  CHECK(std::fabs(roots[0] / std::sqrt(2.0) - 1) < 3e-16);
  CHECK(std::fabs(roots[1] / std::sqrt(1e-5) - 1) < 3e-16);
  CHECK(std::fabs(roots[2] / std::sqrt(3e10) - 1) < 3e-16);
  constexpr std::array tails = {satur::detail::erfc_anywhere(0.5), satur::detail::erfc_anywhere(-2.0),
                                satur::detail::erfc_anywhere(1.0), satur::detail::erfc_anywhere(6.0)};
  CHECK(std::fabs(tails[0] / std::erfc(0.5) - 1) < 1e-14);
  CHECK(std::fabs(tails[1] / std::erfc(-2.0) - 1) < 1e-14);
  CHECK(std::fabs(tails[2] / std::erfc(1.0) - 1) < 1e-13);
  CHECK(std::fabs(tails[3] / std::erfc(6.0) - 1) < 1e-13);
}

TEST_CASE("Gaussian moments: user's activations, float only, inherited, composed") {
  struct half : satur::relu { // must not use relu's closed forms
    double value(double z) const { return 0.5 * satur::relu::value(z); }
    double derivative(double z) const { return 0.5 * satur::relu::derivative(z); }
  };
  CHECK(relative(theory::moments(half{}, 0, 1).mean_squared_output, 0.125) < 1e-12);
  struct single {
    float value(float z) const { return z * z; }
    float derivative(float z) const { return 2 * z; }
  };
  CHECK(relative(theory::moments(single{}, 0, 2).mean_output, 2.0) < 1e-6);
  satur::composed const twice{satur::tanh{}, satur::tanh{}};
  CHECK(relative(theory::gaussian_mean(twice, 1, 2),
                 brute([](double z) { return std::tanh(std::tanh(z)); }, 1, 2, {0.0})) < 1e-9);
}

TEST_CASE("Gaussian moments: variance 0") {
  auto const m = theory::moments(satur::sigmoid{}, 1.0, 0.0);
  double const y = satur::sigmoid{}.value(1.0);
  CHECK(m.mean_output == y);
  CHECK(m.variance_output == 0.0);
  CHECK(m.mean_squared_output == y * y);
  CHECK(m.mean_derivative == satur::sigmoid{}.derivative(1.0));
  CHECK(std::isnan(m.output_growth));
  CHECK(theory::gaussian_mean(satur::tanh{}, 0.5, 0.0) == satur::tanh{}.value(0.5));
}

TEST_CASE("Gaussian moments: invalid mean and variance throw with a message") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  for (double const variance : {-1.0, nan, HUGE_VAL}) {
    CHECK_THROWS_AS((void)theory::moments(satur::tanh{}, 0.0, variance), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::gaussian_mean(satur::tanh{}, 0.0, variance), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::probability_above(5.0, 0.0, variance), std::invalid_argument);
  }
  for (double const mean : {nan, HUGE_VAL, -HUGE_VAL}) {
    CHECK_THROWS_AS((void)theory::moments(satur::relu{}, mean, 1.0), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::gaussian_mean([](double z) { return z; }, mean, 1.0), std::invalid_argument);
    CHECK_THROWS_AS((void)theory::probability_below(5.0, mean, 1.0), std::invalid_argument);
  }
  CHECK_THROWS_AS((void)theory::probability_below(nan, 0.0, 1.0), std::invalid_argument);
  auto const said = [](auto const& f) {
    try {
      f();
    } catch (std::invalid_argument const& e) {
      return std::string(e.what());
    }
    return std::string("nothing thrown");
  };
  std::string const mean = ": mean is nan; allowed: a finite number";
  std::string const variance = ": variance is -2; allowed: a finite number >= 0 (the square of a standard deviation)";
  auto const both = [&](std::string const& function, auto const& f) { // f(mean, variance)
    CHECK(said([&] { f(nan, 3.0); }) == "satur::theory::" + function + mean);
    CHECK(said([&] { f(0.0, -2.0); }) == "satur::theory::" + function + variance);
  };
  both("moments", [](double m, double q) { (void)theory::moments(satur::relu{}, m, q); });
  both("gaussian_mean", [](double m, double q) { (void)theory::gaussian_mean(satur::tanh{}, m, q); });
  both("gaussian_mean", [](double m, double q) { (void)theory::gaussian_mean(satur::relu{}, m, q); });
  both("gaussian_mean", [](double m, double q) { (void)theory::gaussian_mean(satur::exponential{}, m, q); });
  both("gaussian_mean", [](double m, double q) { (void)theory::gaussian_mean([](double z) { return z; }, m, q); });
  both("probability_above", [](double m, double q) { (void)theory::probability_above(1.0, m, q); });
  both("probability_below", [](double m, double q) { (void)theory::probability_below(1.0, m, q); });
  CHECK(said([&] { (void)theory::probability_above(nan, 0.0, 1.0); }) ==
        "satur::theory::probability_above: t is nan; allowed: a number, infinite ones too");
  CHECK(said([&] { (void)theory::probability_below(nan, 0.0, 1.0); }) ==
        "satur::theory::probability_below: t is nan; allowed: a number, infinite ones too");
  CHECK_THROWS_WITH((void)theory::moments(satur::tanh{}, 0.0, -2.0),
                    "satur::theory::moments: variance is -2; allowed: a finite number >= 0 (the square of a standard "
                    "deviation)");
}
