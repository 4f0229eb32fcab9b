/// \file rowwise/row_steps.hpp  The steps over a row, in lanes: its largest logit, its sums of exponentials, and the
/// results computed from them.
#pragma once

#include "satur/math/exp.hpp"
#include "satur/math/expm1.hpp"
#include "satur/rowwise/row_sums.hpp"

namespace satur::inline SATUR_ABI::detail {

/// The steps of every pass over rows, in lanes L.
template <class T, class L> struct row_steps {
  using G = row_group<L>;
  using S = sum_element<T>;

  SATUR_INLINE static void add_largest(row_sums<T>& sums, T const* z, std::size_t n) {
    using P = math::twin<math::twin<L>>;
    P best = P(sums.largest);
    std::size_t i = 0;
    for (; i + width_of<P> <= n; i += width_of<P>) {
      best = math::maximum(math::load_group<P>(z + i), best); // a NaN first argument is ignored
    }
    T all[width_of<P>];
    math::store(static_cast<T*>(all), best);
    T largest = all[0];
    for (T const e : all) {
      largest = e > largest ? e : largest;
    }
    for (; i < n; ++i) { // the largest is the same whatever finds it, so no register is filled up
      largest = z[i] > largest ? z[i] : largest;
    }
    sums.largest = largest;
  }

  /// 2^300 e^(value + rest) for a sum <= 0, or 0 where e^(value + rest) rounds to 0.
  SATUR_INLINE static G raised_exp_of_split(math::split<G> const& x) {
    G const kept = math::detail::clamp_below(x.value);
    math::detail::reduced_argument<G> const a = math::detail::reduce(kept);
    G const lost = math::detail::lost_by_reduction(kept, a) + x.rest;
    G const q = math::detail::polynomial(a.r, math::detail::exp_constants<double>::q);
    G const square = math::rounded(a.r * a.r);
    G const tail = math::madd(square, q, math::madd(lost, math::madd(square, q, a.r), lost));
    G const sum = math::rounded(G(1) + a.r);
    G const rest = a.r - math::rounded(sum - G(1));
    using C = math::detail::exp_constants<double>;
    static_assert(C::back * row_sums<double>::scale == 1.0);
    G const raised = math::detail::lowering_by(a.n, math::detail::exponent_t<G>(0)).raised(G(sum + (rest + tail)));
    return math::selected(math::select(raised <= G(C::raised_zero), G(0), raised)); // NaN stays
  }

  /// e^(z - m); z - m keeps its rounding error.
  struct exponential {
    G distance; // z - m, or 0 if e is 0
    G value;
    G raised; // value times row_sums<T>::scale
  };
  SATUR_INLINE static exponential exponential_of(G const& x, G const& m, G const& floor) {
    using math::select;
    auto const below = x < floor;
    G const kept = select(below, m, x);
    if constexpr (std::same_as<T, double>) {
      math::split<G> const d = math::exact_sum(kept, G(-m));
      G const raised = math::keep_nan(x, G(math::selected(select(below, G(0), raised_exp_of_split(d)))));
      return {d.value, raised * G(1.0 / row_sums<T>::scale), raised};
    } else {
      G const d = kept - m;
      G const e = math::keep_nan(x, G(select(below, G(0), math::detail::exp_nonpositive(d))));
      return {d, e, e};
    }
  }

  /// e as it is written: 0 where it rounds to 0 in float. A double below that range would underflow in the conversion,
  /// which is slow on Intel cores.
  SATUR_INLINE static G to_write(G const& e) {
    if constexpr (std::same_as<T, float>) {
      return math::selected(math::select(e > G(0x1p-150), e, G(0)));
    } else {
      return e;
    }
  }

  template <bool Moments> SATUR_INLINE static void add_sums(row_sums<T>& sums, T const* z, T* y, std::size_t n) {
    using math::select;
    G const m = G(static_cast<S>(sums.largest));
    G const floor = G(sums.floor());
    G others = math::load_group<G>(sums.others);
    [[maybe_unused]] G rest = math::load_group<G>(sums.rest);
    G ties = math::load_group<G>(sums.ties);
    [[maybe_unused]] G square = math::load_group<G>(sums.square);
    [[maybe_unused]] G weighted = math::load_group<G>(sums.weighted);
    [[maybe_unused]] G allowed = math::load_group<G>(sums.allowed);
    for_each_register<G>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      G const x = load_wide(part, z + i, -std::numeric_limits<T>::infinity());
      exponential const e = exponential_of(x, m, floor);
      if (y != nullptr) {
        store_narrow(part, y + i, to_write(e.value));
      }
      auto const top = x == m;
      [[maybe_unused]] G const other = math::keep_nan(x, G(select(top, G(0), e.value)));
      if constexpr (std::same_as<T, double>) {
        math::split<G> const sum = math::exact_sum(others, math::keep_nan(x, G(select(top, G(0), e.raised))));
        others = sum.value;
        rest = rest + sum.rest;
      } else {
        others = others + other;
      }
      ties = ties + select(top, G(1), G(0));
      if constexpr (Moments) {
        square = math::madd(other, other, square);
        weighted = math::madd(e.value, e.distance, weighted);
#if SATUR_FINITE_MATH // the compiler may leave out a comparison with the lowest number
        allowed = allowed + math::at_infinity(x, G(0), G(1));
#else
        allowed = allowed + select(x >= G(static_cast<S>(std::numeric_limits<T>::lowest())), G(1), G(0));
#endif
      }
    });
    math::store(static_cast<S*>(sums.others), others);
    if constexpr (std::same_as<T, double>) {
      math::store(static_cast<S*>(sums.rest), rest);
    }
    math::store(static_cast<S*>(sums.ties), ties);
    if constexpr (Moments) {
      math::store(static_cast<S*>(sums.square), square);
      math::store(static_cast<S*>(sums.weighted), weighted);
      math::store(static_cast<S*>(sums.allowed), allowed);
    }
  }

  /// p = scale e / s, in place of e.
  SATUR_INLINE static void scale(T* y, std::size_t n, S s, S factor) {
    G const by = G(std::same_as<T, S> ? s : factor / s);
    G const times = G(factor);
    for_each_register<G>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      G const e = load_wide(part, static_cast<T const*>(y + i), T(0));
      if constexpr (std::same_as<T, S>) {
        store_narrow(part, y + i, G((e / by) * times));
      } else {
        store_narrow(part, y + i, G(e * by));
      }
    });
  }

  /// Writes e^(z - m).
  SATUR_INLINE static void write_exponentials(row_sums<T> const& sums, T const* z, T* y, std::size_t n) {
    G const m = G(static_cast<S>(sums.largest));
    G const floor = G(sums.floor());
    for_each_register<G>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      store_narrow(part, y + i, to_write(exponential_of(load_wide(part, z + i, T(0)), m, floor).value));
    });
  }

  /// Writes z - m - log s. Both parts are negative, so nothing cancels.
  SATUR_INLINE static void write_logarithms(row_sums<T> const& sums, S log_s, T const* z, T* y, std::size_t n) {
    using math::select;
    G const m = G(static_cast<S>(sums.largest));
    G const floor = G(sums.floor());
    G const log_sum = G(std::same_as<T, float> && log_s <= S(0x1p-150) ? S(0) : log_s); // what is 0 in float
    for_each_register<G>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      G const x = load_wide(part, z + i, T(0));
      if constexpr (std::same_as<T, double>) {
        auto const below = x < floor;
        math::split<G> const d = math::exact_sum(select(below, m, x), G(-m));
        store_narrow(part, y + i, G(select(below, (x - m) - log_sum, d.value + (d.rest - log_sum))));
      } else {
        store_narrow(part, y + i, G((x - m) - log_sum));
      }
    });
  }
};

} // namespace satur::inline SATUR_ABI::detail
