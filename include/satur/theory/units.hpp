/// \file theory/units.hpp  Predicts each unit of a layer from its actual weights and the moments of its inputs.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/theory/moments.hpp"
#include "satur/theory/predict.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace theory {

/// Means and variances of independent numbers: the inputs or the outputs of a layer.
struct element_laws {
  std::vector<double> mean{};
  std::vector<double> variance{};
};

/// The distribution of z over inputs for each unit, with fixed weights.
struct unit_laws {
  std::vector<double> mean{};     ///< sum_i w_i m_i + b: the offset, equal for all inputs
  std::vector<double> variance{}; ///< sum_i w_i^2 v_i

  [[nodiscard]] std::size_t units() const { return mean.size(); }
  /// P(z < -t) and P(z > t), averaged over the units; NaN if there are none. For one unit call probability_below.
  [[nodiscard]] double below(double t) const {
    return average([t](double m, double v) { return probability_below(-t, m, v); });
  }
  [[nodiscard]] double above(double t) const {
    return average([t](double m, double v) { return probability_above(t, m, v); });
  }
  /// E f'(z), averaged over the units.
  template <class A> [[nodiscard]] double mean_derivative(A const& act) const {
    return average([&act](double m, double v) { return moments(act, m, v).mean_derivative; });
  }
  /// 1 - mean slope / peak slope.
  template <class A> [[nodiscard]] double slope_saturation(A const& act) const {
    return 1.0 - mean_derivative(act) / satur::peak_slope_of(act);
  }
  /// The share of E z^2 that comes from the offsets of the units, which are equal for all inputs. If it is near 1, the
  /// same units are saturated for every input, and centered inputs help more than smaller weights.
  [[nodiscard]] double offset_share() const {
    double offset = 0.0;
    double whole = 0.0;
    for (std::size_t j = 0; j < mean.size(); ++j) {
      offset += mean[j] * mean[j];
      whole += mean[j] * mean[j] + variance[j];
    }
    return offset / whole;
  }
  /// Moments of f(z) for each unit: the input of the next layer. Takes some microseconds for each unit.
  template <class A> [[nodiscard]] element_laws outputs(A const& act) const {
    element_laws out;
    for (std::size_t j = 0; j < mean.size(); ++j) {
      gaussian_moments const m = moments(act, mean[j], variance[j]);
      out.mean.push_back(m.mean_output);
      out.variance.push_back(m.variance_output);
    }
    return out;
  }

private:
  template <class F> [[nodiscard]] double average(F f) const {
    double sum = 0.0;
    for (std::size_t j = 0; j < mean.size(); ++j) {
      sum += f(mean[j], variance[j]);
    }
    return sum / static_cast<double>(mean.size());
  }
};

/// What theory expects of the units of a layer with given weights, before a forward pass.
struct unit_prediction {
  unit_laws z;                 ///< each unit's distribution over inputs
  double threshold = 0;        ///< t
  double below = 0;            ///< P(z < -t), averaged over the units
  double above = 0;            ///< P(z > t)
  double mean_derivative = 0;  ///< E f'(z), the mean slope
  double slope_saturation = 0; ///< 1 - mean slope / peak slope (stated, or searched for)

  /// P(|z| > t): the saturated fraction to expect.
  [[nodiscard]] double fraction() const { return below + above; }
};

/// The saturated fraction and the mean slope of units whose z are distributed so; NaN if there are none. Costs some
/// microseconds for each unit. Throws std::invalid_argument if the threshold is negative, infinite or NaN.
template <class A>
  requires activation<A, double> || activation<A, float>
[[nodiscard]] unit_prediction predicted(unit_laws z, A const& act, double threshold = 5.0) {
  if (!detail::is_finite(threshold) || threshold < 0.0) {
    detail::bad_parameter("theory::predicted", "threshold", threshold, "0 or a positive number");
  }
  unit_prediction p;
  p.z = std::move(z);
  p.threshold = threshold;
  p.below = p.z.below(threshold);
  p.above = p.z.above(threshold);
  p.mean_derivative = p.z.mean_derivative(act);
  p.slope_saturation = 1.0 - p.mean_derivative / satur::peak_slope_of(act);
  return p;
}

} // namespace theory

namespace detail {

/// Element i of a list, or the number itself if one number stands for all.
template <class M> [[nodiscard]] double element(M const& m, std::size_t i) {
  if constexpr (std::is_arithmetic_v<M>) {
    return static_cast<double>(m);
  } else {
    return static_cast<double>(m[i]);
  }
}
template <class M> void require_length(std::string_view function, M const& m, char const* what, std::size_t expected) {
  if constexpr (!std::is_arithmetic_v<M>) {
    if (static_cast<std::size_t>(m.size()) != expected) {
      bad_shape(function, what, shape_text({static_cast<std::size_t>(m.size())}), shape_text({expected}));
    }
  }
}
template <class M>
concept number_or_list = std::is_arithmetic_v<std::remove_cvref_t<M>> || requires(M const& m) {
  { m[std::size_t{}] } -> std::convertible_to<double>;
  { m.size() } -> std::convertible_to<std::size_t>;
};
template <class W>
concept matrix = requires(W const& w) {
  { w(std::size_t{}, std::size_t{}) } -> std::convertible_to<double>;
  { w.shape()[0] } -> std::convertible_to<std::size_t>;
  { w.shape().size() } -> std::convertible_to<std::size_t>;
};

/// theory::predict from weight(i, j); `function` is the name in error messages.
template <class At, class B, class M, class V>
[[nodiscard]] theory::unit_laws predict_units(std::string_view function, At const& weight, fans size, B const& b,
                                              M const& input_mean, V const& input_variance) {
  require_length(function, b, "the bias", size.out);
  require_length(function, input_mean, "the mean of the input", size.in);
  require_length(function, input_variance, "the variance of the input", size.in);
  theory::unit_laws z;
  for (std::size_t j = 0; j < size.out; ++j) {
    z.mean.push_back(element(b, j));
  }
  z.variance.assign(size.out, 0.0);
  for (std::size_t i = 0; i < size.in; ++i) {
    double const m = element(input_mean, i);
    double const v = element(input_variance, i);
    if (!is_finite(m) || !is_finite(v) || v < 0.0) { // the message is built only if it is needed
      require_law(message(function, " (of the input)"), m, v);
    }
    for (std::size_t j = 0; j < size.out; ++j) {
      double const w = static_cast<double>(weight(i, j));
      z.mean[j] += w * m;
      z.variance[j] += w * w * v;
    }
  }
  for (std::size_t j = 0; j < size.out; ++j) {
    if (!is_finite(z.mean[j]) || !is_finite(z.variance[j])) {
      bad_parameter(function,
                    message("z of unit ", j, " of ", size.out, ": mean ", number_text(z.mean[j]), "; its variance"),
                    z.variance[j], "both finite; a weight or a bias of this unit is infinite, NaN or too large");
    }
  }
  return z;
}

} // namespace detail

namespace theory {

/// Predicts each unit from actual weights: E z = sum_i w_ij m_i + b_j and Var z = sum_i w_ij^2 v_i, for independent
/// inputs. Cost: one pass over the weights.
///
/// The mean shows an effect of large weights beside the spread of z: same-sign weights on positive inputs push a unit
/// to one side for every input.
///
/// w: shape (in, out), anything with w(i, j) and shape(); b: (out), or 0; input_mean and input_variance: (in) each, or
/// one number for all.
///
/// Throws shape_error if the shapes do not match, std::invalid_argument if a variance is negative or a number is not
/// finite.
template <detail::matrix W, detail::number_or_list B, detail::number_or_list M, detail::number_or_list V>
[[nodiscard]] unit_laws predict(W const& w, B const& b, M const& input_mean, V const& input_variance) {
  if (w.shape().size() != 2) {
    detail::bad_shape("theory::predict", "the weight", detail::shape_text(w.shape()), "(in, out)");
  }
  fans const size{static_cast<std::size_t>(w.shape()[0]), static_cast<std::size_t>(w.shape()[1])};
  return detail::predict_units(
      "theory::predict", [&w](std::size_t i, std::size_t j) { return w(i, j); }, size, b, input_mean, input_variance);
}

/// Predicts from contiguous memory, row-major (in, out).
template <std::floating_point T, detail::number_or_list B, detail::number_or_list M, detail::number_or_list V>
[[nodiscard]] unit_laws predict(std::span<T const> w, fans size, B const& b, M const& input_mean,
                                V const& input_variance) {
  detail::checked(size, "theory::predict");
  if (w.size() / size.in != size.out || w.size() % size.in != 0) {
    detail::bad_shape("theory::predict", "the weight", detail::shape_text({w.size()}),
                      detail::message(size.in, " times ", size.out, " numbers, row-major (in, out)"));
  }
  T const* const first = w.data();
  std::size_t const out = size.out;
  return detail::predict_units(
      "theory::predict", [=](std::size_t i, std::size_t j) { return first[i * out + j]; }, size, b, input_mean,
      input_variance);
}

} // namespace theory
}} // namespace satur::SATUR_ABI
