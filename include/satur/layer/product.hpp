/// \file layer/product.hpp  The matrix product that layers are made of: one GEMM of the BLAS, into given memory.
#pragma once

#include "satur/config.hpp"
#include "satur/tensor/compat.hpp"

#include <cstddef>
#include <limits>

#if defined(SATUR_XTENSOR_BLAS_HEADER)
#pragma push_macro("I") // as in tensor/compat.hpp
#undef I
#include SATUR_XTENSOR_BLAS_HEADER
#pragma pop_macro("I")
#else
#error "satur: layers need xtensor-blas in the include path (Debian: libxtensor-blas-dev)"
#endif

namespace satur::inline SATUR_ABI::detail {

/// The largest extent that the BLAS takes.
inline constexpr std::size_t largest_extent = static_cast<std::size_t>((std::numeric_limits<xt::blas_index_t>::max)());
[[nodiscard]] constexpr bool fits_blas(std::size_t n) { return n <= largest_extent; }

/// A matrix in memory, row-major: element (i, j) is at data[i * stride + j]. `transposed`: the product takes (j, i).
template <class T> struct factor {
  T const* data;
  std::size_t stride; ///< from one row to the next, at least the number of columns in memory
  bool transposed = false;
};

/// c (rows, columns) = alpha a b + beta c, with a (rows, inner) and b (inner, columns) after transposition; c is
/// row-major with `stride` numbers from one row to the next and shares no memory with a or b. Where beta is 0, c is not
/// read. Every extent fits the BLAS (`fits_blas`). An inner extent of 0 gives beta c.
template <class T>
void multiply(factor<T> const& a, factor<T> const& b, std::size_t rows, std::size_t columns, std::size_t inner, T* c,
              std::size_t stride, T beta = T(0), T alpha = T(1)) {
  if (rows == 0 || columns == 0) {
    return;
  }
  auto const index = [](std::size_t n) { return static_cast<xt::blas_index_t>(n); };
  auto const form = [](bool transposed) { return transposed ? cxxblas::Trans : cxxblas::NoTrans; };
  // A row of no numbers may have the stride 0, which the BLAS refuses.
  auto const at_least_1 = [&index](std::size_t n) { return index(n == 0 ? 1 : n); };
  cxxblas::gemm<xt::blas_index_t>(cxxblas::RowMajor, form(a.transposed), form(b.transposed), index(rows),
                                  index(columns), index(inner), alpha, a.data, at_least_1(a.stride), b.data,
                                  at_least_1(b.stride), beta, c, at_least_1(stride));
}

} // namespace satur::inline SATUR_ABI::detail
