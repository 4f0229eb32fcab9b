/// \file testing/kernel/sweep/judge.hpp  Compares one result of a kernel with the exact one, and says what is wrong.
#pragma once

#include "satur/testing/kernel/options.hpp"
#include "satur/testing/kernel/sweep/numbers.hpp"
#include "satur/testing/kernel/sweep/probe.hpp"
#include "satur/testing/kernel/sweep/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace satur::inline SATUR_ABI::testing::detail {

/// One input of a kernel, its exact result, and what the kernel gave.
template <class T> struct kernel_result {
  T z{};
  T y{};
  T dy{};
  T got{};
  exact_type<T> exact{};
};

/// What a kernel is checked for, and against what.
template <class T> struct kernel_case {
  using exact = exact_type<T>;

  exact_activation<T> const& act;
  kernel_options const& options;
  bool of_slope = false;
  probed known;
  numbers<T> in; ///< z, y and dy
  numbers<T> to; ///< results
  double allowed = 2.0;

  kernel_case(exact_activation<T> const& a, kernel_options const& o, bool slope)
      : act(a), options(o), of_slope(slope), known(probe(a)), in(o.format, o.scale),
        to(o.output_format.value_or(o.format), o.output_format ? o.output_scale : o.scale), allowed(o.ulp) {}

  [[nodiscard]] kernel_place place(kernel_result<T> const& r, double error) const {
    kernel_place p;
    p.sample.z = in.number(r.z);
    p.sample.y = options.from_output ? in.number(r.y) : 0.0;
    p.sample.dy = of_slope ? in.number(r.dy) : 1.0;
    p.sample.got = to.number(r.got);
    p.sample.exact = static_cast<long double>(r.exact);
    p.sample.ulp = error;
    p.z_bits = bits_of(r.z);
    p.y_bits = bits_of(r.y);
    p.dy_bits = bits_of(r.dy);
    p.got_bits = bits_of(r.got);
    return p;
  }
  [[nodiscard]] exact exact_at(exact z, double dy) const {
    return of_slope ? act.slope(z) * static_cast<exact>(dy) : act.value(z);
  }
};

/// Judges the results of a case, into a tally.
template <class T> class kernel_judge {
public:
  using exact = exact_type<T>;

  explicit kernel_judge(kernel_case<T> const& c) : case_(c) {}

  /// Any result. `segment` is that of z; null if z is NaN. Returns whether it is a number, and right.
  bool look(kernel_tally& t, segment_tally* segment, kernel_result<T> const& r) const {
    double const z = case_.in.number(r.z);
    double const got = case_.to.number(r.got);
    if (nan(r.exact)) {
      if (!is_nan(z)) {
        ++t.unknown;
      } else {
        ++t.specials;
        if (case_.to.has_nan() && !is_nan(got)) {
          fail(t, segment, fault::nan_lost, r, infinite, infinite);
        }
      }
    } else if (!finite(r.exact) || case_.to.overflows(r.exact)) {
      ++t.specials;
      if (!may_stand_for_too_large(r, got)) {
        fail(t, segment, fault::not_infinite, r, infinite, infinite);
      }
    } else if (segment != nullptr) {
      ++segment->count;
      return number_expected(t, *segment, r, z, got);
    }
    return false;
  }
  /// |got - exact| in units, for a sample.
  [[nodiscard]] double plain_error(kernel_result<T> const& r) const {
    return error_of(r, case_.to.number(r.got), r.exact);
  }

private:
  static constexpr double infinite = std::numeric_limits<double>::infinity();

  static bool nan(double x) { return is_nan(x); }
  static bool nan(long double x) { return satur::detail::is_nan(x); }
  static bool finite(double x) { return is_finite(x); }
  static bool finite(long double x) { return satur::detail::is_finite_number(x); }
  static double magnitude(exact x) { return static_cast<double>(std::fabs(x)); }

  /// Infinity; of a format also its largest number and NaN, because overflow is the conversion's affair.
  [[nodiscard]] bool may_stand_for_too_large(kernel_result<T> const& r, double got) const {
    bool const negative = r.exact < exact(0);
    if (is_nan(got)) {
      return numbers<T>::saturates();
    }
    if (!is_finite(got)) {
      return (got < 0.0) == negative;
    }
    exact const largest = case_.to.largest(negative);
    exact const from = numbers<T>::saturates() || !finite(r.exact) ? largest : r.exact;
    if (!numbers<T>::saturates() && !finite(r.exact)) {
      return false;
    }
    return std::fabs(static_cast<exact>(got) - from) <= static_cast<exact>(case_.allowed) * case_.to.unit(largest);
  }

  /// |got - exact| in units of the exact result. An infinity counts as the number after the largest one.
  [[nodiscard]] double error_of(kernel_result<T> const& r, double got, exact expected) const {
    exact const unit = case_.to.unit(expected);
    exact at = static_cast<exact>(got);
    if (!is_finite(got)) {
      exact const largest = case_.to.largest(got < 0.0);
      at = largest + (got < 0.0 ? -case_.to.unit(largest) : case_.to.unit(largest));
    }
    exact const off = std::fabs(at - expected);
    if (case_.of_slope) {
      double const dy = std::fabs(case_.in.number(r.dy));
      int exponent = 0;
      if (dy != 0.0 && std::frexp(dy, &exponent) != 0.5) {
        // The product is rounded too, and its unit may be smaller than that of the slope times dy.
        exact const of_slope = case_.to.unit(expected / static_cast<exact>(dy)) * static_cast<exact>(dy);
        exact const rounding = unit / exact(2);
        return static_cast<double>((off > rounding ? off - rounding : exact(0)) / (std::max)(unit, of_slope));
      }
    }
    return static_cast<double>(off / unit);
  }

  /// The exact results that are as good: those on both sides of a kink, that at 0 for a subnormal z if they are
  /// flushed.
  void prefer(kernel_result<T>& r, double& error, double z, double got) const {
    double const dy = case_.of_slope ? case_.in.number(r.dy) : 1.0;
    auto const as_good = [&](double at) {
      exact const other = case_.exact_at(static_cast<exact>(at), dy);
      if (finite(other) && !case_.to.overflows(other)) {
        if (double const e = error_of(r, got, other); e < error) {
          error = e;
          r.exact = other;
        }
      }
    };
    // the kernel may hold the kink as a number of its own type
    constexpr double rounding = std::same_as<T, double> ? 0x1p-52 : 0x1p-23;
    for (double const kink : case_.act.kinks) {
      if (std::fabs(z - kink) <= rounding * std::fabs(kink)) {
        as_good(std::nextafter(kink, -infinite));
        as_good(kink);
        as_good(std::nextafter(kink, infinite));
      }
    }
    if (case_.options.flushes_subnormals && std::fabs(z) < case_.in.smallest_normal()) {
      as_good(0.0);
    }
    if (case_.of_slope && error > case_.allowed && case_.known.is_beside_zero(z)) {
      exact const peak = static_cast<exact>(case_.known.peak);
      exact const size = static_cast<exact>(std::fabs(dy));
      exact const unit = (std::max)(case_.to.unit(peak) * size, case_.to.unit(peak * size));
      error = (std::min)(error, static_cast<double>(std::fabs(static_cast<exact>(got) - r.exact) / unit));
    }
  }

  bool number_expected(kernel_tally& t, segment_tally& segment, kernel_result<T> r, double z, double got) const {
    bool special = is_nan(got);
    double error = special ? infinite : error_of(r, got, r.exact);
    if (!special && error > case_.allowed) {
      prefer(r, error, z, got);
    }
    special = special || (!is_finite(got) && error > case_.allowed);
    if (special) {
      segment.add(infinite, z, bits_of(r.z));
      fail(t, &segment, is_finite(z) ? fault::not_finite : fault::no_limit, r, infinite, infinite);
      return false;
    }
    double const size = magnitude(r.exact);
    bool const excused = case_.of_slope && error <= case_.allowed && case_.known.is_beside_zero(z);
    if (got == 0.0 && !excused && !case_.to.rounds_to_zero(r.exact)) {
      bool const flush = size < case_.to.smallest_normal();
      ++t.zeros;
      t.tiny += flush;
      // A zero for less than the smallest number is an error below 1.
      if (flush && (case_.options.flushes_subnormals || size >= case_.to.smallest())) {
        ++segment.flushed;
        if (!case_.options.flushes_subnormals) {
          fail(t, &segment, fault::flushed, r, error, of_one(size, r));
        }
        return false;
      }
      if (size >= case_.to.smallest()) {
        count_error(segment, r, error);
        fail(t, &segment, fault::false_zero, r, error, of_one(size, r));
        return false;
      }
    }
    count_error(segment, r, error);
    if (!excused && ((got < 0.0 && r.exact > exact(0)) || (got > 0.0 && r.exact < exact(0)))) {
      fail(t, &segment, fault::sign, r, error, of_one(size, r));
    } else if (error > case_.allowed) {
      fail(t, &segment, fault::error, r, error, error);
    } else {
      return true;
    }
    return false;
  }

  /// The size of the result with dy = 1.
  [[nodiscard]] double of_one(double size, kernel_result<T> const& r) const {
    double const dy = case_.of_slope ? std::fabs(case_.in.number(r.dy)) : 1.0;
    return dy > 0.0 ? size / dy : size;
  }

  void count_error(segment_tally& segment, kernel_result<T> const& r, double error) const {
    ++segment.with_error;
    segment.sum += error;
    segment.half += error <= 0.5;
    segment.add(error, case_.in.number(r.z), bits_of(r.z));
  }

  void fail(kernel_tally& t, segment_tally* segment, fault f, kernel_result<T> const& r, double error,
            double score) const {
    kernel_place p = case_.place(r, error);
    p.what = f;
    t.of(f).add(p, score);
    if (!t.first_bad) {
      t.first_bad = p.sample.z;
    }
    if (segment != nullptr) {
      ++segment->beyond;
      segment->found_wrong(p);
    }
  }

  kernel_case<T> const& case_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
