/// \file testing/kernel/cause/known.hpp  The usual activations in long double, and which of them is asked for.
#pragma once

#include "satur/config.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string_view>

namespace satur::inline SATUR_ABI::testing::detail {

using extended = long double;

inline extended logistic_ld(extended z) {
  extended const e = std::exp(-std::fabs(z));
  return (z < 0.0L ? e : 1.0L) / (1.0L + e);
}
inline extended clip_ld(extended z, extended low, extended high) { return z < low ? low : z > high ? high : z; }
inline extended normal_cdf_ld(extended z) { return std::erfc(-z * 0.707106781186547524400844362104849L) / 2.0L; }
inline extended normal_pdf_ld(extended z) { return std::exp(-z * z / 2.0L) * 0.398942280401432677939946059934382L; }
inline extended tanh_argument_ld(extended z) {
  return 0.797884560802865355879892119868764L * (z + 0.044715L * z * z * z);
}
inline extended sech2_ld(extended z) {
  extended const e = std::exp(-2.0L * std::fabs(z));
  return 4.0L * e / (1.0L + e) / (1.0L + e);
}
inline extended mish_gate_ld(extended z) {
  extended const n = std::exp(-std::fabs(z));
  return z > 0.0L ? (1.0L + 2.0L * n) / (1.0L + 2.0L * n + 2.0L * n * n) : n * (n + 2.0L) / (n * (n + 2.0L) + 2.0L);
}

/// An activation with a parameter p, and how p is read from a value f(1), a slope f'(-1) or the like.
struct known_function {
  std::string_view name;
  extended p; ///< usual
  extended (*value)(extended z, extended p);
  extended (*slope)(extended z, extended p);
  char const* parameter = nullptr; ///< its name; none: p is not used
  /// p, from values at 0 and at 1 and slopes at -1.
  extended (*parameter_from)(extended f0, extended f1, extended s) = nullptr;
};

// clang-format off
inline constexpr std::array<known_function, 24> known_functions{{
    {"identity", 0, [](extended z, extended) { return z; }, [](extended, extended) { return 1.0L; }},
    {"sigmoid", 0, [](extended z, extended) { return logistic_ld(z); }, [](extended z, extended) { return sech2_ld(z / 2.0L) / 4.0L; }},
    {"tanh", 0, [](extended z, extended) { return std::tanh(z); }, [](extended z, extended) { return sech2_ld(z); }},
    {"hard_sigmoid", 0, [](extended z, extended) { return clip_ld(z / 6.0L + 0.5L, 0.0L, 1.0L); }, [](extended z, extended) { return std::fabs(z) < 3.0L ? 1.0L / 6.0L : 0.0L; }},
    {"hard_sigmoid_keras2", 0, [](extended z, extended) { return clip_ld(0.2L * z + 0.5L, 0.0L, 1.0L); }, [](extended z, extended) { return std::fabs(z) < 2.5L ? 0.2L : 0.0L; }},
    {"hard_tanh", 0, [](extended z, extended) { return clip_ld(z, -1.0L, 1.0L); }, [](extended z, extended) { return std::fabs(z) < 1.0L ? 1.0L : 0.0L; }},
    {"relu", 0, [](extended z, extended) { return z < 0.0L ? 0.0L : z; }, [](extended z, extended) { return z > 0.0L ? 1.0L : 0.0L; }},
    {"relu6", 0, [](extended z, extended) { return clip_ld(z, 0.0L, 6.0L); }, [](extended z, extended) { return z > 0.0L && z < 6.0L ? 1.0L : 0.0L; }},
    {"gelu", 0, [](extended z, extended) { return z * normal_cdf_ld(z); }, [](extended z, extended) { return normal_cdf_ld(z) + z * normal_pdf_ld(z); }},
    {"gelu_tanh", 0, [](extended z, extended) { return z * logistic_ld(2.0L * tanh_argument_ld(z)); },
     [](extended z, extended) { extended const u = tanh_argument_ld(z); return logistic_ld(2.0L * u) + z / 2.0L * sech2_ld(u) * 0.797884560802865355879892119868764L * (1.0L + 3.0L * 0.044715L * z * z); }},
    {"gelu_quick", 0, [](extended z, extended) { return z * logistic_ld(1.702L * z); }, [](extended z, extended) { extended const s = logistic_ld(1.702L * z); return s * (1.0L + 1.702L * z * logistic_ld(-1.702L * z)); }},
    {"hard_swish", 0, [](extended z, extended) { return z * clip_ld(z / 6.0L + 0.5L, 0.0L, 1.0L); }, [](extended z, extended) { return z <= -3.0L ? 0.0L : z >= 3.0L ? 1.0L : (2.0L * z + 3.0L) / 6.0L; }},
    {"mish", 0, [](extended z, extended) { return z * mish_gate_ld(z); }, [](extended z, extended) { extended const t = mish_gate_ld(z); return t + z * (1.0L - t) * (1.0L + t) * logistic_ld(z); }},
    {"softsign", 0, [](extended z, extended) { return z / (1.0L + std::fabs(z)); }, [](extended z, extended) { extended const d = 1.0L + std::fabs(z); return 1.0L / d / d; }},
    {"arctan", 0, [](extended z, extended) { return std::atan(z); }, [](extended z, extended) { return 1.0L / (1.0L + z * z); }},
    {"erf", 0, [](extended z, extended) { return std::erf(z); }, [](extended z, extended) { return 1.128379167095512573896158903121545L * std::exp(-z * z); }},
    {"log_sigmoid", 0, [](extended z, extended) { return (z < 0.0L ? z : 0.0L) - std::log1p(std::exp(-std::fabs(z))); }, [](extended z, extended) { return logistic_ld(-z); }},
    {"selu", 0, [](extended z, extended) { return z > 0.0L ? 1.0507009873554804934193349852946L * z : 1.7580993408473768599402175208123L * std::expm1(z); }, [](extended z, extended) { return z > 0.0L ? 1.0507009873554804934193349852946L : 1.7580993408473768599402175208123L * std::exp(z); }},
    {"leaky_relu", 0.01L, [](extended z, extended p) { return z > 0.0L ? z : p * z; }, [](extended z, extended p) { return z > 0.0L ? 1.0L : p; },
     "negative slope", [](extended, extended, extended s) { return s; }},
    {"elu", 1.0L, [](extended z, extended p) { return z > 0.0L ? z : p * std::expm1(z); }, [](extended z, extended p) { return z > 0.0L ? 1.0L : p * std::exp(z); },
     "alpha", [](extended, extended, extended s) { return s * 2.71828182845904523536028747135266L; }},
    {"celu", 1.0L, [](extended z, extended p) { return z > 0.0L ? z : p * std::expm1(z / p); }, [](extended z, extended p) { return z > 0.0L ? 1.0L : std::exp(z / p); },
     "alpha", [](extended, extended, extended s) { return -1.0L / std::log(s); }},
    {"softplus", 1.0L, [](extended z, extended p) { return (z > 0.0L ? z : 0.0L) + std::log1p(std::exp(-std::fabs(p * z))) / p; }, [](extended z, extended p) { return logistic_ld(p * z); },
     "beta", [](extended f0, extended, extended) { return 0.693147180559945309417232121458177L / f0; }},
    {"silu", 1.0L, [](extended z, extended p) { return z * logistic_ld(p * z); }, [](extended z, extended p) { return logistic_ld(p * z) * (1.0L + p * z * logistic_ld(-p * z)); },
     "beta", [](extended, extended f1, extended) { return std::log(f1 / (1.0L - f1)); }},
    {"squareplus", 4.0L, [](extended z, extended p) { extended const h = std::hypot(z, std::sqrt(p)); return z < 0.0L ? p / 2.0L / (h - z) : (z + h) / 2.0L; },
     [](extended z, extended p) { extended const h = std::hypot(z, std::sqrt(p)); return z < 0.0L ? p / 2.0L / (h - z) / h : (1.0L + z / h) / 2.0L; },
     "b", [](extended f0, extended, extended) { return 4.0L * f0 * f0; }},
}};
// clang-format on

/// A known function with its parameter; `function` is null if there is none.
struct identified {
  known_function const* function = nullptr;
  extended p = 0.0L;

  [[nodiscard]] bool is(std::string_view name) const { return function != nullptr && function->name == name; }
};

/// Which known function agrees with f everywhere.
[[nodiscard]] inline identified identify(std::function<long double(long double)> const& f,
                                         std::function<long double(long double)> const& slope) {
  for (known_function const& k : known_functions) {
    extended const p = k.parameter == nullptr ? k.p : k.parameter_from(f(0.0L), f(1.0L), slope(-1.0L));
    bool same = true;
    for (extended const z : {-7.5L, -2.3L, -0.7L, 0.4L, 1.9L, 7.25L}) {
      same = same && std::fabs(k.value(z, p) - f(z)) <= 1e-9L * (std::fabs(f(z)) + 1e-6L);
    }
    if (same) {
      return {&k, p};
    }
  }
  return {};
}

} // namespace satur::inline SATUR_ABI::testing::detail
