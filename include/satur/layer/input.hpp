/// \file layer/input.hpp  How a layer or a loss takes arrays: it borrows a tensor, keeps a temporary or the values of
/// an expression, and copies what shares memory with its own arrays.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/config.hpp"
#include "satur/tensor/compat.hpp"

#include <concepts>
#include <cstddef>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// Whether two tensors that own their memory share some.
template <class A, class B> [[nodiscard]] bool share_memory(A const& a, B const& b) {
  return overlap(a.data(), a.size(), b.data(), b.size());
}

/// to = the values of the expression, with its shape. Nothing is allocated if `to` has that shape.
template <class M, class E> void assign_values(M& to, xt::xexpression<E> const& from) {
  auto const& given = from.derived_cast().shape();
  typename M::shape_type shape = to.shape();
  bool same = true;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    auto const extent = static_cast<typename M::size_type>(given[axis]);
    same = same && shape[axis] == extent;
    shape[axis] = extent;
  }
  if (!same) {
    to.resize(shape);
  }
  xt::noalias(to) = from.derived_cast();
}

/// The values of x as a tensor M with the axes of M: x itself if it is an M, else a copy in `scratch`, which no caller
/// can read. `own` are the arrays that will be written while x is read, of the same type: x is copied if it shares
/// memory with one of them. An expression is evaluated before anything is written, so it may read them.
template <class M, class E, class... Own>
[[nodiscard]] M const& values_of(xt::xexpression<E> const& x, M& scratch, Own const&... own) {
  if constexpr (std::same_as<E, M>) {
    if (!(share_memory(x.derived_cast(), own) || ...)) {
      return x.derived_cast();
    }
  }
  assign_values(scratch, x);
  return scratch;
}

/// An array that a layer reads in forward, and again in backward. The last one taken counts.
template <class M> class layer_input {
public:
  /// Borrows x: its address is kept. It must share no memory with arrays of the layer.
  void borrow(M const& x) { borrowed_ = &x; }
  /// Moves x in. It must not be an array of the layer.
  void take(M&& x) {
    kept_ = std::move(x);
    borrowed_ = nullptr;
  }
  /// Copies the values of any expression with the axes of M.
  template <class E> void copy(xt::xexpression<E> const& x) {
    assign_values(kept_, x);
    borrowed_ = nullptr;
  }

  [[nodiscard]] M const& values() const { return borrowed_ != nullptr ? *borrowed_ : kept_; }

private:
  M const* borrowed_ = nullptr;
  M kept_;
};

} // namespace satur::inline SATUR_ABI::detail
