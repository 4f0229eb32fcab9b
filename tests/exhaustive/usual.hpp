// Formulas in use, in float as libraries write them, for the same sweep. `activation` names the activation that they
// are compared with. Functions that the usual formula computes correctly are left out.
#pragma once

#include "satur/activation.hpp"

#include <cmath>
#include <tuple>

namespace usual {

inline float logistic(float z) { return 1.0f / (1.0f + std::exp(-z)); }

struct sigmoid_from_output {
  satur::sigmoid activation;
  static constexpr char const* value_text = "1/(1+exp(-z))";
  static constexpr char const* slope_text = "y (1-y)";
  static float value(float z) { return logistic(z); }
  static float slope(float z) {
    float const y = logistic(z);
    return y * (1.0f - y);
  }
};
struct tanh_from_output {
  satur::tanh activation;
  static constexpr char const* value_text = "tanh(z)";
  static constexpr char const* slope_text = "1 - y^2";
  static float value(float z) { return std::tanh(z); }
  static float slope(float z) {
    float const y = std::tanh(z);
    return 1.0f - y * y;
  }
};
struct tanh_in_factors {
  satur::tanh activation;
  static constexpr char const* value_text = "2/(1+exp(-2z)) - 1";
  static constexpr char const* slope_text = "(1-y) (1+y)";
  static float value(float z) { return 2.0f / (1.0f + std::exp(-2.0f * z)) - 1.0f; }
  static float slope(float z) {
    float const y = std::tanh(z);
    return (1.0f - y) * (1.0f + y);
  }
};
struct softplus_as_written {
  satur::softplus activation;
  static constexpr char const* value_text = "log(1+exp(z))";
  static constexpr char const* slope_text = "1/(1+exp(-z))";
  static float value(float z) { return std::log(1.0f + std::exp(z)); }
  static float slope(float z) { return logistic(z); }
};
struct log_sigmoid_as_written {
  satur::log_sigmoid activation;
  static constexpr char const* value_text = "log(sigmoid(z))";
  static constexpr char const* slope_text = "1 - sigmoid(z)";
  static float value(float z) { return std::log(logistic(z)); }
  static float slope(float z) { return 1.0f - logistic(z); }
};
struct elu_as_written {
  satur::elu activation;
  static constexpr char const* value_text = "exp(z) - 1";
  static constexpr char const* slope_text = "y + 1";
  static float value(float z) { return z > 0.0f ? z : std::exp(z) - 1.0f; }
  static float slope(float z) { return z > 0.0f ? 1.0f : value(z) + 1.0f; }
};
struct softsign_as_written {
  satur::softsign activation;
  static constexpr char const* value_text = "z/(1+abs(z))";
  static constexpr char const* slope_text = "(1-abs(y))^2";
  static float value(float z) { return z / (1.0f + std::fabs(z)); }
  static float slope(float z) {
    float const rest = 1.0f - std::fabs(value(z));
    return rest * rest;
  }
};
struct gelu_as_written {
  satur::gelu activation;
  static constexpr char const* value_text = "z/2 (1+erf(z/sqrt 2))";
  static constexpr char const* slope_text = "(1+erf)/2 + z phi(z)";
  static float value(float z) { return 0.5f * z * (1.0f + std::erf(z * 0.70710678f)); }
  static float slope(float z) {
    return 0.5f * (1.0f + std::erf(z * 0.70710678f)) + z * 0.39894228f * std::exp(-0.5f * z * z);
  }
};
struct gelu_tanh_as_written {
  satur::gelu_tanh activation;
  static constexpr char const* value_text = "z/2 (1+tanh u)";
  static constexpr char const* slope_text = "(1+t)/2 + z/2 (1-t^2) u'";
  static float u(float z) { return 0.79788456f * (z + 0.044715f * z * z * z); }
  static float value(float z) { return 0.5f * z * (1.0f + std::tanh(u(z))); }
  static float slope(float z) {
    float const t = std::tanh(u(z));
    return 0.5f * (1.0f + t) + 0.5f * z * (1.0f - t * t) * 0.79788456f * (1.0f + 3.0f * 0.044715f * z * z);
  }
};
struct silu_as_written {
  satur::silu activation;
  static constexpr char const* value_text = "z/(1+exp(-z))";
  static constexpr char const* slope_text = "s (1 + z (1-s))";
  static float value(float z) { return z / (1.0f + std::exp(-z)); }
  static float slope(float z) {
    float const s = logistic(z);
    return s * (1.0f + z * (1.0f - s));
  }
};
struct mish_as_written {
  satur::mish activation;
  static constexpr char const* value_text = "z tanh(log1p(exp(z)))";
  static constexpr char const* slope_text = "t + z s (1-t^2)";
  static float value(float z) { return z * std::tanh(std::log1p(std::exp(z))); }
  static float slope(float z) {
    float const t = std::tanh(std::log1p(std::exp(z)));
    return t + z * logistic(z) * (1.0f - t * t);
  }
};
struct squareplus_as_written {
  satur::squareplus activation;
  static constexpr char const* value_text = "(z + sqrt(z^2+4))/2";
  static constexpr char const* slope_text = "(1 + z/sqrt(z^2+4))/2";
  static float value(float z) { return 0.5f * (z + std::sqrt(z * z + 4.0f)); }
  static float slope(float z) { return 0.5f * (1.0f + z / std::sqrt(z * z + 4.0f)); }
};
struct tanh_shrink_as_written {
  satur::tanh_shrink activation;
  static constexpr char const* value_text = "z - tanh(z)";
  static constexpr char const* slope_text = "tanh(z)^2";
  static float value(float z) { return z - std::tanh(z); }
  static float slope(float z) { return std::tanh(z) * std::tanh(z); }
};

using all =
    std::tuple<sigmoid_from_output, tanh_from_output, tanh_in_factors, softplus_as_written, log_sigmoid_as_written,
               elu_as_written, softsign_as_written, gelu_as_written, gelu_tanh_as_written, silu_as_written,
               mish_as_written, squareplus_as_written, tanh_shrink_as_written>;

} // namespace usual
