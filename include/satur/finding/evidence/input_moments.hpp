/// \file finding/evidence/input_moments.hpp  Mean and variance of each input of a layer, over samples.
#pragma once

#include "satur/array/row_major.hpp"
#include "satur/array/shape.hpp"
#include "satur/error.hpp"
#include "satur/simd/special_values.hpp"

#include <cstddef>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Mean and variance of each input of a layer, over samples.
struct input_moments {
  std::vector<double> mean;
  std::vector<double> variance; ///< population variance (divides by n)
};

namespace detail {

/// moments_of_inputs; `function` and `what` are named in errors.
template <class A>
[[nodiscard]] input_moments moments_of_columns(char const* function, char const* what, A const& a, std::size_t inputs) {
  auto const memory = memory_of(function, what, a);
  if (inputs == 0 || memory.empty() || memory.size() % inputs != 0) {
    bad_shape(function, what, shape_text({memory.size()}), message("(samples, ", inputs, ')'));
  }
  std::size_t const samples = memory.size() / inputs;
  double const n = static_cast<double>(samples);
  input_moments m{std::vector<double>(inputs), std::vector<double>(inputs)};
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t i = 0; i < inputs; ++i) {
      m.mean[i] += static_cast<double>(memory[s * inputs + i]);
    }
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    m.mean[i] /= n;
    if (!detail::is_finite(m.mean[i])) { // the sum overflows, the mean may not
      m.mean[i] = 0.0;
      for (std::size_t s = 0; s < samples; ++s) {
        m.mean[i] += static_cast<double>(memory[s * inputs + i]) / n;
      }
    }
  }
  for (std::size_t s = 0; s < samples; ++s) { // two passes: no cancellation
    for (std::size_t i = 0; i < inputs; ++i) {
      double const d = static_cast<double>(memory[s * inputs + i]) - m.mean[i];
      m.variance[i] += d * d;
    }
  }
  for (double& variance : m.variance) {
    variance /= n;
  }
  return m;
}

} // namespace detail

/// Mean and variance of each input over samples. Shape: a (samples, inputs), row-major, in any contiguous container.
/// Throws shape_error if a is empty or its size is not a multiple of inputs.
template <class A> [[nodiscard]] input_moments moments_of_inputs(A const& a, std::size_t inputs) {
  return detail::moments_of_columns("moments_of_inputs", "a", a, inputs);
}

}} // namespace satur::SATUR_ABI
