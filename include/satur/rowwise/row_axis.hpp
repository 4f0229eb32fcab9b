/// \file rowwise/row_axis.hpp  Rows along any axis: apply, pullback, observe and forward with `row_axis`.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/rowwise/observe.hpp"

#include <cstddef>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// The axis along which rows lie: row_axis{1} in (batch, channels, height, width) are the channels of one pixel. A
/// negative number counts from the end: row_axis{-1} is the last axis.
struct row_axis {
  std::ptrdiff_t number;
  constexpr explicit row_axis(std::ptrdiff_t axis) : number(axis) {}
  bool operator==(row_axis const&) const = default;
};

namespace detail {

/// The extents of z, and the axis of its rows. More than 8 axes are joined to three.
struct rows_along {
  array_shape extents;
  std::size_t axis = 0;
  row_shape shape{};
};
template <class Z> [[nodiscard]] rows_along rows_of(char const* function, Z const& z, row_axis axis) {
  require_equal_rows(function, "z", z);
  auto const rank = static_cast<std::ptrdiff_t>(rank_of(z));
  std::ptrdiff_t const number = axis.number < 0 ? axis.number + rank : axis.number;
  if (number < 0 || number >= rank) {
    raise(std::invalid_argument(message("satur::", function, ": the axis of the rows is ", axis.number,
                                        "; allowed: ", -rank, " to ", rank - 1, ", for z ", shape_text_of(z))));
  }
  rows_along rows;
  rows.axis = static_cast<std::size_t>(number);
  unit_layout const joined = unit_layout::of(shape_of(z), rows.axis);
  if (joined.units == 0) {
    bad_shape(function, "z", shape_text_of(z), message("an axis ", axis.number, " of at least 1"));
  }
  rows.shape = {joined.outer * joined.inner, joined.units};
  if (static_cast<std::size_t>(rank) > max_array_axes) {
    rows.extents = array_shape(joined.outer, joined.units, joined.inner);
    rows.axis = 1;
    return rows;
  }
  for (auto const& extent : shape_of(z)) {
    rows.extents.push_back(static_cast<std::size_t>(extent));
  }
  return rows;
}

template <class T, class Access>
[[nodiscard]] array_view<T, Access> with_axis_last(array_view<T, Access> const& v, std::size_t axis) {
  array_view<T, Access> moved;
  moved.data = v.data;
  for (std::size_t k = 0; k < v.shape.size(); ++k) {
    if (k != axis) {
      moved.shape.push_back(v.shape[k]);
      moved.strides.push_back(v.strides[k]);
    }
  }
  moved.shape.push_back(v.shape[axis]);
  moved.strides.push_back(v.strides[axis]);
  return moved;
}

template <class X> struct view_with_axes {
  using type = array_view<std::conditional_t<std::is_const_v<X>, value_t<X> const, value_t<X>>>;
};
template <class X>
  requires memory_of_numbers<std::remove_const_t<X>>
struct view_with_axes<X> {
  using type = view_t<X>;
};

/// Numbers or results with the axis of the rows last: where they lie, or in a row-major copy. Results in a copy are
/// written by finish().
template <class X> class with_rows_last {
public:
  using T = value_t<std::remove_const_t<X>>;
  using view_type = typename view_with_axes<X>::type;

  with_rows_last(X& x, rows_along const& rows) : x_(x) {
    if constexpr (memory_of_numbers<std::remove_const_t<X>>) {
      view_type const lies = as_array_view(x);
      if (lies.shape == rows.extents) {
        view = with_axis_last(lies, rows.axis);
        return;
      }
      if (lies.data != nullptr && lies.is_row_major()) { // without axes, or with more than a view has
        view = with_axis_last(view_type(lies.data, rows.extents), rows.axis);
        return;
      }
    }
    if constexpr (std::is_constructible_v<view_type, T*, array_shape>) { // 16-bit memory is one of the two above
      copy_.resize(rows.shape.rows * rows.shape.length);
      if constexpr (std::is_const_v<X>) {
        number_reader<std::remove_const_t<X>>(x).read(0, copy_.size(), copy_.data());
      }
      view = with_axis_last(view_type(copy_.data(), rows.extents), rows.axis);
    }
  }
  with_rows_last(with_rows_last const&) = delete;
  with_rows_last& operator=(with_rows_last const&) = delete;
  ~with_rows_last() = default;

  void finish() {
    if constexpr (!std::is_const_v<X>) {
      if (!copy_.empty()) {
        number_writer<X>(x_).write(0, copy_.size(), copy_.data());
      }
    }
  }

  view_type view;

private:
  X& x_;
  std::vector<T> copy_;
};
template <class X> with_rows_last(X&, rows_along const&) -> with_rows_last<X>;

} // namespace detail

/// y = act(row) for each row of z along the axis; y has the shape of z, and may be z. With logsumexp y has one number
/// for each row, in row-major order of the other axes. The results of a row have the bits that they have as a last
/// axis. Memory without gaps or with strides is read where it lies; a lazy expression is evaluated once.
///
/// Throws shape_error if the shapes do not match, std::invalid_argument if z has no such axis.
template <class A, detail::numbers Z, class Y>
  requires detail::rows_of_numbers<A, detail::value_t<Z>> && detail::shaped<Z> &&
           detail::numbers<std::remove_cvref_t<Y>>
void apply(A const& act, Z const& z, Y&& y, row_axis axis) {
  detail::rows_along const rows = detail::rows_of("apply", z, axis);
  detail::with_rows_last const from(z, rows);
  if constexpr (std::same_as<A, logsumexp>) {
    detail::apply_rows(act, from.view, y, rows.shape);
  } else {
    detail::require_same_shape("apply", "y", y, z);
    detail::require_same_or_apart("apply", "y", y, "z", z);
    detail::with_rows_last to(y, rows);
    detail::apply_rows(act, from.view, to.view, rows.shape);
    to.finish();
  }
}

/// dx = dL/dz from dy = dL/dy and y = act(z), rows along the axis; the rest as for pullback without an axis.
template <class A, detail::numbers Y, detail::numbers D, class X>
  requires detail::rows_of_numbers<A, detail::value_t<Y>> && detail::shaped<Y> &&
           detail::numbers<std::remove_cvref_t<X>>
void pullback(A const& act, Y const& known, D const& dy, X&& dx, row_axis axis) {
  detail::rows_along const rows = detail::rows_of("pullback", known, axis);
  detail::with_rows_last const from(known, rows);
  detail::require_same_shape("pullback", "dx", dx, known);
  detail::require_same_or_apart("pullback", "dx", dx, "y", known);
  detail::require_same_or_apart("pullback", "dx", dx, "dy", dy);
  detail::with_rows_last to(dx, rows);
  if constexpr (std::same_as<A, logsumexp>) {
    detail::pullback_rows(act, from.view, dy, to.view, rows.shape);
  } else {
    detail::require_same_shape("pullback", "dy", dy, known);
    detail::with_rows_last const gradient(dy, rows);
    detail::pullback_rows(act, from.view, gradient.view, to.view, rows.shape);
  }
  to.finish();
}

/// The record of rows of logits along the axis.
template <detail::reads_as_softmax A, detail::numbers Z>
  requires detail::shaped<Z>
[[nodiscard]] row_saturation observe(A const&, Z const& z, row_axis axis, p_above const& rule = {}) {
  detail::rows_along const rows = detail::rows_of("observe", z, axis);
  detail::with_rows_last const from(z, rows);
  return detail::observe_rows(from.view, rows.shape, rule);
}

/// y = act(row) for each row of z along the axis, and returns the record. y has the shape of z and must not overlap it.
template <detail::known_rowwise A, detail::numbers Z, class Y>
  requires detail::shaped<Z> && detail::numbers<std::remove_cvref_t<Y>>
row_saturation forward(A const& act, Z const& z, Y&& y, row_axis axis, p_above const& rule = {}) {
  detail::rows_along const rows = detail::rows_of("forward", z, axis);
  detail::require_same_shape("forward", "y", y, z);
  detail::require_apart_rows(y, z);
  detail::with_rows_last const from(z, rows);
  detail::with_rows_last to(y, rows);
  row_saturation const record = detail::forward_rows(act, from.view, to.view, rows.shape, rule);
  to.finish();
  return record;
}

}} // namespace satur::SATUR_ABI
