/// \file testing/kernel/check_kernel.hpp  Checks a kernel: any function over buffers that computes an activation or its
/// slope.
///
///     auto const r = satur::testing::check_kernel<float>(satur::gelu{}, my_gelu);     // my_gelu(span z, span y)
///     CHECK_MESSAGE(r.passed(), r.text());
#pragma once

#include "satur/testing/kernel/sweep/conclude.hpp"
#include "satur/testing/kernel/sweep/domain.hpp"
#include "satur/testing/kernel/sweep/sweep.hpp"
#include "satur/testing/kernel/sweep/tried_calls.hpp"

#include <concepts>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

namespace detail {

template <class T> std::string type_text(kernel_options const& o) {
  if constexpr (is_code<T>) {
    std::string text(o.format.name);
    return o.output_format ? text + " to " + std::string(o.output_format->name) : text;
  } else {
    return std::same_as<T, float> ? "float" : "double";
  }
}

template <bool Slope, class T>
kernel_report checked_kernel(char const* function, exact_activation<T> const& act, kernel_call<T> const& call,
                             kernel_options const& o) {
  require_valid_options<T>(function, o, Slope);
  kernel_report r;
  r.name = act.name + ", " + (Slope ? "slope" : "value") + (o.from_output ? " from the output" : "") + ", " +
           type_text<T>(o);
  numbers<T> const of(o.format, o.scale);
  std::vector<double> points = act.kinks;
  if (act.minimum_at) {
    points.push_back(*act.minimum_at);
  }
  kernel_inputs<T> const inputs = inputs_of<T>(o, of, points);
  require_inputs(function, o, inputs.ordinary);
  std::vector<T> given = telling_inputs(o, of, inputs);
  if (act.known()) {
    kernel_case<T> const c(act, o, Slope);
    kernel_inputs<T> const tried = is_code<T> && Slope ? twice(inputs) : inputs;
    kernel_tally const found = sweep(c, tried, call);
    conclusion<T>(c, inputs, found).into(r);
    if (o.from_output) {
      for (T& x : given) {
        x = of.nearest(act.value(static_cast<exact_type<T>>(of.number(x))));
      }
    }
  } else {
    r.skipped.push_back("every result: " + act.name +
                        " computes in double, which is no truth for a kernel of double; give it as "
                        "testing::truth(name, value, slope) with callables of long double");
  }
  check_calls_of<Slope, T>(r, call, o, given, of);
  return r;
}

} // namespace detail

/// Checks a kernel of the value: kernel(std::span<T const> z, std::span<T> y) writes y = act(z). See `kernel_options`.
///
/// T is float, double, or the storage of codes of options.format: std::uint16_t or std::uint8_t. The act is an
/// activation of the library, one of yours that computes in double (a truth for float and codes only), or a `truth`;
/// its parameters are taken in double, so give those that the kernel holds: silu{double(0.1f)}. The kernel may copy its
/// buffers to a device; it is called with at most options.longest_call elements, by several threads at once only if all
/// floats are tried. What it throws passes through.
///
/// Compared with the exact result, computed with more digits: the error in units in the last place; zeros, signs, NaN
/// and infinity; the order of the values if f is monotone. Accepted: each side's result at a kink, -0 for 0, any NaN
/// for NaN, and of formats the largest number, infinity or NaN for what is beyond the largest number.
///
/// Throws std::invalid_argument if an option is wrong.
template <kernel_number T = float, class A, class Kernel>
  requires activation<A, double> && std::invocable<Kernel&, std::span<T const>, std::span<T>>
[[nodiscard]] kernel_report check_kernel(A const& act, Kernel&& kernel, kernel_options const& o = {}) {
  detail::kernel_call<T> const call = [&kernel](std::span<T const> z, std::span<T const>, std::span<T> y) {
    kernel(z, y);
  };
  return detail::checked_kernel<false, T>("testing::check_kernel", detail::exact_activation<T>(act), call, o);
}

/// Checks a kernel of the slope: kernel(std::span<T const> z, std::span<T const> dy, std::span<T> dz) writes dz =
/// act'(z) dy. With options.from_output it gets y = act(z), rounded to T, in place of z, and the report says from which
/// z on no function of y can be right. As `check_kernel` else.
///
/// Beside a zero of the slope (within a third of its |z|: the minimum of gelu, silu, mish) the error counts in ulp of
/// the largest slope if that is smaller. dy is 1 at most inputs, else a power of two of either sign, 0, or a number
/// with more digits, chosen by the input such that the exact product is a normal number.
template <kernel_number T = float, class A, class Kernel>
  requires activation<A, double> && std::invocable<Kernel&, std::span<T const>, std::span<T const>, std::span<T>>
[[nodiscard]] kernel_report check_backward_kernel(A const& act, Kernel&& kernel, kernel_options const& o = {}) {
  detail::kernel_call<T> const call = [&kernel](std::span<T const> z, std::span<T const> dy, std::span<T> dz) {
    kernel(z, dy, dz);
  };
  return detail::checked_kernel<true, T>("testing::check_backward_kernel", detail::exact_activation<T>(act), call, o);
}

} // namespace satur::inline SATUR_ABI::testing
