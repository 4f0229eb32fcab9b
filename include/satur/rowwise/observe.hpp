/// \file rowwise/observe.hpp  Rows of any container: apply, pullback, observe, forward.
///
/// Rows are the last axis of a container with a shape (a range of rows too), or `row_length` numbers at a time.
/// Row-major memory is read in place, anything else through a buffer on the stack; both give the same bits.
#pragma once

#include "satur/observe/observe.hpp"
#include "satur/rowwise/log_softmax.hpp"
#include "satur/rowwise/logsumexp.hpp"
#include "satur/rowwise/row_saturation.hpp"
#include "satur/rowwise/softmax.hpp"

#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// softmax and log_softmax: activations with a built-in kernel.
template <class A>
concept known_rowwise = requires {
  { A::output } -> std::convertible_to<row_output>;
};
template <class A>
concept reads_as_softmax = known_rowwise<A> || std::same_as<A, logsumexp>;

struct reading_visitor {
  row_saturation& record;
  std::size_t length;

  template <class T> SATUR_NOINLINE void close(std::size_t, row_summary<T> const& r) {
    if (r.kind != row_kind::good) {
      ++(r.kind == row_kind::nan ? record.nan : record.infinite);
      return;
    }
    double const others = static_cast<double>(r.others);
    double const s = 1.0 + others;
    double const entropy = entropy_of(r);
    // sum p (1 - p), without the difference 1 - p
    double const pairs = math::madd(others, others, -static_cast<double>(r.others_square));
    double const slope = (2.0 * others + pairs) / s / s;
    ++record.rows;
    record.elements += length;
    record.saturated += 1.0 / s > record.rule.threshold ? 1 : 0;
    record.complement += others / s;
    record.entropy += entropy;
    record.slope += slope;
    if (r.allowed < 2) {
      ++record.single;
      return;
    }
    double const classes = static_cast<double>(r.allowed);
    record.entropy_share += entropy / math::log1p(classes - 1.0);
    record.slope_portion += slope / (1.0 - 1.0 / classes);
  }
};

/// Throws std::invalid_argument if writing y would change numbers of z that are read later: y may be z, but not overlap
/// it otherwise.
template <class Y, class Z>
void require_same_or_apart(char const* function, char const* result, Y& y, char const* input, Z const& z) {
  auto const* const from = contiguous_data(z);
  auto const* const to = contiguous_data(y);
  if (from != nullptr && to != nullptr && overlap(to, size_of(y), from, size_of(z)) &&
      !(to == from && size_of(y) == size_of(z) && (row_major_data(y) == nullptr) == (row_major_data(z) == nullptr))) {
    raise(std::invalid_argument(message("satur::", function, ": ", result, " overlaps ", input, " but does not begin ",
                                        "with it in the same order: give ", result, " memory of its own")));
  }
}

template <class A, class Z, class Y> void apply_rows(A const& act, Z const& z, Y& y, row_shape shape) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T>, "satur::apply: z and y must hold the same type of number");
  require_same_or_apart("apply", "y", y, "z", z);
  if constexpr (std::same_as<A, logsumexp>) {
    require_one_per_row("apply", "y", y, shape);
    logsumexp_visitor<Y> visitor{number_writer<Y>(y)};
    run_rows<row_output::nothing, false>(z, static_cast<Y*>(nullptr), shape, visitor, unweighted{});
  } else if constexpr (known_rowwise<A>) {
    require_same_shape("apply", "y", y, z);
    no_visitor nobody;
    run_rows<A::output, false>(z, detail::address_of(y), shape, nobody, unweighted{});
  } else {
    require_same_shape("apply", "y", y, z);
    std::vector<T> in(shape.length);
    std::vector<T> out(shape.length);
    number_reader<Z> from(z);
    number_writer<Y> to(y);
    for (std::size_t r = 0; r < shape.rows; ++r) {
      from.read(r * shape.length, shape.length, in.data());
      act.value(std::span<T const>(in), std::span<T>(out));
      to.write(r * shape.length, shape.length, out.data());
    }
  }
}

template <class A, class Y, class D, class X>
void pullback_rows(A const& act, Y const& y, D const& dy, X& dx, row_shape shape) {
  using T = value_t<Y>;
  static_assert(std::same_as<value_t<D>, T> && std::same_as<value_t<X>, T>,
                "satur::pullback: all arguments must hold the same type of number");
  require_same_or_apart("pullback", "dx", dx, "y", y);
  require_same_or_apart("pullback", "dx", dx, "dy", dy);
  if constexpr (std::same_as<A, logsumexp>) {
    require_one_per_row("pullback", "dy", dy, shape);
    require_same_shape("pullback", "dx", dx, y);
    no_visitor nobody;
    weights_from<sum_element<T>, D> const weights{number_reader<D>(dy)};
    run_rows<row_output::probabilities, false>(y, detail::address_of(dx), shape, nobody, weights);
  } else {
    require_same_shape("pullback", "dy", dy, y);
    require_same_shape("pullback", "dx", dx, y);
    if constexpr (known_rowwise<A>) {
      run_gradient<typename A::gradient>(y, dy, dx, shape);
    } else {
      std::vector<T> in(shape.length);
      std::vector<T> gradient(shape.length);
      std::vector<T> out(shape.length);
      number_reader<Y> values(y);
      number_reader<D> gradients(dy);
      number_writer<X> to(dx);
      for (std::size_t r = 0; r < shape.rows; ++r) {
        values.read(r * shape.length, shape.length, in.data());
        gradients.read(r * shape.length, shape.length, gradient.data());
        act.pullback(std::span<T const>(in), std::span<T const>(gradient), std::span<T>(out));
        to.write(r * shape.length, shape.length, out.data());
      }
    }
  }
}

template <class Z> [[nodiscard]] row_saturation observe_rows(Z const& z, row_shape shape, p_above const& rule) {
  rule.require_valid();
  row_saturation record;
  record.rule = rule;
  reading_visitor visitor{record, shape.length};
  run_rows<row_output::nothing, true>(z, static_cast<value_t<Z>**>(nullptr), shape, visitor, unweighted{});
  return record;
}

/// Throws std::invalid_argument if writing y would change z.
template <class Y, class Z> void require_apart_rows(Y& y, Z const& z) {
  value_t<Z> const* const from = contiguous_data(z);
  value_t<Z> const* const to = contiguous_data(y);
  if (from != nullptr && to != nullptr) {
    require_apart("y", to, from, size_of(z));
  } else {
    require_another_start("y", y, z);
  }
}

template <class A, class Z, class Y>
[[nodiscard]] row_saturation forward_rows(A const&, Z const& z, Y& y, row_shape shape, p_above const& rule) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T>, "satur::forward: z and y must hold the same type of number");
  rule.require_valid();
  require_same_shape("forward", "y", y, z);
  require_apart_rows(y, z);
  row_saturation record;
  record.rule = rule;
  reading_visitor visitor{record, shape.length};
  run_rows<A::output, true>(z, detail::address_of(y), shape, visitor, unweighted{});
  return record;
}

/// True for softmax, log_softmax, logsumexp, and a user's own activation of rows.
template <class A, class T>
concept rows_of_numbers = reads_as_softmax<A> || rowwise_activation<A, T>;

} // namespace detail

/// y = act(row) for each row of z. y has the shape of z, or one number for each row with logsumexp. y may be z. A
/// user's own activation uses a buffer of one row. Throws shape_error if the shapes do not match, or if there is no
/// last axis.
template <class A, detail::numbers Z, class Y>
  requires detail::rows_of_numbers<A, detail::value_t<Z>> && detail::shaped<Z> &&
           detail::numbers<std::remove_cvref_t<Y>>
void apply(A const& act, Z const& z, Y&& y) {
  detail::apply_rows(act, z, y, detail::rows_of("apply", z));
}
template <class A, detail::numbers Z, class Y>
  requires detail::rows_of_numbers<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void apply(A const& act, Z const& z, Y&& y, std::size_t row_length) {
  detail::apply_rows(act, z, y, detail::rows_of("apply", z, row_length));
}

/// dx = dL/dz from dy = dL/dy and y = act(z), for softmax, log_softmax and a user's own activation. For logsumexp pass
/// z itself for y, and one number for each row for dy. dx may be dy if they have the same shape, or y; it must not
/// overlap them otherwise.
template <class A, detail::numbers Y, detail::numbers D, class X>
  requires detail::rows_of_numbers<A, detail::value_t<Y>> && detail::shaped<Y> &&
           detail::numbers<std::remove_cvref_t<X>>
void pullback(A const& act, Y const& known, D const& dy, X&& dx) {
  detail::pullback_rows(act, known, dy, dx, detail::rows_of("pullback", known));
}
template <class A, detail::numbers Y, detail::numbers D, class X>
  requires detail::rows_of_numbers<A, detail::value_t<Y>> && detail::numbers<std::remove_cvref_t<X>>
void pullback(A const& act, Y const& known, D const& dy, X&& dx, std::size_t row_length) {
  detail::pullback_rows(act, known, dy, dx, detail::rows_of("pullback", known, row_length));
}

/// Returns the record of rows of logits, in one pass that stores nothing else. It is the same for softmax, log_softmax
/// and logsumexp. Throws std::invalid_argument if the threshold of the rule is out of range.
template <detail::reads_as_softmax A, detail::numbers Z>
  requires detail::shaped<Z>
[[nodiscard]] row_saturation observe(A const&, Z const& z, p_above const& rule = {}) {
  return detail::observe_rows(z, detail::rows_of("observe", z), rule);
}
template <detail::reads_as_softmax A, detail::numbers Z>
[[nodiscard]] row_saturation observe(A const&, Z const& z, std::size_t row_length, p_above const& rule = {}) {
  return detail::observe_rows(z, detail::rows_of("observe", z, row_length), rule);
}

/// y = act(row) for each row of z, and returns the record. Each exponential is computed once. y has the shape of z and
/// must not overlap it.
template <detail::known_rowwise A, detail::numbers Z, class Y>
  requires detail::shaped<Z> && detail::numbers<std::remove_cvref_t<Y>>
row_saturation forward(A const& act, Z const& z, Y&& y, p_above const& rule = {}) {
  return detail::forward_rows(act, z, y, detail::rows_of("forward", z), rule);
}
template <detail::known_rowwise A, detail::numbers Z, class Y>
  requires detail::numbers<std::remove_cvref_t<Y>>
row_saturation forward(A const& act, Z const& z, Y&& y, std::size_t row_length, p_above const& rule = {}) {
  return detail::forward_rows(act, z, y, detail::rows_of("forward", z, row_length), rule);
}

}} // namespace satur::SATUR_ABI
