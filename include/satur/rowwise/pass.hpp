/// \file rowwise/pass.hpp  The largest logit of a row, its sums of exponentials, and the results computed from them, in
/// lanes.
///
/// Everything is computed in double (long double for long double). Sixteen numbers are summed side by side at every
/// instruction set, in one order, so that AVX2 and AVX-512 give the same bits.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/array/chunk.hpp"
#include "satur/math/exp.hpp"
#include "satur/math/expm1.hpp"
#include "satur/math/log1p.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/rowwise/concept.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/side_by_side.hpp"

namespace satur::detail {

/// Sixteen doubles in registers of the width of L; for long double, the type itself.
template <class L> struct row_group_of {
  using type = L;
};
template <> struct row_group_of<float> {
  using type = math::twin<math::twin<math::twin<math::twin<double>>>>;
};
template <> struct row_group_of<double> : row_group_of<float> {};
#if SATUR_HAS_LANES
template <class T, int N> struct row_group_of<math::lanes<T, N>> {
  static constexpr int width = static_cast<int>(sizeof(T)) * N / 8;
  using one = math::lanes<double, width>;
  using two = math::twin<one>;
  using four = math::twin<two>;
  using type = std::conditional_t<width == 8, two, std::conditional_t<width == 4, four, math::twin<four>>>;
};
#endif
template <class L> using row_group = typename row_group_of<L>::type;
inline constexpr std::size_t row_group_size = 16;

template <class G, class T> SATUR_INLINE G load_wide(T const* from) {
  if constexpr (std::same_as<math::element_t<G>, T>) {
    return math::load_group<G>(from);
  } else if constexpr (math::detail::is_twin_v<G>) {
    using H = typename math::detail::half_of<G>::type;
#if SATUR_HAS_LANES
    if constexpr (!math::detail::is_twin_v<H> && math::is_lanes_v<H>) {
      auto const both = math::load<math::lanes<T, 2 * math::lane_count<H>>>(from);
      return {math::detail::widen_low(both), math::detail::widen_high(both)};
    } else
#endif
    {
      return {load_wide<H>(from), load_wide<H>(from + math::lane_count<H>)};
    }
  } else {
    return static_cast<G>(*from);
  }
}
template <class T, class G> SATUR_INLINE void store_narrow(T* to, G const& x) {
  if constexpr (std::same_as<math::element_t<G>, T>) {
    math::store(to, x);
  } else if constexpr (math::detail::is_twin_v<G>) {
    using H = typename math::detail::half_of<G>::type;
#if SATUR_HAS_LANES
    if constexpr (!math::detail::is_twin_v<H> && math::is_lanes_v<H>) {
      math::store(to, math::detail::narrow(x.first, x.second));
    } else
#endif
    {
      store_narrow(to, x.first);
      store_narrow(to + math::lane_count<H>, x.second);
    }
  } else {
    *to = static_cast<T>(x);
  }
}

/// The same for one step of a loop (simd/loop.hpp).
template <class Part, class T> SATUR_INLINE typename Part::lanes load_wide(Part part, T const* from, T padding) {
  T room[width_of<typename Part::lanes>];
  return load_wide<typename Part::lanes>(part.filled(from, padding, room));
}
template <class Part, class T> SATUR_INLINE void store_narrow(Part part, T* to, typename Part::lanes const& x) {
  part.write(to, [&](T* at) SATUR_INLINE_LAMBDA { store_narrow(at, x); });
}

/// Classification of a row.
enum class row_kind { good, nan, plus_infinity, minus_infinity };

/// The sums of a row. s = sum of e^(z - m) = 1 + others. A row that is not good has only its kind.
template <class T> struct row_summary {
  using S = sum_element<T>;
  row_kind kind = row_kind::good;
  S largest = 0;             ///< m
  S others = 0;              ///< sum of e^(z - m) without one of the largest
  S others_square = 0;       ///< sum of the squares of these
  S weighted = 0;            ///< sum of e^(z - m) (z - m)
  std::uint64_t allowed = 0; ///< logits that are not -inf
};

/// The sums of a row while it is read. A row in several pieces is read piece by piece.
template <class T> struct row_sums {
  using S = sum_element<T>;
  T largest = -std::numeric_limits<T>::infinity();
  S others[row_group_size] = {};
  S rest[row_group_size] = {}; // rounding errors of the additions to `others`
  S square[row_group_size] = {};
  S weighted[row_group_size] = {};
  S ties[row_group_size] = {};
  S allowed[row_group_size] = {};

  [[nodiscard]] bool has_sums() const { return !is_nan(largest) && !is_infinite(largest); }
  /// Below largest - 800 the exponential is 0.
  [[nodiscard]] SATUR_INLINE S floor() const {
    return static_cast<S>(largest) - (std::same_as<S, long double> ? S(12000) : S(800));
  }

  /// The sum of x, always by the same pairs.
  static S total(S const (&x)[row_group_size]) {
    S half[row_group_size / 2];
    for (std::size_t i = 0; i < row_group_size / 2; ++i) {
      half[i] = x[i] + x[i + row_group_size / 2];
    }
    S const a = (half[0] + half[4]) + (half[2] + half[6]);
    S const b = (half[1] + half[5]) + (half[3] + half[7]);
    return a + b;
  }

  [[nodiscard]] S compensated_total(S first) const {
    S sum = first;
    S lost = total(rest);
    for (S const e : others) {
      math::split<S> const s = math::exact_sum(sum, e);
      sum = s.value;
      lost += s.rest;
    }
    return sum + lost;
  }

  /// Not inlined, so that every instruction set gives the same bits.
  template <bool Moments> SATUR_NOINLINE row_summary<T> finish(bool any_nan) const {
    row_summary<T> r;
    if (!has_sums()) {
      r.kind = any_nan ? row_kind::nan : largest > T(0) ? row_kind::plus_infinity : row_kind::minus_infinity;
      return r;
    }
    r.largest = static_cast<S>(largest);
    S const repeated = total(ties) - S(1);
    r.others = std::same_as<T, double> ? compensated_total(repeated) : repeated + total(others);
    if constexpr (Moments) {
      r.others_square = repeated + total(square);
      r.weighted = total(weighted);
      r.allowed = static_cast<std::uint64_t>(total(allowed));
    }
    r.kind = is_nan(r.others) ? row_kind::nan : row_kind::good;
    return r;
  }
};

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

  /// e^(value + rest) for a sum <= 0, rounded once.
  SATUR_INLINE static G exp_of_split(math::split<G> const& x) {
    G const kept = math::detail::clamp_below(x.value);
    math::detail::reduced_argument<G> const a = math::detail::reduce(kept);
    G const lost = math::detail::lost_by_reduction(kept, a) + x.rest;
    G const q = math::detail::polynomial(a.r, math::detail::exp_constants<double>::q);
    G const square = math::rounded(a.r * a.r);
    G const tail = math::madd(square, q, math::madd(lost, math::madd(square, q, a.r), lost));
    G const sum = math::rounded(G(1) + a.r);
    G const rest = a.r - math::rounded(sum - G(1));
    return math::detail::times_power_of_two(G(sum + (rest + tail)), a.n);
  }

  /// e^(z - m); z - m keeps its rounding error.
  struct exponential {
    G distance; // z - m, or 0 if e is 0
    G value;
  };
  SATUR_INLINE static exponential exponential_of(G const& x, G const& m, G const& floor) {
    using math::select;
    auto const below = x < floor;
    G const kept = select(below, m, x);
    if constexpr (std::same_as<T, double>) {
      math::split<G> const d = math::exact_sum(kept, G(-m));
      return {d.value, select(below, G(0), exp_of_split(d))};
    } else {
      G const d = kept - m;
      return {d, select(below, G(0), math::detail::exp_nonpositive(d))};
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
        store_narrow(part, y + i, e.value);
      }
      auto const top = x == m;
      G const other = select(top, G(0), e.value);
      if constexpr (std::same_as<T, double>) {
        math::split<G> const sum = math::exact_sum(others, other);
        others = sum.value;
        rest = rest + sum.rest;
      } else {
        others = others + other;
      }
      ties = ties + select(top, G(1), G(0));
      if constexpr (Moments) {
        square = math::madd(other, other, square);
        weighted = math::madd(e.value, e.distance, weighted);
        allowed = allowed + select(x >= G(static_cast<S>(std::numeric_limits<T>::lowest())), G(1), G(0));
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
      store_narrow(part, y + i, exponential_of(load_wide(part, z + i, T(0)), m, floor).value);
    });
  }

  /// Writes z - m - log s. Both parts are negative, so nothing cancels.
  SATUR_INLINE static void write_logarithms(row_sums<T> const& sums, S log_s, T const* z, T* y, std::size_t n) {
    using math::select;
    G const m = G(static_cast<S>(sums.largest));
    G const floor = G(sums.floor());
    G const log_sum = G(log_s);
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

template <class T> SATUR_NOINLINE bool any_nan_in(T const* z, std::size_t n) {
  return std::any_of(z, z + n, [](T x) { return static_cast<bool>(is_nan(x)); });
}
template <class T> SATUR_NOINLINE sum_element<T> log_of_sum(row_summary<T> const& r) { return math::log1p(r.others); }

/// Leaves the probabilities unchanged.
struct unweighted {
  template <class R> SATUR_INLINE double operator()(R) const { return 1.0; }
};
/// A visitor that does nothing.
struct no_visitor {
  template <class S> SATUR_INLINE void close(std::size_t, S const&) const {}
};

/// The output written for each element.
enum class row_output { nothing, probabilities, logarithms };

/// One pass over contiguous rows. y may be z. weight(r) is the factor on the probabilities of row r. visitor.open(r, z,
/// m), if present, is called before anything is written over the row. visitor.close(r, summary) is called after it.
template <class T, row_output Out, bool Moments, class Visitor, class Weight> struct row_pass {
  T const* z;
  T* y;
  row_shape shape;
  Visitor& visitor;
  Weight const& weight;

  template <class L> SATUR_INLINE void run() {
    using steps = row_steps<T, L>;
    using S = sum_element<T>;
    std::size_t const n = shape.length;
    for (std::size_t r = 0; r < shape.rows; ++r) {
      T const* const from = z + r * n;
      T* const to = Out == row_output::nothing ? nullptr : y + r * n;
      row_sums<T> sums;
      steps::add_largest(sums, from, n);
      if constexpr (requires { visitor.open(r, from, sums.largest); }) {
        visitor.open(r, from, sums.largest);
      }
      bool nan = false;
      if (sums.has_sums()) {
        steps::template add_sums<Moments>(sums, from, Out == row_output::probabilities ? to : nullptr, n);
      } else {
        nan = any_nan_in(from, n);
      }
      row_summary<T> const summary = sums.template finish<Moments>(nan);
      if constexpr (Out != row_output::nothing) {
        if (summary.kind != row_kind::good) {
          std::fill_n(to, n, std::numeric_limits<T>::quiet_NaN());
        } else if constexpr (Out == row_output::probabilities) {
          steps::scale(to, n, S(1) + summary.others, static_cast<S>(weight(r)));
        } else {
          steps::write_logarithms(sums, log_of_sum(summary), from, to, n);
        }
      }
      visitor.close(r, summary);
    }
  }
};

/// One step over one piece of a row.
template <class T, bool Moments> struct row_piece {
  enum class step { largest, sums, probabilities, logarithms };
  step what;
  row_sums<T>& sums;
  T const* z;
  T* y;
  std::size_t n;
  sum_element<T> sum;    // s or log s
  sum_element<T> factor; // factor on the probabilities

  template <class L> SATUR_INLINE void run() {
    using steps = row_steps<T, L>;
    if (what == step::largest) {
      steps::add_largest(sums, z, n);
    } else if (what == step::sums) {
      steps::template add_sums<Moments>(sums, z, nullptr, n);
    } else if (what == step::probabilities) {
      steps::write_exponentials(sums, z, y, n);
      steps::scale(y, n, sum, factor);
    } else {
      steps::write_logarithms(sums, sum, z, y, n);
    }
  }
};

/// Calls f(piece, n) over `length` elements from the `at`-th on, read through a buffer.
template <class T, class Reader, class F> void for_each_piece(Reader& from, std::size_t at, std::size_t length, F&& f) {
  constexpr std::size_t most = 1024;
  static_assert(most % row_group_size == 0);
  T piece[most];
  for (std::size_t done = 0; done < length;) {
    std::size_t const n = (std::min)(most, length - done);
    from.read(at + done, n, piece);
    f(static_cast<T const*>(piece), n);
    done += n;
  }
}

/// All rows of any container into any container. y may be null if nothing is written.
template <row_output Out, bool Moments, class Z, class Y, class Visitor, class Weight>
void run_rows(Z const& z, Y* y, row_shape shape, Visitor& visitor, Weight const& weight) {
  using T = value_t<Z>;
  using S = sum_element<T>;
  T const* const from = row_major_data(z);
  T* to = nullptr;
  if constexpr (Out != row_output::nothing) {
    to = row_major_data(*y);
  }
  if (from != nullptr && (to != nullptr || Out == row_output::nothing || size_of(z) == 0)) {
    row_pass<T, Out, Moments, Visitor, Weight> pass{from, to, shape, visitor, weight};
    math::run<T>(pass);
    return;
  }
  using piece = row_piece<T, Moments>;
  using step = typename piece::step;
  number_reader<Z> row(z);
  [[maybe_unused]] auto out = [&] {
    if constexpr (Out != row_output::nothing) {
      return number_writer<Y>(*y);
    } else {
      return 0;
    }
  }();
  [[maybe_unused]] std::size_t out_at = 0;
  for (std::size_t r = 0; r < shape.rows; ++r) {
    row_sums<T> sums;
    bool nan = false;
    auto const go = [&](step what, T const* data, T* written, std::size_t n, S sum, S factor) {
      piece p{what, sums, data, written, n, sum, factor};
      math::run<T>(p);
    };
    std::size_t const at = r * shape.length;
    for_each_piece<T>(row, at, shape.length, [&](T const* data, std::size_t n) {
      go(step::largest, data, nullptr, n, 0, 0);
      nan = nan || any_nan_in(data, n);
    });
    if (sums.has_sums()) {
      for_each_piece<T>(row, at, shape.length,
                        [&](T const* data, std::size_t n) { go(step::sums, data, nullptr, n, 0, 0); });
    }
    row_summary<T> const summary = sums.template finish<Moments>(nan);
    for_each_piece<T>(row, at, shape.length, [&]([[maybe_unused]] T const* data, [[maybe_unused]] std::size_t n) {
      if constexpr (Out != row_output::nothing) {
        T written[1024];
        if (summary.kind != row_kind::good) {
          std::fill_n(written, n, std::numeric_limits<T>::quiet_NaN());
        } else if constexpr (Out == row_output::probabilities) {
          go(step::probabilities, data, written, n, S(1) + summary.others, static_cast<S>(weight(r)));
        } else {
          go(step::logarithms, data, written, n, log_of_sum(summary), 0);
        }
        out.write(out_at, n, written);
        out_at += n;
      }
    });
    visitor.close(r, summary);
  }
}

} // namespace satur::detail
