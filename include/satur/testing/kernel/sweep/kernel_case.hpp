/// \file testing/kernel/sweep/kernel_case.hpp  What a kernel is checked for, and against what.
#pragma once

#include "satur/testing/kernel/options.hpp"
#include "satur/testing/kernel/sweep/numbers.hpp"
#include "satur/testing/kernel/sweep/probe.hpp"
#include "satur/testing/kernel/sweep/tally.hpp"

#include <concepts>
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
  /// If not, as of long double on some platforms, the error of the truth, up to 4 ulp, is allowed too.
  static constexpr bool has_more_digits =
      is_code<T> || std::same_as<T, float> ||
      std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits;

  exact_activation<T> const& act;
  kernel_options const& options;
  bool of_slope = false;
  probed known;
  numbers<T> in; ///< z, y and dy
  numbers<T> to; ///< results
  double allowed = 2.0;

  kernel_case(exact_activation<T> const& a, kernel_options const& o, bool slope)
      : act(a), options(o), of_slope(slope), known(probe(a)), in(o.format, o.scale),
        to(o.output_format.value_or(o.format), o.output_format ? o.output_scale : o.scale),
        allowed(o.ulp + (has_more_digits ? 0.0 : 4.0)) {}

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

} // namespace satur::inline SATUR_ABI::testing::detail
