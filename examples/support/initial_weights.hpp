// Initializers by name, for a choice at run time.
#pragma once

#include <satur/initializer.hpp>
#include <satur/theory.hpp>

#include <cmath>
#include <concepts>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace support {

/// U(-1/sqrt(in), 1/sqrt(in)): the common rule before Glorot's (their equation 1).
struct standard {
  double gain = 1;
  [[nodiscard]] double stddev(satur::fans f) const { return gain / std::sqrt(3.0 * static_cast<double>(f.in)); }
  template <std::floating_point T> void fill(std::span<T> out, satur::fans f, satur::sampler const& random) const {
    double const half_width = gain / std::sqrt(static_cast<double>(f.in));
    satur::uniform{-half_width, half_width}.fill(out, f, random);
  }
};

/// An initializer that is chosen at run time.
class any_initializer {
public:
  template <class I>
    requires(!std::same_as<I, any_initializer>)
  any_initializer(I const& rule) // NOLINT: an initializer is one of any
      : fill_([rule](std::span<float> out, satur::fans f, satur::sampler const& random) { rule.fill(out, f, random); }),
        law_([rule](satur::fans f) { return satur::theory::law_of(rule, f); }) {}

  void fill(std::span<float> out, satur::fans f, satur::sampler const& random) const { fill_(out, f, random); }
  /// The prediction for a layer.
  [[nodiscard]] satur::theory::layer_law law(satur::fans f) const { return law_(f); }
  [[nodiscard]] double stddev(satur::fans f) const { return std::sqrt(law_(f).weight_variance); }

private:
  std::function<void(std::span<float>, satur::fans, satur::sampler const&)> fill_;
  std::function<satur::theory::layer_law(satur::fans)> law_;
};

/// All initializers by name, for a gain.
inline std::map<std::string, any_initializer> initializers(double gain) {
  return {
      {"standard", standard{gain}},
      {"glorot_uniform", satur::glorot_uniform{gain}},
      {"glorot_normal", satur::glorot_normal{gain}},
      {"he_uniform", satur::he_uniform{0.0, gain}},
      {"he_normal", satur::he_normal{0.0, gain}},
      {"lecun_uniform", satur::lecun_uniform{gain}},
      {"lecun_normal", satur::lecun_normal{gain}},
      {"orthogonal", satur::orthogonal{gain}},
      {"uniform", satur::uniform{-0.05 * gain, 0.05 * gain}},
      {"normal", satur::normal{0.0, 0.05 * gain}},
      {"constant", satur::constant{0.05 * gain}},
      {"zeros", satur::zeros{}},
  };
}

} // namespace support
