/// \file rowwise/logsumexp.hpp
#pragma once

#include "satur/rowwise/pass.hpp"

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// m + log1p(s - 1), row by row.
template <class T, class Iterator> struct logsumexp_visitor {
  Iterator out;
  SATUR_NOINLINE void close(std::size_t, row_summary<T> const& r) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    *out = r.kind == row_kind::good             ? static_cast<T>(r.largest + log_of_sum(r))
           : r.kind == row_kind::plus_infinity  ? infinity
           : r.kind == row_kind::minus_infinity ? -infinity
                                                : std::numeric_limits<T>::quiet_NaN();
    ++out;
  }
};

template <class S, class Iterator> struct weights_from {
  Iterator first;
  template <class R> S operator()(R r) const {
    return static_cast<S>(*(first + static_cast<std::iter_difference_t<Iterator>>(r)));
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
    detail::logsumexp_visitor<T, T*> visitor{y};
    detail::run_rows<detail::row_output::nothing, false>(z, static_cast<T**>(nullptr), {1, z.size()}, visitor,
                                                         detail::unweighted{});
    return y[0];
  }
  bool operator==(logsumexp const&) const = default;
};

}} // namespace satur::SATUR_ABI
