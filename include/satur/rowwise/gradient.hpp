/// \file rowwise/gradient.hpp  Backward pass through softmax and log_softmax, row by row.
#pragma once

#include "satur/rowwise/pass.hpp"

#include <cmath>

namespace satur::inline SATUR_ABI::detail {

/// dx = p (dy - sum p dy), computed as p ((dy - c) - t) with c = dy at the largest p and t = sum p (dy - c). The term
/// index of the largest p p is exactly 0, so the gradient keeps its digits if p rounds to 1.
struct softmax_gradient {
  template <class G> SATUR_INLINE static G term(G const& p, G const& dy, G const& c) { return p * (dy - c); }
  template <class T, class G> SATUR_INLINE static G result(G const& p, G const& dy, G const& c, G const& t) {
    return p * ((dy - c) - t);
  }
  template <class S> static S total(S, S t) { return t; }
  static constexpr bool leaves_largest = false;
};

/// dx = dy - p g, g = sum dy, p = e^y. At the largest p it is computed as -(g - dy) - (p - 1) g, where p - 1 =
/// expm1(y).
struct log_softmax_gradient {
  template <class G> SATUR_INLINE static G term(G const&, G const& dy, G const&) { return dy; }
  template <class T, class G> SATUR_INLINE static G result(G const& y, G const& dy, G const&, G const& g) {
    using math::select;
    if constexpr (!math::real_lanes<G>) {
      return dy - math::rounded(math::detail::exp_nonpositive(y) * g);
    } else if constexpr (std::same_as<T, float>) { // below -700 p g is 0 in float for every g
      G const p = math::detail::exp_nonpositive(G(math::maximum(G(-700), y)));
      return dy - zero_in_float<T>(G(math::rounded(p * g)));
    } else {
      // e^y is 1 from -2^-60 on, and products of a smaller y would be subnormal. If g is 0, every p gives 0. Else p is
      // subnormal below y = -708; to leave it out where p g changes nothing would cost the pass 8 %.
      G const least = select(g == G(0), G(-650), G(-746));
      G const p = math::detail::exp_nonpositive(G(math::maximum(least, G(math::minimum(G(-0x1p-60), y)))));
      return dy - math::rounded(p * g);
    }
  }
  template <class S> static S total(S c, S others) { return c + others; }
  static constexpr bool leaves_largest = true;
};

/// The sums of a row in the backward pass.
template <class T> struct gradient_sums {
  using S = sum_element<T>;
  T best = -std::numeric_limits<T>::infinity();
  std::size_t at = 0; // index of the largest p
  S center = 0;       // dy at the largest p
  S sums[row_group_size] = {};
  S total = 0;
};

template <class Rule, class T> struct gradient_piece {
  using S = sum_element<T>;
  enum class step { sums, results };
  step what;
  gradient_sums<T>& row;
  std::size_t offset; // offset of the piece in its row
  T const* y;
  T const* dy;
  T* dx;
  std::size_t n;

  template <class L> SATUR_INLINE void run() {
    using G = row_group<L>;
    G const c = G(row.center);
    if (what == step::sums) {
      G sum = math::load_group<G>(row.sums);
      for_each_register<G>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
        G const term = Rule::term(load_wide(part, y + i, T(0)), load_wide(part, dy + i, T(0)), c);
        bool const here = Rule::leaves_largest && row.at >= offset + i && row.at < offset + i + part.count;
        if (part.whole && !here) {
          sum = sum + math::rounded(term);
          return;
        }
        S terms[width_of<G>];
        math::store(static_cast<S*>(terms), term);
        for (std::size_t k = 0; k < width_of<G>; ++k) {
          if (k >= part.count || (here && offset + i + k == row.at)) {
            terms[k] = 0;
          }
        }
        sum = sum + math::load_group<G>(terms);
      });
      math::store(static_cast<S*>(row.sums), sum);
      return;
    }
    G const total = G(Rule::total(row.center, row.total));
    for_each_register<G>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      store_narrow(part, dx + i,
                   Rule::template result<T>(load_wide(part, y + i, T(0)), load_wide(part, dy + i, T(0)), c, total));
    });
  }
};

template <class T> SATUR_NOINLINE T largest_log_gradient(gradient_sums<T> const& row) {
  using S = sum_element<T>;
  S const g = row.center + row.total;
  S const y = static_cast<S>(row.best);
  if (y > S(-0x1p-960) && std::fabs(row.total) > S(0x1p-900) && std::fabs(g) * S(0x1p-60) < std::fabs(row.total)) {
    return static_cast<T>(-row.total); // a product that changes nothing, and would be subnormal
  }
  S const p_minus_1 = y > S(-0x1p-60) ? y : math::expm1(y); // the same number, and no square that underflows
  return static_cast<T>(-row.total - p_minus_1 * g);
}

/// Writes dx from y and dy, for any containers. dx may be dy.
template <class Rule, class Y, class D, class X> void run_gradient(Y const& y, D const& dy, X& dx, row_shape shape) {
  using T = value_t<Y>;
  using piece = gradient_piece<Rule, T>;
  using step = typename piece::step;
  constexpr std::size_t most = 1024;
  number_reader<Y> y_rows(y);
  number_reader<D> dy_rows(dy);
  number_writer<X> out(dx);
  T const* const y_data = row_major_data(y);
  T const* const dy_data = row_major_data(dy);
  T* const dx_data = row_major_data(dx);
  bool const direct = y_data != nullptr && dy_data != nullptr && dx_data != nullptr;
  for (std::size_t r = 0; r < shape.rows; ++r) {
    gradient_sums<T> row;
    T const* const y_from = direct ? y_data + r * shape.length : nullptr;
    T const* const dy_from = direct ? dy_data + r * shape.length : nullptr;
    // Runs f(offset, y, dy, n) over the row, in one piece or several.
    auto const over_row = [&](auto&& f) {
      if (direct) {
        f(std::size_t{0}, y_from, dy_from, shape.length);
        return;
      }
      T some_y[most];
      T some_dy[most];
      for (std::size_t done = 0; done < shape.length;) {
        std::size_t const n = (std::min)(most, shape.length - done);
        y_rows.read(r * shape.length + done, n, some_y);
        dy_rows.read(r * shape.length + done, n, some_dy);
        f(done, static_cast<T const*>(some_y), static_cast<T const*>(some_dy), n);
        done += n;
      }
    };
    bool found = false;
    over_row([&](std::size_t offset, T const* values, T const* gradients, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        if (!found || values[i] > row.best) {
          row.best = values[i];
          row.at = offset + i;
          row.center = static_cast<sum_element<T>>(gradients[i]);
          found = true;
        }
      }
    });
    over_row([&](std::size_t offset, T const* values, T const* gradients, std::size_t n) {
      piece p{step::sums, row, offset, values, gradients, nullptr, n};
      math::run<T>(p);
    });
    row.total = row_sums<T>::total(row.sums);
    T const at_largest = Rule::leaves_largest ? largest_log_gradient(row) : T(0);
    over_row([&](std::size_t offset, T const* values, T const* gradients, std::size_t n) {
      T some[most];
      T* const to = direct ? dx_data + r * shape.length : some;
      piece p{step::results, row, offset, values, gradients, to, n};
      math::run<T>(p);
      if (Rule::leaves_largest && row.at >= offset && row.at < offset + n) {
        to[row.at - offset] = at_largest;
      }
      if (!direct) {
        out.write(r * shape.length + offset, n, to);
      }
    });
  }
}

} // namespace satur::inline SATUR_ABI::detail
