/// \file rowwise/logsumexp.hpp
#pragma once

#include "satur/rowwise/pass.hpp"

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// m + log1p(s - 1), row by row.
template <class Y> struct logsumexp_visitor {
  using T = value_t<Y>;
  number_writer<Y> out;
  SATUR_NOINLINE void close(std::size_t number, row_summary<T> const& r) {
    T const infinity = math::rounded(std::numeric_limits<T>::infinity()); // -ffast-math would leave out constants
    T const not_a_number = math::rounded(std::numeric_limits<T>::quiet_NaN());
    T const y = r.kind == row_kind::good             ? static_cast<T>(r.largest + log_of_sum(r))
                : r.kind == row_kind::plus_infinity  ? infinity
                : r.kind == row_kind::minus_infinity ? -infinity
                                                     : not_a_number;
    out.write(number, 1, &y);
  }
};

template <class S, class D> struct weights_from {
  mutable number_reader<D> dy;
  SATUR_NOINLINE S operator()(std::size_t r) const {
    value_t<D> weight;
    dy.read(r, 1, &weight);
    return static_cast<S>(weight);
  }
};

template <class Y> void require_one_per_row(char const* function, char const* name, Y const& y, row_shape shape) {
  if (size_of(y) != shape.rows) {
    bad_shape(function, name, shape_text({size_of(y)}),
              message("(", shape.rows, "), one for each row of ", shape.length));
  }
}

} // namespace detail

/// y = log sum e^z, one number for each row; dL/dz_j = p_j dL/dy with p = softmax(z).
///
/// Special values: a row of only -inf gives -inf, +inf gives inf, NaN gives NaN. The gradient of such a row is NaN.
///
/// Accuracy: below 0.51 ulp in float; 1.5 ulp of max(|m|, |y|) in double. It is computed as m + log1p(s'), m the
/// largest logit and s' the sum of e^(z - m) over the others.
struct logsumexp {
  static constexpr std::string_view name = "logsumexp";

  /// The value of one row.
  template <std::floating_point T> [[nodiscard]] T value(std::span<T const> z) const {
    T y[1];
    std::span<T, 1> const to(y);
    detail::logsumexp_visitor<std::span<T, 1> const> visitor{detail::number_writer<std::span<T, 1> const>(to)};
    detail::run_rows<detail::row_output::nothing, false>(z, static_cast<T**>(nullptr), {1, z.size()}, visitor,
                                                         detail::unweighted{});
    return y[0];
  }
  bool operator==(logsumexp const&) const = default;
};

}} // namespace satur::SATUR_ABI
