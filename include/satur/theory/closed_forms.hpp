/// \file theory/closed_forms.hpp  Closed forms of Gaussian integrals for activations that are not polynomials.
#pragma once

#include "satur/activation/erf.hpp"
#include "satur/activation/exponential.hpp"
#include "satur/activation/gelu.hpp"
#include "satur/theory/normal_law.hpp"

#include <cmath>
#include <concepts>
#include <numbers>

namespace satur::inline SATUR_ABI::detail {

template <class A>
inline constexpr bool has_closed_moments =
    std::same_as<A, erf> || std::same_as<A, gelu> || std::same_as<A, exponential>;

/// Replaces the quadrature by the closed forms, where they exist. Requires m.variance > 0.
///
/// Source, for erf: C. K. I. Williams, "Computation with infinite neural networks", 1998, equation 11 (the arcsine
/// kernel, here of one argument). The rest follows by differentiation of E erf(z) = erf(mean / sqrt(1 + 2q)).
template <class M> void closed_moments(erf const&, M& m) {
  double const q = m.variance;
  double const two = 1.0 + 2.0 * q;
  double const four = 1.0 + 4.0 * q;
  double const mu = m.mean;
  using std::numbers::pi;
  m.mean_output = std::erf(mu / std::sqrt(two));
  m.mean_derivative = 2.0 / std::sqrt(pi * two) * std::exp(-mu * mu / two);
  m.mean_squared_derivative = 4.0 / (pi * std::sqrt(four)) * std::exp(-2.0 * mu * mu / four);
  if (mu == 0.0) {
    m.mean_squared_output = 2.0 / pi * std::asin(2.0 * q / two);
    m.variance_output = m.mean_squared_output;
    m.output_growth = 4.0 / (pi * two * std::sqrt(four));
  } else {
    m.mean_squared_output = m.mean_output * m.mean_output + m.variance_output;
  }
}

/// gelu = z Phi(z), at mean 0 only, by integration by parts (docs/theory.md).
template <class M> void closed_moments(gelu const&, M& m) {
  if (m.mean != 0.0) {
    return;
  }
  double const q = m.variance;
  double const one = 1.0 + q;
  double const two = 1.0 + 2.0 * q;
  double const root = std::sqrt(two);
  using std::numbers::pi;
  double const angle = std::asin(q / one) / (2.0 * pi);
  double const last = q * q / (pi * one * root);
  m.mean_output = q / std::sqrt(2.0 * pi * one);
  m.mean_squared_output = q * (0.25 + angle) + last;
  m.variance_output = m.mean_squared_output - m.mean_output * m.mean_output;
  m.mean_derivative = 0.5;
  m.derivative_growth = 0.0;
  m.mean_squared_derivative = 0.25 + angle + q * (3.0 + 5.0 * q) / (2.0 * pi * one * two * root);
  m.output_growth = 0.25 + angle + q / (2.0 * pi * one * root) + last * (2.0 / q - 1.0 / one - 1.0 / two);
}

/// e^z: the log-normal distribution.
template <class M> void closed_moments(exponential const&, M& m) {
  double const q = m.variance;
  m.mean_output = std::exp(m.mean + 0.5 * q);
  m.variance_output = std::exp(2.0 * m.mean + q) * std::expm1(q);
  m.mean_squared_output = std::exp(2.0 * (m.mean + q));
  m.mean_fourth_output = std::exp(4.0 * (m.mean + 2.0 * q));
  m.mean_derivative = m.mean_output;
  m.mean_squared_derivative = m.mean_squared_output;
  m.output_growth = 2.0 * m.mean_squared_output;
  m.derivative_growth = 0.5 * m.mean_output;
}

} // namespace satur::inline SATUR_ABI::detail
