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
/// rows with NaN or +inf, or only -inf, have no result: NaN is right. A row with +inf may have its limit too, and one
/// of only -inf options.masked_row.
///
/// The error is |got - exact| in units in the last place of the exact result (of logsumexp: or of the largest logit, if
/// that is larger). Allowed are options.ulp, and for float and double what plain arithmetic in T costs: columns / 2 for
/// the sum, and |z - m| for e^(z - m), because z - m is rounded (m is the largest logit); a logarithm takes the share
/// of these that reaches it. Codes get nothing on top: their kernels compute in float. Failures, and segments by log2 p
/// (of logsumexp by the largest logit), are in the `kernel_report`. Then the calls are checked: other places, NaN in
/// other rows, in place, writes out of bounds.
///
/// The options inputs, all, threads, progress and monotone mean nothing here. What the kernel throws passes through.
/// Throws std::invalid_argument if an option is wrong.
template <kernel_number T = float, class A, class Kernel>
  requires(detail::checked_rows<A> || std::same_as<A, satur::logsumexp>) &&
          std::invocable<Kernel&, std::span<T const>, std::span<T>, std::size_t>
[[nodiscard]] kernel_report check_row_kernel(A const&, Kernel&& kernel, kernel_options const& o = {}) {
  auto const call = [&kernel](std::span<T const> z, std::span<T const>, std::span<T> y, std::size_t columns) {
    kernel(z, y, columns);
  };
  return detail::checked_row_kernel<T, A, false>("testing::check_row_kernel", call, o);
}

/// Checks a kernel of the gradient of softmax or log_softmax: kernel(std::span<T const> y, std::span<T const> dy,
/// std::span<T> dz, std::size_t columns) writes dz = dL/dz of each row from y, the result rounded to T, and dy = dL/dy.
/// With options.from_input the kernel gets z instead of y.
///
/// dy is random, or 1 or -1 at one class and 0 elsewhere. The exact gradient is that of the y that the kernel got. The
/// error counts in units in the last place of the terms that the gradient is a sum of: of softmax
/// p_j (|dy_j - c| + sum of p |dy - c|), c = dy at the largest p; of log_softmax (1 - p_j) |dy_j| + p_j times the sum
/// of the other |dy|. So a sum that cancels by chance fails nothing, but a gradient of 0 or of noise at a class whose p
/// rounds to 1 does. Allowed are options.ulp + columns / 2, and from z |z - m| more.
template <kernel_number T = float, detail::checked_rows A, class Kernel>
  requires std::invocable<Kernel&, std::span<T const>, std::span<T const>, std::span<T>, std::size_t>
[[nodiscard]] kernel_report check_row_backward_kernel(A const&, Kernel&& kernel, kernel_options const& o = {}) {
  auto const call = [&kernel](std::span<T const> known, std::span<T const> dy, std::span<T> dz, std::size_t columns) {
    kernel(known, dy, dz, columns);
  };
  return detail::checked_row_kernel<T, A, true>("testing::check_row_backward_kernel", call, o);
}

} // namespace satur::inline SATUR_ABI::testing
