/// \file testing/kernel/cause/formulas.hpp  What a usual formula is: it loses digits, overflows, or lacks a constant,
/// and is evaluated in the kernel's own arithmetic.
#pragma once

#include "satur/testing/kernel/cause/rounded.hpp"

#include <string_view>

namespace satur::inline SATUR_ABI::testing::detail {

/// What a formula is given. `p` is the parameter of the activation; y = f(z), rounded as the kernel may have it.
struct formula_input {
  rounded z;
  rounded y;
  rounded dy;
  double p;
};

/// A formula as people write it, what is wrong with it, and what to write instead.
struct usual_formula {
  std::string_view of; ///< the activation
  bool slope;
  char const* what;
  rounded (*result)(formula_input const&);
  bool takes_dy = false; ///< else the result is multiplied by it
};

inline constexpr double root_half = 0.70710678118654752440;      // sqrt(1/2)
inline constexpr double root_2_by_pi = 0.79788456080286535588;   // sqrt(2/pi)
inline constexpr double root_1_by_2pi = 0.39894228040143267794;  // sqrt(1/(2 pi))
inline constexpr double two_by_root_pi = 1.12837916709551257390; // 2/sqrt(pi)
inline constexpr double selu_lambda = 1.0507009873554804934;
inline constexpr double selu_alpha = 1.6732632423543772848;

inline rounded plain_sigmoid(rounded const& z) { return 1.0 / (1.0 + exp(-z)); }
inline rounded power_for_exp(rounded const& x) {
  rounded a = 1.0 + x / 1024.0;
  for (int n = 0; n < 10; ++n) {
    a = a * a;
  }
  return a;
}
inline rounded cubic(rounded const& z, double c) { return root_2_by_pi * (z + c * z * z * z); }
inline rounded gate(rounded const& z, rounded const& u) { return 0.5 * z * (1.0 + tanh(u)); }
inline rounded plain_relu(rounded const& z) { return z < 0.0 ? z.made(0.0) : z; }
inline rounded plain_cdf(rounded const& z) { return 0.5 * (1.0 + erf(z * root_half)); }

using in = formula_input const&;

} // namespace satur::inline SATUR_ABI::testing::detail
