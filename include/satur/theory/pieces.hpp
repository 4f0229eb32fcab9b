/// \file theory/pieces.hpp  Activations composed of straight lines and parabolas. Their Gaussian integrals have closed
/// forms.
#pragma once

#include "satur/activation/hard_shrink.hpp"
#include "satur/activation/hard_sigmoid.hpp"
#include "satur/activation/hard_sigmoid_keras2.hpp"
#include "satur/activation/hard_swish.hpp"
#include "satur/activation/hard_tanh.hpp"
#include "satur/activation/identity.hpp"
#include "satur/activation/leaky_relu.hpp"
#include "satur/activation/prelu.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/relu6.hpp"
#include "satur/activation/soft_shrink.hpp"
#include "satur/activation/sparse_plus.hpp"
#include "satur/activation/sparse_sigmoid.hpp"
#include "satur/activation/threshold.hpp"
#include "satur/theory/quadrature.hpp"

#include <algorithm>
#include <array>

namespace satur::inline SATUR_ABI::detail {

/// f(z) = c0 + c1 z + c2 z^2 for from < z < to.
struct polynomial_piece {
  double from;
  double to;
  double c0;
  double c1;
  double c2;
};

/// pieces_of<A>::get(act): the pieces from -inf to inf. It matches the exact type, because a derived struct may
/// override the functions.
template <class A> struct pieces_of {};
template <class A>
concept piecewise = requires(A const& act) { pieces_of<A>::get(act); };

template <> struct pieces_of<identity> {
  static constexpr std::array<polynomial_piece, 1> get(identity const&) {
    return {polynomial_piece{-unbounded, unbounded, 0, 1, 0}};
  }
};
template <> struct pieces_of<relu> {
  static constexpr std::array<polynomial_piece, 2> get(relu const&) {
    return {polynomial_piece{-unbounded, 0, 0, 0, 0}, polynomial_piece{0, unbounded, 0, 1, 0}};
  }
};
template <> struct pieces_of<leaky_relu> {
  static constexpr std::array<polynomial_piece, 2> get(leaky_relu const& act) {
    return {polynomial_piece{-unbounded, 0, 0, act.negative_slope, 0}, polynomial_piece{0, unbounded, 0, 1, 0}};
  }
};
template <> struct pieces_of<prelu> {
  static constexpr std::array<polynomial_piece, 2> get(prelu const& act) {
    return {polynomial_piece{-unbounded, 0, 0, act.negative_slope, 0}, polynomial_piece{0, unbounded, 0, 1, 0}};
  }
};
/// Three pieces: constant, a line, constant.
[[nodiscard]] constexpr std::array<polynomial_piece, 3> clipped(double from, double to, double c0, double c1,
                                                                double low, double high) {
  return {polynomial_piece{-unbounded, from, low, 0, 0}, polynomial_piece{from, to, c0, c1, 0},
          polynomial_piece{to, unbounded, high, 0, 0}};
}
template <> struct pieces_of<hard_tanh> {
  static constexpr auto get(hard_tanh const& act) { return clipped(act.low, act.high, 0, 1, act.low, act.high); }
};
template <> struct pieces_of<hard_sigmoid> {
  static constexpr auto get(hard_sigmoid const&) { return clipped(-3, 3, 0.5, 1.0 / 6.0, 0, 1); }
};
template <> struct pieces_of<hard_sigmoid_keras2> {
  static constexpr auto get(hard_sigmoid_keras2 const&) { return clipped(-2.5, 2.5, 0.5, 0.2, 0, 1); }
};
template <> struct pieces_of<sparse_sigmoid> {
  static constexpr auto get(sparse_sigmoid const&) { return clipped(-1, 1, 0.5, 0.5, 0, 1); }
};
template <> struct pieces_of<relu6> {
  static constexpr auto get(relu6 const&) { return clipped(0, 6, 0, 1, 0, 6); }
};
template <> struct pieces_of<soft_shrink> {
  static constexpr std::array<polynomial_piece, 3> get(soft_shrink const& act) {
    double const w = act.width;
    return {polynomial_piece{-unbounded, -w, w, 1, 0}, polynomial_piece{-w, w, 0, 0, 0},
            polynomial_piece{w, unbounded, -w, 1, 0}};
  }
};
template <> struct pieces_of<hard_shrink> {
  static constexpr std::array<polynomial_piece, 3> get(hard_shrink const& act) {
    double const w = act.width;
    return {polynomial_piece{-unbounded, -w, 0, 1, 0}, polynomial_piece{-w, w, 0, 0, 0},
            polynomial_piece{w, unbounded, 0, 1, 0}};
  }
};
template <> struct pieces_of<threshold> {
  static constexpr std::array<polynomial_piece, 2> get(threshold const& act) {
    return {polynomial_piece{-unbounded, act.level, act.otherwise, 0, 0},
            polynomial_piece{act.level, unbounded, 0, 1, 0}};
  }
};
template <> struct pieces_of<hard_swish> {
  static constexpr std::array<polynomial_piece, 3> get(hard_swish const&) {
    return {polynomial_piece{-unbounded, -3, 0, 0, 0}, polynomial_piece{-3, 3, 0, 0.5, 1.0 / 6.0},
            polynomial_piece{3, unbounded, 0, 1, 0}};
  }
};
template <> struct pieces_of<sparse_plus> {
  static constexpr std::array<polynomial_piece, 3> get(sparse_plus const&) {
    return {polynomial_piece{-unbounded, -1, 0, 0, 0}, polynomial_piece{-1, 1, 0.25, 0.5, 0.25},
            polynomial_piece{1, unbounded, 0, 1, 0}};
  }
};

/// True if [a, b], in standard deviations, is so narrow that `partial_moments` cancel. Then quadrature is used.
[[nodiscard]] constexpr bool narrow(double a, double b) {
  return a < b && (b - a) * (std::max)({1.0, a < 0 ? -a : a, b < 0 ? -b : b}) < 1.0;
}

/// J_k = integral of t^k phi(t) over [a, b], k = 0 ... 8: J_0 is computed from the tail that does not cancel, then J_k
/// = (k-1) J_{k-2} + a^{k-1} phi(a) - b^{k-1} phi(b), from t phi = -phi'. [a, b] must not be narrow.
using partial_moments_t = std::array<double, 9>;
[[nodiscard]] constexpr partial_moments_t partial_moments(double a, double b) {
  partial_moments_t j{};
  if (!(a < b)) {
    return j;
  }
  double at_a = normal_density(a); // multiplied by powers of a below; 0 if a is infinite
  double at_b = normal_density(b);
  double const p = at_a > 0 ? a : 0.0;
  double const q = at_b > 0 ? b : 0.0;
  j[0] = a >= 0   ? normal_above(a) - normal_above(b)
         : b <= 0 ? normal_below(b) - normal_below(a)
                  : 1.0 - normal_below(a) - normal_above(b);
  j[1] = at_a - at_b;
  for (std::size_t k = 2; k < j.size(); ++k) {
    at_a *= p;
    at_b *= q;
    j[k] = static_cast<double>(k - 1) * j[k - 2] + at_a - at_b;
  }
  return j;
}

} // namespace satur::inline SATUR_ABI::detail
