// Kernels that are wrong in ways found in public reports, each with a report of its kind and with words of the cause
// that must be named. The code is ours, written as people write it.
#pragma once

#include "satur/activation/all.hpp"
#include "satur/format.hpp"
#include "satur/testing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kernels_of_reports {

using satur::testing::kernel_options;
using satur::testing::kernel_report;
namespace formats = satur::formats;

// ---- how a function of one number becomes a checked kernel
// ------------------------------------------------------------

/// What is asked for: an activation by its value and slope in long double, one type for all of them.
struct exactly {
  long double (*f)(long double);
  template <std::floating_point T> long double operator()(T z) const { return f(static_cast<long double>(z)); }
};
using asked = satur::testing::truth<exactly, exactly>;
template <class A> asked the() {
  return {std::string(A::name), exactly{[](long double z) { return A{}.value(z); }},
          exactly{[](long double z) { return A{}.derivative(z); }}};
}
/// The same with a parameter.
inline asked leaky(std::string name = "leaky_relu") {
  return {std::move(name), exactly{[](long double z) { return satur::leaky_relu{0.2}.value(z); }},
          exactly{[](long double z) { return satur::leaky_relu{0.2}.derivative(z); }}};
}
inline asked steep_softplus() {
  return {"softplus", exactly{[](long double z) { return satur::softplus{5.0}.value(z); }},
          exactly{[](long double z) { return satur::softplus{5.0}.derivative(z); }}};
}

template <class T> struct each_value {
  std::function<T(T)> f;
  void operator()(std::span<T const> z, std::span<T> y) const { std::transform(z.begin(), z.end(), y.begin(), f); }
};
template <class T> struct each_slope {
  std::function<T(T z, T dy)> f;
  void operator()(std::span<T const> z, std::span<T const> dy, std::span<T> dz) const {
    std::transform(z.begin(), z.end(), dy.begin(), dz.begin(), f);
  }
};

inline kernel_options brief(kernel_options o) {
  o.inputs = 1u << 10;
  o.longest_call = 512;
  return o;
}
template <class T>
kernel_report value(asked const& a, std::type_identity_t<std::function<T(T)>> const& f, kernel_options const& o = {}) {
  return satur::testing::check_kernel<T>(a, each_value<T>{f}, brief(o));
}
template <class T>
kernel_report slope(asked const& a, std::type_identity_t<std::function<T(T, T)>> const& f,
                    kernel_options const& o = {}) {
  return satur::testing::check_backward_kernel<T>(a, each_slope<T>{f}, brief(o));
}

// ---- storage in few bits
// ----------------------------------------------------------------------------------------------

inline float from_bfloat16(std::uint16_t b) { return std::bit_cast<float>(std::uint32_t{b} << 16); }
inline std::uint16_t truncated_bfloat16(float x) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16);
}
inline std::uint16_t to_bfloat16(float x) {
  return static_cast<std::uint16_t>(satur::encode(formats::bfloat16, static_cast<double>(x), satur::overflow::special));
}
inline float from_half(std::uint16_t h) { return static_cast<float>(satur::decode(formats::float16, h)); }
inline std::uint16_t to_half(float x) {
  return static_cast<std::uint16_t>(satur::encode(formats::float16, static_cast<double>(x), satur::overflow::special));
}
inline float half(float x) { return from_half(to_half(x)); } // a step in half
inline float sigmoid_of(float z) {
  float const e = std::exp(-std::fabs(z));
  return (z < 0.0f ? e : 1.0f) / (1.0f + e);
}

struct wrong_kernel {
  std::string_view source; ///< the report
  std::string_view cause;  ///< words of the cause that is named first
  std::function<kernel_report()> check;
};

// clang-format off
inline std::vector<wrong_kernel> wrong_kernels() {
  using f = float;
  using d = double;
  std::vector<wrong_kernel> all{
  // values in float
  {"clab/dynet#1525: NaN once exp overflows", "inf / inf = NaN", [] { return value<f>(the<satur::sigmoid>(), [](f z) { return std::exp(z) / (1.0f + std::exp(z)); }); }},
  {"pytorch/pytorch#187806: 1 + erf cancels", "(1 + erf(z / sqrt 2)) cancels", [] { return value<f>(the<satur::gelu>(), [](f z) { return 0.5f * z * (1.0f + std::erf(z * 0.70710678f)); }); }},
  {"tenstorrent/tt-metal#56517: 1 + tanh cancels", "(1 + tanh(u)) cancels", [] { return value<f>(the<satur::gelu_tanh>(), [](f z) { return 0.5f * z * (1.0f + std::tanh(0.7978845608f * (z + 0.044715f * z * z * z))); }); }},
  {"apache/tvm#1768: log(exp + 1) is inf at 100", "log(1 + exp(z)) is inf", [] { return value<f>(the<satur::softplus>(), [](f z) { return std::log(std::exp(z) + 1.0f); }); }},
  {"tracel-ai/burn#5373: with beta 5 it overflows from 18 on", "log(1 + exp(z)) is inf", [] { return value<f>(steep_softplus(), [](f z) { return std::log(std::exp(5.0f * z) + 1.0f) / 5.0f; }); }},
  {"pytorch/pytorch#1835: log(sigmoid) is -inf", "log(sigmoid(z)) is -inf", [] { return value<f>(the<satur::log_sigmoid>(), [](f z) { return std::log(1.0f / (1.0f + std::exp(-z))); }); }},
  {"pytorch/pytorch#66441: log(1 + x) instead of log1p", "log(1 + e) loses e", [] { return value<f>(the<satur::log_sigmoid>(), [](f z) { return (z < 0.0f ? z : 0.0f) - std::log(1.0f + std::exp(-std::fabs(z))); }); }},
  {"jax-ml/jax#1207: exp(x) - 1 in elu", "write expm1(z)", [] { return value<f>(the<satur::elu>(), [](f z) { return z > 0.0f ? z : std::exp(z) - 1.0f; }); }},
  {"apache/mxnet#11115, pytorch/pytorch#7999: relu turns NaN into 0", "NaN goes in and a number comes out", [] { return value<f>(the<satur::relu>(), [](f z) { return std::max(0.0f, z); }); }},
  {"pytorch/pytorch#195197: silu is NaN at -inf, and 0 below -88.7", "is 0 too early and NaN at -inf", [] { return value<f>(the<satur::silu>(), [](f z) { return z / (1.0f + std::exp(-z)); }); }},
  {"lightvector/KataGo#1188: mish by tanh(log(1 + exp))", "log(1 + exp(z)) is 0 where", [] { return value<f>(the<satur::mish>(), [](f z) { return z * std::tanh(std::log(1.0f + std::exp(z))); }); }},
  {"mindspore-ai/mindspore#379: mish is NaN at inf", "exp(z) (exp(z) + 2) overflows", [] { return value<f>(the<satur::mish>(), [](f z) { f const n = std::exp(z); f const w = n * (n + 2.0f); return z * (w / (w + 2.0f)); }); }},
  {"tinygrad/tinygrad#18028: relu6 as a difference of two relus", "relu(z) - relu(z - 6) cancels", [] { return value<f>(the<satur::relu6>(), [](f z) { return (z < 0.0f ? 0.0f : z) - (z < 6.0f ? 0.0f : z - 6.0f); }); }},
  {"tinygrad/tinygrad#18028: hard_swish inherits it", "relu(z + 3) - relu(z - 3) cancels", [] { return value<f>(the<satur::hard_swish>(), [](f z) { return z * ((z < -3.0f ? 0.0f : z + 3.0f) - (z < 3.0f ? 0.0f : z - 3.0f)) / 6.0f; }); }},
  {"joaopauloschuler/neural-api#21: x / (1 + exp(-x)) as sigmoid", "computes silu", [] { return value<f>(the<satur::sigmoid>(), [](f z) { return z / (1.0f + std::exp(-z)); }); }},
  {"STEllAR-GROUP/phylanx#880: hard_sigmoid in two definitions", "computes hard_sigmoid_keras2", [] { return value<f>(the<satur::hard_sigmoid>(), [](f z) { f const y = 0.2f * z + 0.5f; return y < 0.0f ? 0.0f : y > 1.0f ? 1.0f : y; }); }},
  {"kyutai-labs/pocket-tts#278: one gelu in training, the other after it", "computes gelu_tanh", [] { return value<f>(the<satur::gelu>(), [](f z) { return 0.5f * z * (1.0f + std::tanh(0.7978845608f * (z + 0.044715f * z * z * z))); }); }},
  {"huggingface/transformers#15397: variants of gelu", "computes gelu_quick", [] { return value<f>(the<satur::gelu>(), [](f z) { return z * sigmoid_of(1.702f * z); }); }},
  {"The-OpenROAD-Project/RePlAce#32: exp as (1 + x / 1024)^1024", "(1 + x / 1024)^1024", [] { return value<f>(the<satur::sigmoid>(), [](f z) { f a = 1.0f + -z / 1024.0f; for (int n = 0; n < 10; ++n) { a *= a; } return 1.0f / (1.0f + a); }); }},
  {"sonos/tract#2719: the input is clamped to +-14.5", "z is clamped to [-14.5, 14.5]", [] { return value<f>(the<satur::sigmoid>(), [](f z) { return sigmoid_of(z < -14.5f ? -14.5f : z > 14.5f ? 14.5f : z); }); }},
  {"nvdla/hw#99: sigmoid from a table of 257 entries", "A table with steps of 0.0625 over [-8, 8]", [] { return value<f>(the<satur::sigmoid>(), [](f z) {
      static std::array<f, 257> const table = [] { std::array<f, 257> t{}; for (std::size_t i = 0; i < 257; ++i) { t[i] = sigmoid_of(-8.0f + 0.0625f * static_cast<f>(i)); } return t; }();
      if (!(z > -8.0f)) { return z <= -8.0f ? table[0] : z; }
      return table[z >= 8.0f ? 256 : static_cast<std::size_t>(std::lround((z + 8.0f) * 16.0f))]; }); }},
  {"tensorflow/tensorflow#24566: the slope of leaky_relu", "negative slope is 0.01 in the code", [] { return value<f>(leaky(), [](f z) { return z > 0.0f ? z : 0.01f * z; }); }},
  {"tenstorrent/tt-metal#5578: gelu goes to 0 too early", "From z = -5", [] { return value<f>(the<satur::gelu>(), [](f z) { return z < -5.0f ? 0.0f : static_cast<f>(satur::gelu{}.value(static_cast<d>(z))); }); }},
  {"ROCm/triton#900: tanh by exp(2x) is NaN from 44 on", "(exp(2z) - 1) / (exp(2z) + 1)", [] { return value<f>(the<satur::tanh>(), [](f z) { f const a = std::exp(2.0f * z); return (a - 1.0f) / (a + 1.0f); }); }},
  // slopes in float
  {"tenstorrent/tt-metal#55724, tensorflow/tensorflow#126060: s (1 - s)", "y (1 - y)", [] { return slope<f>(the<satur::sigmoid>(), [](f z, f dy) { f const y = 1.0f / (1.0f + std::exp(-z)); return y * (1.0f - y) * dy; }); }},
  {"the same, from the output that was kept", "y (1 - y)", [] { return slope<f>(the<satur::sigmoid>(), [](f y, f dy) { return y * (1.0f - y) * dy; }, {.from_output = true}); }},
  {"jeshraghian/snntorch#433, huggingface/candle#1722: inf / inf", "exp(-z) / (1 + exp(-z))^2 overflows", [] { return slope<f>(the<satur::sigmoid>(), [](f z, f dy) { f const e = std::exp(-z); return dy * e / ((1.0f + e) * (1.0f + e)); }); }},
  {"jax-ml/jax#764: 1 - y^2", "1 - y^2", [] { return slope<f>(the<satur::tanh>(), [](f z, f dy) { f const y = std::tanh(z); return (1.0f - y * y) * dy; }); }},
  {"davidrmiller/neural2d#40: the derivative is given the output", "y where z belongs", [] { return slope<f>(the<satur::tanh>(), [](f z, f dy) { f const t = std::tanh(std::tanh(z)); return (1.0f - t * t) * dy; }); }},
  {"apache/tvm#7340: parentheses", "Parentheses are missing", [] { return slope<f>(the<satur::tanh>(), [](f z, f dy) { f const y = std::tanh(z); return 1.0f - y * y * dy; }); }},
  {"nicodjimenez/lstm#41: 1 + y^2", "1 + y^2", [] { return slope<f>(the<satur::tanh>(), [](f z, f dy) { f const y = std::tanh(z); return (1.0f + y * y) * dy; }); }},
  {"tenstorrent/tt-metal#38643: wrong sign at -3.7", "1 + erf(z / sqrt 2) cancels", [] { return slope<f>(the<satur::gelu>(), [](f z, f dy) { return dy * (0.5f * (1.0f + std::erf(z * 0.70710678f)) + z * std::exp(-0.5f * z * z) * 0.39894228f); }); }},
  {"tenstorrent/tt-metal#56397: exp(x) * (1 / (1 + exp(x)))", "NaN where exp(z) overflows", [] { return slope<f>(the<satur::softplus>(), [](f z, f dy) { f const e = std::exp(z); return dy * (e * (1.0f / (1.0f + e))); }); }},
  {"haifengl/smile#528, DiffSharp/DiffSharp#16: the gradient from above is overwritten", "dy is missing", [] { return slope<f>(the<satur::relu>(), [](f z, f dy) { return z != z ? z : z > 0.0f ? 1.0f : 0.0f * dy; }); }},
  {"RubixML/ML#427: scale (output + alpha)", "counts lambda twice", [] { return slope<f>(the<satur::selu>(), [](f z, f dy) { return dy * (z > 0.0f ? 1.05070098f : 1.05070098f * (satur::selu{}.value(z) + 1.67326324f)); }); }},
  {"mlpack/mlpack#1540: Deriv(y) = y + alpha, of z", "z + alpha is a formula in the output", [] { return slope<f>(the<satur::elu>(), [](f z, f dy) { return dy * (z > 0.0f ? 1.0f : z + 1.0f); }); }},
  {"chelsea0x3b/dfdx#915: parentheses in silu's slope", "Parentheses are missing", [] { return slope<f>(the<satur::silu>(), [](f z, f dy) { f const e = std::exp(-z); return dy * (1.0f + e + z * e / ((1.0f + e) * (1.0f + e))); }); }},
  {"deeplearning4j/deeplearning4j#8178: backward without alpha", "negative slope is 0.01 in the code", [] { return slope<f>(leaky(), [](f z, f dy) { return dy * (z != z ? z : z > 0.0f ? 1.0f : 0.01f); }); }},
  {"tenstorrent/tt-metal#55728: x * x overflows", "z^2 overflows", [] { return slope<f>(the<satur::arctan>(), [](f z, f dy) { return dy * (1.0f / (1.0f + z * z)); }); }},
  // double
  {"pytorch/pytorch#195681: sigmoid's slope in double", "y (1 - y)", [] { return slope<d>(the<satur::sigmoid>(), [](d z, d dy) { d const y = 1.0 / (1.0 + std::exp(-z)); return dy * (y * (1.0 - y)); }); }},
  {"tphakala/simd#33: x / (1 + |x|) as sigmoid in double", "crude stand-in", [] { return value<d>(the<satur::sigmoid>(), [](d z) { return 0.5 + 0.5 * z / (1.0 + std::fabs(z)); }); }},
  {"ml-explore/mlx#4182: float64 by a float's exp", "float", [] { return value<d>(the<satur::tanh>(), [](d z) { return static_cast<d>(std::tanh(static_cast<f>(z))); }); }},
  {"aesara-devs/aesara#260: softplus is x from a threshold on", "threshold of 20", [] { return value<d>(the<satur::softplus>(), [](d z) { return z > 20.0 ? z : std::log1p(std::exp(z)); }); }},
  {"ooples/AiDotNet.Tensors#594: tanh by exp in double", "(exp(2z) - 1) / (exp(2z) + 1)", [] { return value<d>(the<satur::tanh>(), [](d z) { d const a = std::exp(2.0 * z); return (a - 1.0) / (a + 1.0); }); }},
  {"tensorflow/tensorflow#124835: silu's slope is 0 at -709", "where exp(-z) overflows", [] { return slope<d>(the<satur::silu>(), [](d z, d dy) { d const s = 1.0 / (1.0 + std::exp(-z)); return dy * (s * (1.0 + z * (1.0 - s))); }); }},
  // 16 bits
  {"stillwater-sc/universal#1133, tenstorrent/tt-metal#19882: bits >> 16", "truncated to bfloat16", [] { return value<std::uint16_t>(the<satur::tanh>(), [](std::uint16_t z) { return truncated_bfloat16(std::tanh(from_bfloat16(z))); }, {.ulp = 0.51, .format = formats::bfloat16}); }},
  {"tenstorrent/tt-metal#55724: zero from 6.25 on in bfloat16", "y (1 - y)", [] { return slope<std::uint16_t>(the<satur::sigmoid>(), [](std::uint16_t z, std::uint16_t dy) { f const s = from_bfloat16(to_bfloat16(sigmoid_of(from_bfloat16(z)))); return to_bfloat16(s * (1.0f - s) * from_bfloat16(dy)); }, {.format = formats::bfloat16}); }},
  {"sbryngelson/ANEForge#113, openvinotoolkit/openvino#37983: exp overflows half from 11 on", "Each step is rounded to float16", [] { return value<std::uint16_t>(the<satur::softplus>(), [](std::uint16_t z) { return to_half(std::log(half(1.0f + half(std::exp(from_half(z)))))); }, {.format = formats::float16}); }},
  // 8 bits
  {"uxlfoundation/oneDNN#5879: static_cast<int8_t> without a clamp", "wrap around", [] { return value<std::uint8_t>(the<satur::silu>(), [](std::uint8_t q) { f const z = static_cast<f>(static_cast<std::int8_t>(q)) / 16.0f; return static_cast<std::uint8_t>(std::lrint(z * sigmoid_of(z) * 64.0f)); }, {.ulp = 0.51, .format = formats::int8, .output_format = formats::int8, .scale = 16.0, .output_scale = 64.0}); }},
  {"zephyrproject-rtos/zephyr#88638: a conversion without rounding", "truncated to an integer", [] { return value<std::uint8_t>(the<satur::tanh>(), [](std::uint8_t q) { f const z = static_cast<f>(static_cast<std::int8_t>(q)) / 32.0f; return static_cast<std::uint8_t>(static_cast<std::int8_t>(std::tanh(z) * 127.0f)); }, {.ulp = 0.51, .format = formats::int8, .output_format = formats::int8, .scale = 32.0, .output_scale = 127.0}); }},
  {"ARM-software/CMSIS_5#985: codes of negative numbers taken as unsigned", "Codes of z are read as uint8", [] { return value<std::uint8_t>(the<satur::sigmoid>(), [](std::uint8_t q) { f const z = static_cast<f>(q) / 16.0f; return static_cast<std::uint8_t>(std::lrint(sigmoid_of(z) * 127.0f)); }, {.ulp = 0.51, .format = formats::int8, .output_format = formats::int8, .scale = 16.0, .output_scale = 127.0}); }},
  {"microsoft/Olive#623: zero point 0 where 128 belongs", "zero point of z is", [] { return value<std::uint8_t>(the<satur::sigmoid>(), [](std::uint8_t q) { f const z = static_cast<f>(q) / 16.0f; return static_cast<std::uint8_t>(std::lrint(sigmoid_of(z) * 255.0f)); }, {.ulp = 0.51, .format = formats::with_zero_point(formats::uint8, 128.0), .output_format = formats::uint8, .scale = 16.0, .output_scale = 255.0}); }},
  {"tensorflow/tensorflow#37279: right only if both scales agree", "The scale of", [] { return value<std::uint8_t>(leaky(), [](std::uint8_t q) { int const z = static_cast<std::int8_t>(q); return static_cast<std::uint8_t>(std::lrint(static_cast<f>(z) * (z > 0 ? 1.0f : 0.2f))); }, {.ulp = 0.51, .format = formats::int8, .output_format = formats::int8, .scale = 16.0, .output_scale = 8.0}); }},
  {"modelscope/DiffSynth-Studio#1528: e4m3 and e4m3fnuz are two formats", "fp8_e4m3fnuz", [] { return value<std::uint8_t>(the<satur::tanh>(), [](std::uint8_t q) { return static_cast<std::uint8_t>(satur::encode(formats::fp8_e4m3fnuz, std::tanh(satur::decode(formats::fp8_e4m3, q)))); }, {.ulp = 0.51, .format = formats::fp8_e4m3}); }},
  };
  return all;
}
// clang-format on

} // namespace kernels_of_reports
