/// \file adapt/eigen.hpp  Eigen's matrices, arrays, vectors, maps, blocks and expressions as numbers.
///
///     Eigen::MatrixXf z = (w * x).colwise() + b;       // (units, batch): each column is a sample
///     Eigen::MatrixXf a(z.rows(), z.cols());
///     monitor["fc1"].forward(satur::tanh{}, z, a);      // a row of z is a unit
///     satur::observe_units(units, satur::tanh{}, satur::rows_are_samples(y));   // y is (batch, units)
///
/// A matrix is read as its transpose, whatever its storage order: its columns are samples, its rows units, and w of
/// z = w x is (inputs, units) as in a layer of satur. Where rows are samples, say `rows_are_samples(z)`.
/// A column vector is one sample, a row vector one unit.
///
/// What has memory is read and written in place, without a copy where `array_view` needs none. Eigen::half and
/// Eigen::bfloat16 are read as float and written rounded to nearest. An expression without memory (a sum, a product)
/// is evaluated by Eigen into a temporary, once for each time that it is read: once by the functions over z; a monitor
/// may read again, for histograms and formats. `.eval()` makes that once.
#pragma once

#include "satur/array/as_array_view.hpp"
#include "satur/array/half_span.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// How the elements are stored, and how they are read.
template <class S> struct eigen_scalar {
  static constexpr bool known = std::is_arithmetic_v<S>;
  using element = S;
  using number = S;
  using access = plain_access;
};
template <class S, class Member, math::half_format F> struct eigen_half {
  static constexpr bool known = std::is_same_v<Member, std::uint16_t> && sizeof(S) == 2 && std::is_standard_layout_v<S>;
  using element = std::uint16_t; // the first and only member
  using number = float;
  using access = half_access<F>;
};
template <>
struct eigen_scalar<Eigen::half> : eigen_half<Eigen::half, decltype(Eigen::half::x), math::half_format::ieee> {};
template <>
struct eigen_scalar<Eigen::bfloat16>
    : eigen_half<Eigen::bfloat16, decltype(Eigen::bfloat16::value), math::half_format::bfloat16> {};

template <class M> using eigen_bare = std::remove_cvref_t<M>;
// Called for the bases of a type too: a VectorBlock is a Block, and people derive from Matrix.
template <class D> void is_dense(Eigen::DenseBase<D> const&);
template <class D> void is_owner(Eigen::PlainObjectBase<D> const&);

/// A dense matrix, array or expression of them whose numbers are real.
template <class M>
concept eigen_dense = requires(eigen_bare<M> const& m) {
  is_dense(m);
  requires eigen_scalar<typename eigen_bare<M>::Scalar>::known;
};
/// Its elements have addresses.
template <class M>
concept eigen_memory = eigen_dense<M> && (eigen_bare<M>::Flags & Eigen::DirectAccessBit) != 0 && requires(M& m) {
  m.data();
  m.rowStride();
  m.colStride();
};
template <class M>
concept eigen_expression = eigen_dense<M> && !eigen_memory<M>;
/// It owns its memory, so that a view of a temporary would outlive it.
template <class M>
concept eigen_owner = requires(eigen_bare<M> const& m) { is_owner(m); };

/// Rows and columns as they are, or the transpose.
template <bool Transposed, class M> [[nodiscard]] auto view_of_eigen(M& m) {
  using scalar = eigen_scalar<typename eigen_bare<M>::Scalar>;
  constexpr bool written = !std::is_const_v<std::remove_pointer_t<decltype(m.data())>>;
  using element = std::conditional_t<written, typename scalar::element, typename scalar::element const>;
  element* start = nullptr;
  if constexpr (std::is_same_v<decltype(m.data()), element*>) {
    start = m.data();
  } else {
    start = reinterpret_cast<element*>(m.data());
  }
  array_shape const shape = Transposed ? array_shape(m.cols(), m.rows()) : array_shape(m.rows(), m.cols());
  array_strides const strides =
      Transposed ? array_strides(m.colStride(), m.rowStride()) : array_strides(m.rowStride(), m.colStride());
  return array_view<element, typename scalar::access>(start, shape, strides);
}

/// An expression, evaluated column after column when it is read.
template <class M> class eigen_numbers {
  using S = typename M::Scalar;
  using matrix =
      Eigen::Matrix<S, M::RowsAtCompileTime, M::ColsAtCompileTime,
                    M::RowsAtCompileTime == 1 && M::ColsAtCompileTime != 1 ? Eigen::RowMajor : Eigen::ColMajor>;

public:
  /// Copies share what was evaluated.
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = typename eigen_scalar<S>::number;
    using difference_type = std::ptrdiff_t;
    using pointer = value_type const*;
    using reference = value_type;
    explicit iterator(std::shared_ptr<matrix const> all) : all_(std::move(all)), at_(all_->data()) {}
    [[nodiscard]] value_type operator*() const { return static_cast<value_type>(*at_); }
    iterator& operator++() {
      ++at_;
      return *this;
    }

  private:
    std::shared_ptr<matrix const> all_;
    S const* at_;
  };

  explicit eigen_numbers(M const& m) : m_(m) {}
  [[nodiscard]] array_shape shape() const { return {m_.cols(), m_.rows()}; }
  [[nodiscard]] iterator begin() const { return iterator(std::make_shared<matrix const>(m_)); }

private:
  M const& m_;
};

} // namespace detail

/// The memory of a matrix as (columns, rows): its columns are samples, its rows units. That is how satur reads a matrix
/// without it. Of an expression: the expression.
template <detail::eigen_memory M>
  requires(std::is_lvalue_reference_v<M> || !detail::eigen_owner<M>)
[[nodiscard]] auto columns_are_samples(M&& z) {
  return detail::view_of_eigen<true>(z);
}
template <detail::eigen_expression M> [[nodiscard]] auto columns_are_samples(M const& z) { return z.derived(); }

/// The memory of a matrix as (rows, columns): its rows are samples, its columns units. Of an expression: its transpose.
/// A matrix that is a temporary is refused: the view would outlive it.
template <detail::eigen_memory M>
  requires(std::is_lvalue_reference_v<M> || !detail::eigen_owner<M>)
[[nodiscard]] auto rows_are_samples(M&& z) {
  return detail::view_of_eigen<false>(z);
}
template <detail::eigen_expression M> [[nodiscard]] auto rows_are_samples(M const& z) { return z.transpose(); }

}} // namespace satur::SATUR_ABI

namespace Eigen {

/// Found by the functions of satur beside Eigen's types.
template <satur::detail::eigen_memory M> [[nodiscard]] auto as_array_view(M& m) {
  return satur::detail::view_of_eigen<true>(m);
}
template <satur::detail::eigen_expression M> [[nodiscard]] auto as_number_range(M const& m) {
  return satur::detail::eigen_numbers<M>(m);
}

} // namespace Eigen
