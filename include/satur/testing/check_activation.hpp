/// \file testing/check_activation.hpp  Checks value and slope of an activation.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/testing/check_passes.hpp"
#include "satur/testing/dual.hpp"
#include "satur/testing/finder.hpp"
#include "satur/testing/points.hpp"
#include "satur/testing/ulp.hpp"

#include <array>
#include <cfenv>
#include <functional>
#include <type_traits>

namespace satur::testing {

/// The symmetry of f. odd: f(-z) = -f(z). even: f(-z) = f(z). about_point: f(-z) = 2 center - f(z).
enum class symmetry { none, odd, even, about_point };

/// What `check_activation` may assume of an activation, and how strict it is.
struct check_options {
  double ulp = 4.0;       ///< allowed distance from the same formula in a wider type, dual numbers and a reference
  double low = -30.0;     ///< range of usual z: of the grid, and of slopes compared with finite differences
  double high = 30.0;     ///< its upper end
  int grid = 3841;        ///< points in [low, high]
  std::uint64_t seed = 1; ///< of the random points
  bool monotone = false;  ///< the value never falls
  symmetry about = symmetry::none; ///< the symmetry to check
  double center = 0.0;             ///< f(0) for about_point, such as 1/2 for the sigmoid
  bool may_overflow = false;       ///< f or f' may exceed the largest number at a finite z, as e^z does
  bool passes = true;              ///< check array passes too: every position, length and instruction set
};
using options [[deprecated("use check_options")]] = check_options;

namespace detail {

template <class A, class T>
concept takes = requires(A const& act, T const& z) {
  { act.value(z) } -> std::convertible_to<T>;
  { act.derivative(z) } -> std::convertible_to<T>;
};
/// The result has the digits of T: a formula in double also takes a long double, but loses its digits.
template <class A, class T>
concept computes_in = requires(A const& act, T const& z) {
  { act.value(z) } -> std::same_as<T>;
  { act.derivative(z) } -> std::same_as<T>;
};

/// The type with more digits than T, to show what T loses; void if there is none.
template <class T> struct wider_type {
  using type = void;
};
template <> struct wider_type<float> {
  using type = double;
};
template <> struct wider_type<double> {
  using type = std::conditional_t<(std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits),
                                  long double, void>;
};

template <class A> [[nodiscard]] double from_kink(A const& act, double z) {
  double nearest = HUGE_VAL;
  if constexpr (has_kinks<A>) {
    for (double const k : act.kinks()) {
      nearest = (std::min)(nearest, std::fabs(z - k));
    }
  }
  static_cast<void>(act), static_cast<void>(z);
  return nearest;
}

/// The checks of one activation for one type of number.
template <class T, class A> class examination {
public:
  examination(A const& act, check_options const& o)
      : act_(act), o_(o), found_(std::string(name_of(act)) + " in " + std::string(name_of_type<T>())) {
    points_ = telling_points<T>();
    for (int i = 0; i < o.grid; ++i) {
      points_.push_back(static_cast<T>(o.low + (o.high - o.low) * i / (std::max)(1, o.grid - 1)));
    }
    for (T const z : random_points<T>(2000, o.seed, o.low, o.high)) {
      if (std::isfinite(z)) {
        points_.push_back(z);
      }
    }
    if constexpr (has_kinks<A>) {
      for (double const k : act.kinks()) {
        for (double const beside : {k - 1e-4, k + 1e-4}) {
          points_.push_back(static_cast<T>(beside));
        }
        for (T const beside : at_kink(k)) {
          points_.push_back(beside);
        }
      }
    }
    std::sort(points_.begin(), points_.end());
    points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
    for (T const z : points_) {
      if (double const s = std::fabs(static_cast<double>(slope(z))); std::isfinite(s)) {
        steepest_ = (std::max)(steepest_, s);
      }
    }
  }

  void specials() {
    T const nan = std::numeric_limits<T>::quiet_NaN();
    char const* const lost =
        "(std::max)(z, 0), a clamp, or z > 0 ? z : 0 drops NaN: choose so that z comes back where z != z";
    found_.require(std::isnan(value(nan)), "NaN goes through the value", nan, value(nan), nan, 0.0, "", lost);
    found_.require(std::isnan(slope(nan)), "NaN goes through the slope", nan, slope(nan), nan, 0.0, "", lost);
    T const infinity = std::numeric_limits<T>::infinity();
    for (T const z : {-infinity, infinity}) {
      char const* const why = "inf/inf, inf - inf or 0*inf: take e^-|z|, and choose the limit where z is infinite";
      found_.require(!std::isnan(value(z)), "a limit at infinity, of the value", z, value(z), "a limit", why);
      found_.require(!std::isnan(slope(z)) && (std::isfinite(slope(z)) || o_.may_overflow),
                     "a limit at infinity, of the slope", z, slope(z), "a finite limit", why);
    }
    // One number at a time: the flags must be those of this number.
    for (T const z : points_) {
      std::feclearexcept(FE_ALL_EXCEPT);
      T const y = value(z);
      T const d = slope(z);
      bool const overflow = std::fetestexcept(FE_OVERFLOW) != 0;
      bool const invalid = std::fetestexcept(FE_INVALID) != 0;
      bool const excused = o_.may_overflow && (std::isinf(y) || std::isinf(d));
      char const* const why = "an intermediate is too large, such as e^z, z^2 or 1 + e^z: take e^-|z|, or divide first";
      found_.require(std::isfinite(y) || excused, "a finite z has a finite value", z, y, "a number", why);
      found_.require(std::isfinite(d) || excused, "a finite z has a finite slope", z, d, "a number", why);
      if (std::isfinite(y) && std::isfinite(d)) {
        found_.require(!invalid && !overflow, "a finite z raises no FE_OVERFLOW or FE_INVALID", z, y, "no flag",
                       "a branch that is not chosen is computed all the same: choose its argument first");
      }
    }
    std::feclearexcept(FE_ALL_EXCEPT);
    T const left = value(T(-0.0));
    T const right = value(T(0));
    found_.require(left == right, "f(-0) = f(0)", T(0), left, right, 0.0, "", "1/z, or the sign bit decides");
  }

  /// Compares with the value and the slope of the same formula with more digits.
  void digits() {
    using W = typename wider_type<T>::type;
    if constexpr (std::is_void_v<W>) {
      found_.skip("digits lost: there is no wider type than " + std::string(name_of_type<T>()));
    } else if constexpr (!computes_in<A, W>) {
      found_.skip("digits lost: the formula takes no " + std::string(name_of_type<W>()));
    } else {
      for (T const z : points_) {
        auto const y = static_cast<long double>(act_.value(static_cast<W>(z)));
        auto const d = static_cast<long double>(act_.derivative(static_cast<W>(z)));
        compare_value(z, y, "digits of the value");
        compare_slope(z, d, "digits of the slope");
      }
    }
  }

  void differentiated() {
    if constexpr (!takes<A, double>) {
      found_.skip("finite differences: the formula takes no double");
    } else {
      for (T const at : points_) {
        auto const z = static_cast<double>(at);
        if (z < o_.low || z > o_.high || (std::fabs(z) < 0.005 && z != 0.0)) {
          continue;
        }
        by_differences(z);
      }
    }
    if constexpr (std::same_as<T, long double>) {
      found_.skip("dual numbers: they have the digits of double");
    } else if constexpr (!computes_in<A, dual>) {
      found_.skip("dual numbers: the formula takes its own types only; a template <class T> takes them");
    } else {
      for (T const z : points_) {
        if (from_kink(act_, static_cast<double>(z)) < 1e-4 || std::fabs(static_cast<double>(z)) > 300.0) {
          continue;
        }
        dual const by_rules = act_.value(dual::variable(static_cast<double>(z)));
        if (std::fabs(by_rules.d) > 1e-290 && std::isfinite(by_rules.d)) {
          // A dual number loses digits itself if its terms nearly cancel.
          compare_slope(z, static_cast<long double>(by_rules.d), "slope, by dual numbers", 1.0, 0.45);
        }
      }
    }
  }

  void facts() {
    T const infinity = std::numeric_limits<T>::infinity();
    char const* const why = "the fact belongs to another formula, or to other parameters";
    auto const stated = [](double x) { return static_cast<T>(x); };
    auto const agree = [](T limit, T fact) { return static_cast<double>(limit) == static_cast<double>(fact); };
    if constexpr (requires {
                    act_.lower();
                    act_.upper();
                  }) {
      found_.require(agree(value(-infinity), stated(act_.lower())), "lower() is the limit at -inf", -infinity,
                     value(-infinity), stated(act_.lower()), 0.0, "", why);
      found_.require(agree(value(infinity), stated(act_.upper())), "upper() is the limit at inf", infinity,
                     value(infinity), stated(act_.upper()), 0.0, "", why);
    } else {
      found_.skip("limits: lower() and upper() are not stated");
    }
    if constexpr (requires {
                    act_.flat_left;
                    act_.flat_right;
                  }) {
      found_.require((slope(-infinity) == T(0)) == act_.flat_left, "flat_left is so", -infinity, slope(-infinity),
                     act_.flat_left ? "0" : "a slope", why);
      found_.require((slope(infinity) == T(0)) == act_.flat_right, "flat_right is so", infinity, slope(infinity),
                     act_.flat_right ? "0" : "a slope", why);
    } else {
      found_.skip("flat sides: flat_left and flat_right are not stated");
    }
    if constexpr (has_peak_slope<A>) {
      found_.require(std::fabs(steepest_ - act_.peak_slope()) <= 1e-3 * act_.peak_slope(),
                     "peak_slope() is the steepest slope", T(0), static_cast<T>(steepest_),
                     static_cast<T>(act_.peak_slope()), 0.0, "", why);
    } else {
      found_.skip("peak slope: peak_slope() is not stated");
    }
    ordered();
  }

  void symmetric() {
    if (o_.about == symmetry::none) {
      return;
    }
    for (T const z : points_) {
      T const y = value(-z);
      T const expected = o_.about == symmetry::even  ? value(z)
                         : o_.about == symmetry::odd ? T(-value(z))
                                                     : T(T(2) * static_cast<T>(o_.center) - value(z));
      // About a point other than 0, the expected number is a rounded difference.
      double const scale = std::fabs(o_.center) * static_cast<double>(std::numeric_limits<T>::epsilon()) * 4.0;
      double const off = std::fabs(static_cast<double>(y) - static_cast<double>(expected));
      found_.require(y == expected || (o_.about == symmetry::about_point && off <= scale),
                     "the symmetry that is stated", z, y, expected, off, "",
                     "a branch for one sign differs from the other's, or the constant is not the center");
    }
  }

  void passes() {
    if (!o_.passes) {
      return;
    }
    if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
      std::vector<T> z = random_points<T>(700, o_.seed + 1, o_.low, o_.high);
      if constexpr (has_kinks<A>) {
        for (double const k : act_.kinks()) {
          for (T const beside : at_kink(k)) {
            z.push_back(beside);
          }
        }
      }
      check_passes<T>(act_, found_, z);
    } else {
      found_.skip("array passes: they are lanes for float and double only");
    }
  }

  /// Compares with a reference of the caller: value, or value and slope.
  template <class Reference> void against(Reference const& reference) {
    for (T const z : points_) {
      auto const truth = reference(static_cast<long double>(z));
      if constexpr (requires {
                      truth.value;
                      truth.slope;
                    }) {
        compare_value(z, static_cast<long double>(truth.value), "value, by the reference");
        if (from_kink(act_, static_cast<double>(z)) > 0.0) {
          compare_slope(z, static_cast<long double>(truth.slope), "slope, by the reference");
        }
      } else {
        compare_value(z, static_cast<long double>(truth), "value, by the reference");
      }
    }
  }

  [[nodiscard]] report result() && { return std::move(found_).result(); }

private:
  [[nodiscard]] T value(T z) const { return satur::detail::value_at(act_, z); }
  [[nodiscard]] T slope(T z) const { return satur::detail::slope_at(act_, z); }

  /// A kink and the next number on each side.
  [[nodiscard]] static std::array<T, 3> at_kink(double k) {
    T const z = static_cast<T>(k);
    T const infinity = std::numeric_limits<T>::infinity();
    return {std::nextafter(z, -infinity), z, std::nextafter(z, infinity)};
  }

  void compare_value(T z, long double exact, std::string_view property) {
    T const y = value(z);
    double const error = ulp_error(y, exact);
    bool const zero = false_zero(y, exact);
    found_.require(error <= o_.ulp && !zero, zero ? "no zero where the value is a number" : property, z, y, exact,
                   error, "ulp",
                   zero ? "1 + erf(z) and the like are 0 long before the truth is: take erfc, e^z, or a quotient"
                        : "nearly equal numbers are subtracted: e^z - 1 wants expm1, log(1 + x) log1p, 1 + erf erfc");
  }
  /// In ulp of the slope itself. Near a zero of the slope, where that has no bound, in ulp of the steepest slope.
  void compare_slope(T z, long double exact, std::string_view property, double reach = 0.25, double part = 0.2) {
    T const d = slope(z);
    double error = ulp_error(d, exact);
    if (error > o_.ulp && crosses_zero(z, static_cast<T>(reach), static_cast<T>(part) * z)) {
      error = static_cast<double>(std::fabs(static_cast<long double>(d) - exact)) /
              (steepest_ * static_cast<double>(std::numeric_limits<T>::epsilon()));
    }
    bool const zero = false_zero(d, exact) && error > o_.ulp;
    found_.require(
        error <= o_.ulp, zero ? "no zero where the slope is a number" : property, z, d, exact, error, "ulp",
        zero ? "y(1-y) and 1-y^2 are 0 as soon as y rounds to its limit: compute the slope from z"
             : "the slope is computed from the rounded output, or is not that of this value (a lost factor or sign)");
  }
  [[nodiscard]] bool crosses_zero(T z, T reach, T part) const {
    // within an absolute distance or within a share of z: with other parameters a zero may be anywhere
    auto const changes_sign = [this](T left, T right) { return (slope(left) < T(0)) != (slope(right) < T(0)); };
    return (std::fabs(z) < T(100) && changes_sign(z - reach, z + reach)) || changes_sign(z - part, z + part);
  }

  void by_differences(double z) {
    double const h = 1e-5;
    auto const f = [&](double x) { return static_cast<double>(satur::detail::value_at(act_, x)); };
    auto const d = [&](double x) { return static_cast<double>(satur::detail::slope_at(act_, x)); };
    if (from_kink(act_, z) < 1e-4) {
      return;
    }
    double const difference = (f(z + h) - f(z - h)) / (2.0 * h);
    double const got = d(z);
    // The error of a difference: rounding, and the change of curvature, at most half of the bend of the slope.
    double const bend = std::fabs(d(z + h) - 2.0 * got + d(z - h));
    double const allowed = 2e-8 * (std::max)({1.0, std::fabs(got), std::fabs(f(z))}) + 0.5 * bend;
    double const off = std::fabs(got - difference);
    if (!std::isfinite(difference)) {
      return; // reported by another check
    }
    found_.require(
        off <= allowed, "slope, by finite differences", static_cast<T>(z), static_cast<T>(got),
        static_cast<long double>(difference), off, "",
        "a factor of the chain rule is missing, a sign is wrong, or the slope's formula was given y in place of z");
  }

  /// The value is within its limits and, if the activation is stated to be monotone, never falls.
  void ordered() {
    T last = -std::numeric_limits<T>::infinity();
    T before = value(last);
    for (T const z : points_) {
      T const y = value(z);
      bool rises = o_.monotone;
      if constexpr (has_minimum<A>) {
        rises = o_.monotone || static_cast<double>(last) > act_.minimum_at() + std::fabs(act_.minimum_at()) / 64.0;
        found_.require(static_cast<double>(y) >=
                           act_.minimum() -
                               4.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::fabs(act_.minimum()),
                       "minimum() is the least value", z, y, static_cast<T>(act_.minimum()), 0.0, "",
                       "the fact belongs to another formula");
      } else if constexpr (requires { act_.lower(); }) {
        found_.require(
            !(static_cast<double>(y) < static_cast<double>(static_cast<T>((std::min)(act_.lower(), act_.upper())))),
            "the value stays within its limits", z, y, static_cast<T>(act_.lower()), 0.0, "",
            "rounding leads past the limit: clamp, or compute from the other side");
      }
      if constexpr (requires { act_.upper(); }) {
        found_.require(
            !(static_cast<double>(y) > static_cast<double>(static_cast<T>((std::max)(act_.lower(), act_.upper())))),
            "the value stays within its limits", z, y, static_cast<T>(act_.upper()), 0.0, "",
            "rounding leads past the limit: clamp, or compute from the other side");
      }
      if (rises) {
        found_.require(y >= before, "the value never falls", z, y, before, 0.0, "",
                       "two branches do not meet, or rounding differs from one branch to the next");
      }
      before = y;
      last = z;
    }
  }

  A const& act_;
  check_options const& o_;
  finder<T> found_;
  std::vector<T> points_;
  double steepest_ = 0.0;
};

} // namespace detail

/// Checks an activation (a struct with `value` and `derivative`) for numbers of type T: NaN, infinity, zeros, the far
/// tail and floating-point flags; the slope against finite differences and dual numbers; digits lost against the same
/// formula in a wider type; the facts that it states (lower, upper, peak_slope, flat sides, kinks, minimum); symmetry
/// and order as the options state them; array passes.
///
/// `report.skipped` names the checks that the formula does not allow. Takes some milliseconds; throws
/// and prints nothing.
template <class T = double, class A>
  requires std::floating_point<T> && activation<A, T>
[[nodiscard]] report check_activation(A const& act, check_options const& o = {}) {
  detail::examination<T, A> e(act, o);
  e.specials();
  e.digits();
  e.differentiated();
  e.facts();
  e.symmetric();
  e.passes();
  return std::move(e).result();
}

/// The same, and against a reference: `reference(long double z)` returns f(z), or a struct with `value` and `slope`. It
/// should have more correct digits than T.
template <class T = double, class A, class Reference>
  requires std::floating_point<T> && activation<A, T> && std::invocable<Reference const&, long double>
[[nodiscard]] report check_activation(A const& act, Reference const& reference, check_options const& o = {}) {
  detail::examination<T, A> e(act, o);
  e.specials();
  e.digits();
  e.differentiated();
  e.facts();
  e.symmetric();
  e.passes();
  e.against(reference);
  return std::move(e).result();
}

} // namespace satur::testing
