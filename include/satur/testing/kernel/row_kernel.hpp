/// \file testing/kernel/row_kernel.hpp  Checks a kernel of rows: any function over buffers that computes softmax,
/// log_softmax or logsumexp, or a gradient of the first two.
///
///     auto const r = satur::testing::check_row_kernel<float>(satur::softmax{}, my_softmax);
///     CHECK_MESSAGE(r.passed(), r.text());                      // my_softmax(span z, span y, columns)
#pragma once

#include "satur/rowwise/log_softmax.hpp"
#include "satur/rowwise/logsumexp.hpp"
#include "satur/rowwise/softmax.hpp"
#include "satur/testing/kernel/check_kernel.hpp"
#include "satur/testing/kernel/row/check.hpp"

namespace satur::inline SATUR_ABI::testing {

namespace detail {

template <class A>
concept checked_rows = std::same_as<A, satur::softmax> || std::same_as<A, satur::log_softmax>;

template <class T, class A, bool OfSlope>
kernel_report checked_row_kernel(char const* function, row_kernel<T> kernel, kernel_options o) {
  o.from_output = OfSlope && !o.from_input;
  require_valid_options<T>(function, o, OfSlope);
  kernel_report r;
  r.name = std::string(A::name) + ", " + (OfSlope ? "gradient" : "value") + (o.from_output ? " from the output" : "") +
           ", " + type_text<T>(o);
  row_function const f = std::same_as<A, satur::softmax>       ? row_function::softmax
                         : std::same_as<A, satur::log_softmax> ? row_function::log_softmax
                                                               : row_function::logsumexp;
  row_check<T>(r, std::move(kernel), &check_row_calls < T, OfSlope ? 2 : 1 >, o, f, OfSlope).run();
  return r;
}

} // namespace detail

/// Checks a kernel of softmax, log_softmax or logsumexp: kernel(std::span<T const> z, std::span<T> y, std::size_t
/// columns) writes y of each row of z; z holds rows of `columns` elements, y as many (of logsumexp one for each row).
///
/// T is float, double, or the storage of codes of options.format. Rows of 1 to 1000 columns: equal logits, one far
/// above, all far below 0 or large (up to 1e30), random ones of any spread, masked classes (-inf), subnormal results;
/// rows with NaN or +inf, or only -inf, have no result: NaN is right (and options.masked_row for the last).
///
/// The error is |got - exact| in units in the last place of the exact result (of logsumexp: or of the largest logit, if
/// that is larger). Allowed are options.ulp, and for float and double what arithmetic in T costs: sqrt(columns) for the
/// sum; for softmax and logsumexp m - z, because z - m is rounded before e^(z - m). Codes get nothing on top: their
/// kernels compute in float. Failures, and segments by log2 p (of logsumexp by the largest logit): `kernel_report`.
/// Then the calls are checked: see `check_kernel`.
///
/// What the kernel throws passes through. Throws std::invalid_argument if an option is wrong.
template <kernel_number T = float, class A, class Kernel>
  requires(detail::checked_rows<A> || std::same_as<A, satur::logsumexp>) &&
          std::invocable<Kernel&, std::span<T const>, std::span<T>, std::size_t>
[[nodiscard]] kernel_report check_row_kernel(A const&, Kernel&& kernel, kernel_options const& options = {}) {
  auto const call = [&kernel](std::span<T const> z, std::span<T const>, std::span<T> y, std::size_t columns) {
    kernel(z, y, columns);
  };
  return detail::checked_row_kernel<T, A, false>("testing::check_row_kernel", call, options);
}

/// Checks a kernel of the gradient of softmax or log_softmax: kernel(std::span<T const> y, std::span<T const> dy,
/// std::span<T> dz, std::size_t columns) writes dz = dL/dz of each row from y, the result rounded to T, and dy = dL/dy.
/// With options.from_input the kernel gets z instead of y.
///
/// dy is random, or 1 or -1 at one class and 0 elsewhere. The exact gradient is that of the y that the kernel got. The
/// error counts in units in the last place of the terms that the gradient is a sum of: of softmax p_j sum of p_k
/// |dy_j - dy_k|, of log_softmax (1 - p_j) |dy_j| + p_j times the sum of the other |dy|. So a sum that cancels by
/// chance fails nothing, but a gradient of 0 or of noise at a class whose p rounds to 1 does.
template <kernel_number T = float, detail::checked_rows A, class Kernel>
  requires std::invocable<Kernel&, std::span<T const>, std::span<T const>, std::span<T>, std::size_t>
[[nodiscard]] kernel_report check_row_backward_kernel(A const&, Kernel&& kernel, kernel_options const& options = {}) {
  auto const call = [&kernel](std::span<T const> known, std::span<T const> dy, std::span<T> dz, std::size_t columns) {
    kernel(known, dy, dz, columns);
  };
  return detail::checked_row_kernel<T, A, true>("testing::check_row_backward_kernel", call, options);
}

} // namespace satur::inline SATUR_ABI::testing
