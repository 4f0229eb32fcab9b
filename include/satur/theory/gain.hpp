/// \file theory/gain.hpp  The factor on the weights with which a layer keeps the size of its signal or of its gradient.
#pragma once

#include "satur/activation/elu.hpp"
#include "satur/activation/identity.hpp"
#include "satur/activation/leaky_relu.hpp"
#include "satur/activation/prelu.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/selu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/theory/moments.hpp"

#include <concepts>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
[[nodiscard]] constexpr double gain_of(double mean_square, std::string_view function, std::string_view what) {
  if (!(mean_square > 0.0) || !is_finite(mean_square)) {
    bad_parameter(function, what, mean_square, "finite and above 0; no gain restores what the activation removes");
  }
  return sqrt_anywhere(1.0 / mean_square);
}
} // namespace detail

namespace theory {

/// The gain that keeps the size of the signal: 1/sqrt(E f(z)^2), z ~ N(0, 1). Weights of variance gain^2/fan-in then
/// give the next layer pre-activations of variance 1 too. A constant expression if value and slope of the activation
/// are.
///
/// Examples: tanh 1.592537419722831, sigmoid 1.846, relu sqrt 2, selu 1.
///
/// Source: the definition (He et al. 2015, section 2.2, for relu); tests/reference/gains.csv.
///
/// Throws std::invalid_argument if E f^2 is 0 or not finite.
template <class A> [[nodiscard]] constexpr double gain(A const& act) {
  return detail::gain_of(moments(act, 0.0, 1.0).mean_squared_output, "theory::gain", "E f(z)^2 at z ~ N(0, 1)");
}

/// The gain that keeps the square of the gradient: 1/sqrt(E f'(z)^2), z ~ N(0, 1), with weights of variance
/// gain^2/fan-out.
///
/// Examples: equal to `gain` for relu and leaky relu only; tanh 1.467413591630795, sigmoid 4.72, selu 0.966.
///
/// Throws std::invalid_argument if E f'^2 is 0 or not finite.
template <class A> [[nodiscard]] constexpr double backward_gain(A const& act) {
  return detail::gain_of(moments(act, 0.0, 1.0).mean_squared_derivative, "theory::backward_gain",
                         "E f'(z)^2 at z ~ N(0, 1)");
}

/// The gain in PyTorch's table (torch.nn.init.calculate_gain), and NaN for an activation that it does not list.
///
/// The table is a convention. At z ~ N(0, 1) sigmoid 1 and tanh 5/3 do not keep E f^2 (1 times E f^2 is 0.293; 25/9
/// times E f^2 is 1.095, and the square of the gradient grows by 1.29 a layer). selu 3/4 replaces its fixed point by
/// one nearer 0. Only identity, relu and leaky relu have the value of `gain`.
template <class A> [[nodiscard]] constexpr double conventional_gain(A const& act) {
  if constexpr (std::same_as<A, identity> || std::same_as<A, sigmoid>) {
    return 1.0;
  } else if constexpr (std::same_as<A, tanh>) {
    return 5.0 / 3.0;
  } else if constexpr (std::same_as<A, relu>) {
    return detail::sqrt_anywhere(2.0);
  } else if constexpr (std::same_as<A, leaky_relu> || std::same_as<A, prelu>) {
    return detail::sqrt_anywhere(2.0 / (1.0 + act.negative_slope * act.negative_slope));
  } else if constexpr (std::same_as<A, selu>) {
    return 0.75;
  } else {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

/// The constants of lambda (z for z > 0, else alpha (e^z - 1)) that keep mean 0 and the variance of z ~ N(0, variance).
struct self_normalizing {
  double lambda;
  double alpha;
};

/// Solves for the constants of selu: 1.0507009873554805 and 1.6732632423543772 at variance 1. E elu is linear in alpha,
/// so two moments give the alpha with mean 0, and a third gives the lambda that keeps the variance.
///
/// Source: Klambauer, Unterthiner, Mayr, Hochreiter 2017, section 2 and equation 14.
///
/// Throws std::invalid_argument unless the variance is finite and above 0.
[[nodiscard]] inline self_normalizing selu_constants(double variance = 1.0) {
  detail::require_law("theory::selu_constants", 0.0, variance);
  if (variance == 0.0) {
    detail::bad_parameter("theory::selu_constants", "variance", variance, "a finite number > 0");
  }
  double const right = moments(relu{}, 0.0, variance).mean_output;
  double const left = moments(elu{1.0}, 0.0, variance).mean_output - right;
  double const alpha = -right / left;
  return {std::sqrt(variance / moments(elu{alpha}, 0.0, variance).mean_squared_output), alpha};
}

} // namespace theory
}} // namespace satur::SATUR_ABI
