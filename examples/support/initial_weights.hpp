// Initializers by name, for a choice at run time.
#pragma once

#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/theory.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <string>

namespace support {

/// U(-1/sqrt(in), 1/sqrt(in)): what everybody used before Glorot's rule (their equation 1).
struct standard {
  double gain = 1;
  [[nodiscard]] double stddev(satur::fans f) const { return gain / std::sqrt(3.0 * static_cast<double>(f.in)); }
  template <std::floating_point T> void fill(std::span<T> out, satur::fans f, satur::sampler const& random) const {
    double const half_width = gain / std::sqrt(static_cast<double>(f.in));
    satur::uniform{-half_width, half_width}.fill(out, f, random);
  }
};

/// How a rule fills a layer, and what it will fill it with.
struct initial_weights {
  std::function<satur::dense<float>(std::size_t in, std::size_t out, double gain, std::mt19937_64&)> make;
  std::function<satur::theory::layer_law(satur::fans, double gain)> law;
};

/// `rule(gain)` gives the initializer.
template <class Rule> initial_weights by(Rule rule) {
  return {[rule](std::size_t in, std::size_t out, double gain, std::mt19937_64& urbg) {
            return satur::dense<float>{in, out, rule(gain), urbg};
          },
          [rule](satur::fans f, double gain) { return satur::theory::law_of(rule(gain), f); }};
}

inline std::map<std::string, initial_weights> const& initializers() {
  static std::map<std::string, initial_weights> const all{
      {"standard", by([](double gain) { return standard{gain}; })},
      {"glorot_uniform", by([](double gain) { return satur::glorot_uniform{gain}; })},
      {"glorot_normal", by([](double gain) { return satur::glorot_normal{gain}; })},
      {"he_uniform", by([](double gain) {
         return satur::he_uniform{0.0, gain};
       })},
      {"he_normal", by([](double gain) {
         return satur::he_normal{0.0, gain};
       })},
      {"lecun_uniform", by([](double gain) { return satur::lecun_uniform{gain}; })},
      {"lecun_normal", by([](double gain) { return satur::lecun_normal{gain}; })},
      {"orthogonal", by([](double gain) { return satur::orthogonal{gain}; })},
      {"uniform", by([](double gain) {
         return satur::uniform{-0.05 * gain, 0.05 * gain};
       })},
      {"normal", by([](double gain) {
         return satur::normal{0.0, 0.05 * gain};
       })},
      {"constant", by([](double gain) { return satur::constant{0.05 * gain}; })},
      {"zeros", by([](double) { return satur::zeros{}; })},
  };
  return all;
}

} // namespace support
