/// \file explain/data.hpp  Three generated data sets: digits drawn on a grid, a mixture of Gaussians, a random teacher.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace explain {

using generator = std::mt19937_64;

/// One number of a label, a seed and a position: independent streams of random numbers from one master seed.
inline std::uint64_t stream(std::uint64_t seed, std::string_view label, std::uint64_t index = 0) {
  std::uint64_t h = 0xcbf29ce484222325u ^ seed;
  auto const mix = [&h](std::uint64_t x) {
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  };
  for (char const c : label) {
    mix(static_cast<unsigned char>(c));
  }
  mix(seed);
  mix(index);
  return h;
}

/// Uniform on [0, 1): the same on every standard library.
inline double uniform(generator& urbg) { return static_cast<double>(urbg() >> 11) * 0x1p-53; }
inline double uniform(generator& urbg, double low, double high) { return low + (high - low) * uniform(urbg); }
/// exp of a uniform number between the logarithms.
inline double log_uniform(generator& urbg, double low, double high) {
  return std::exp(uniform(urbg, std::log(low), std::log(high)));
}
inline std::size_t below(generator& urbg, std::size_t n) { return static_cast<std::size_t>(urbg() % n); }
template <class C> auto const& any_of(generator& urbg, C const& list) { return list[below(urbg, list.size())]; }
inline double normal(generator& urbg) {
  double const r = std::sqrt(-2.0 * std::log(1.0 - uniform(urbg)));
  return r * std::cos(6.283185307179586 * uniform(urbg));
}

/// x (rows, features), row-major, and the class of each row.
struct samples {
  std::size_t features = 0;
  std::vector<float> x;
  std::vector<std::size_t> y;
  [[nodiscard]] std::size_t rows() const { return y.size(); }
  [[nodiscard]] float const* row(std::size_t i) const { return x.data() + i * features; }
  [[nodiscard]] float* row(std::size_t i) { return x.data() + i * features; }
};

/// Scales each feature to mean 0 and variance 1, by the finite values of the training rows.
struct standardization {
  std::vector<double> mean;
  std::vector<double> scale;

  explicit standardization(samples const& train) : mean(train.features), scale(train.features) {
    for (std::size_t f = 0; f < train.features; ++f) {
      double n = 0.0;
      double sum = 0.0;
      double largest = 0.0;
      for (std::size_t i = 0; i < train.rows(); ++i) {
        double const v = static_cast<double>(train.row(i)[f]);
        if (std::isfinite(v)) {
          n += 1.0;
          sum += v;
          largest = std::max(largest, std::fabs(v));
        }
      }
      mean[f] = sum / n;
      double square = 0.0;
      for (std::size_t i = 0; i < train.rows(); ++i) {
        double const v = static_cast<double>(train.row(i)[f]);
        square += std::isfinite(v) ? (v - mean[f]) * (v - mean[f]) : 0.0;
      }
      double const std = std::sqrt(square / n);
      scale[f] = std > 1e-6 * largest ? 1.0 / std : 1.0;
    }
  }
  void apply(samples& s) const {
    for (std::size_t i = 0; i < s.rows(); ++i) {
      for (std::size_t f = 0; f < s.features; ++f) {
        s.row(i)[f] = static_cast<float>((static_cast<double>(s.row(i)[f]) - mean[f]) * scale[f]);
      }
    }
  }
};

/// A data set. `train` and `test` are standardized, `raw_train` and `raw_test` are not.
struct data_set {
  std::string name;
  std::size_t classes = 0;
  std::shared_ptr<samples const> train;
  std::shared_ptr<samples const> test;
  std::shared_ptr<samples const> raw_train;
  std::shared_ptr<samples const> raw_test;
};

namespace detail {

constexpr std::size_t train_rows = 4000;
constexpr std::size_t test_rows = 1000;

/// make(urbg, row) writes one row and returns its class.
template <class Make>
data_set drawn(std::string name, std::size_t features, std::size_t classes, generator& urbg, Make const& make) {
  data_set d{.name = std::move(name), .classes = classes, .train = {}, .test = {}, .raw_train = {}, .raw_test = {}};
  auto const part = [&](std::size_t rows) {
    samples s{.features = features, .x = std::vector<float>(rows * features), .y = {}};
    s.y.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      s.y[i] = make(urbg, s.row(i));
    }
    return s;
  };
  samples train = part(train_rows);
  samples test = part(test_rows);
  d.raw_train = std::make_shared<samples>(train);
  d.raw_test = std::make_shared<samples>(test);
  standardization const usual(train);
  usual.apply(train);
  usual.apply(test);
  d.train = std::make_shared<samples>(std::move(train));
  d.test = std::make_shared<samples>(std::move(test));
  return d;
}

} // namespace detail

/// Digits of 5 x 7 pixels on a grid of 12 x 12, shifted, thin or thick, with noise: pixels in [0, 1], 10 classes.
inline data_set digits() {
  static constexpr std::array<std::array<unsigned, 7>, 10> font{{{0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e},
                                                                 {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},
                                                                 {0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f},
                                                                 {0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e},
                                                                 {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02},
                                                                 {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},
                                                                 {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e},
                                                                 {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
                                                                 {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e},
                                                                 {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}}};
  static constexpr std::size_t side = 12;
  generator urbg(stream(1, "digits"));
  return detail::drawn("digits", side * side, font.size(), urbg, [](generator& random, float* pixels) {
    std::size_t const digit = below(random, font.size());
    std::size_t const top = 1 + below(random, 4);
    std::size_t const left = 2 + below(random, 4);
    bool const thick = below(random, 2) == 0;
    std::array<double, side * side> ink{};
    for (std::size_t r = 0; r < 7; ++r) {
      for (std::size_t c = 0; c < 5; ++c) {
        if (((font[digit][r] >> (4 - c)) & 1u) != 0u) {
          ink[(top + r) * side + left + c] = 1.0;
          if (thick) {
            ink[(top + r) * side + left + c + 1] = 1.0;
          }
        }
      }
    }
    for (std::size_t p = 0; p < ink.size(); ++p) {
      double const v = 0.8 * ink[p] + std::fabs(0.15 * normal(random));
      pixels[p] = static_cast<float>(std::clamp(v, 0.0, 1.0));
    }
    return digit;
  });
}

/// 10 classes of 3 Gaussian clusters each, in 20 dimensions.
inline data_set mixture() {
  static constexpr std::size_t dimensions = 20;
  static constexpr std::size_t classes = 10;
  static constexpr std::size_t clusters = 3;
  generator urbg(stream(2, "mixture"));
  std::vector<double> centers(classes * clusters * dimensions);
  for (double& c : centers) {
    c = 1.1 * normal(urbg);
  }
  return detail::drawn("mixture", dimensions, classes, urbg, [&](generator& random, float* x) {
    std::size_t const cluster = below(random, classes * clusters);
    for (std::size_t d = 0; d < dimensions; ++d) {
      x[d] = static_cast<float>(centers[cluster * dimensions + d] + normal(random));
    }
    return cluster % classes;
  });
}

/// 5 classes in 16 dimensions, named by a random tanh network of one hidden layer.
inline data_set teacher() {
  static constexpr std::size_t dimensions = 16;
  static constexpr std::size_t hidden = 8;
  static constexpr std::size_t classes = 5;
  generator urbg(stream(3, "teacher"));
  std::vector<double> first(dimensions * hidden);
  std::vector<double> second(hidden * classes);
  for (double& w : first) {
    w = 1.5 * normal(urbg) / std::sqrt(static_cast<double>(dimensions));
  }
  for (double& w : second) {
    w = normal(urbg);
  }
  return detail::drawn("teacher", dimensions, classes, urbg, [&](generator& random, float* x) {
    std::array<double, classes> score{};
    for (std::size_t d = 0; d < dimensions; ++d) {
      x[d] = static_cast<float>(normal(random));
    }
    for (std::size_t h = 0; h < hidden; ++h) {
      double z = 0.0;
      for (std::size_t d = 0; d < dimensions; ++d) {
        z += static_cast<double>(x[d]) * first[d * hidden + h];
      }
      for (std::size_t c = 0; c < classes; ++c) {
        score[c] += std::tanh(z) * second[h * classes + c];
      }
    }
    return static_cast<std::size_t>(std::max_element(score.begin(), score.end()) - score.begin());
  });
}

} // namespace explain
