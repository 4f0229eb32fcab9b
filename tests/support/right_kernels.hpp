// Kernels that are right, with the options that they need: none may be refused.
#pragma once

#include "support/wrong_kernels.hpp"

#include "satur/observe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace kernels_of_reports {

struct right_kernel {
  std::string_view name;
  std::function<kernel_report()> check;
};

inline double exact_sigmoid(double z) {
  double const e = std::exp(-std::fabs(z));
  return (z < 0.0 ? e : 1.0) / (1.0 + e);
}
/// A table of an activation for the codes of a format.
template <class A>
std::array<std::uint8_t, 256> table_of(satur::format const& in, double scale, satur::format const& out,
                                       double output_scale) {
  std::array<std::uint8_t, 256> t{};
  for (std::uint32_t code = 0; code < 256; ++code) {
    t[code] = static_cast<std::uint8_t>(satur::encode(out, A{}.value(satur::decode(in, code) / scale) * output_scale));
  }
  return t;
}
/// y = f(z) by a double formula, rounded to float.
template <class A> kernel_report value_in_double(double (*of)(double)) {
  return value<float>(the<A>(), [of](float z) { return static_cast<float>(of(static_cast<double>(z))); });
}
template <class A> kernel_report slope_in_double(double (*of)(double)) {
  return slope<float>(the<A>(), [of](float z, float dy) {
    return static_cast<float>(of(static_cast<double>(z)) * static_cast<double>(dy));
  });
}

// clang-format off
inline std::vector<right_kernel> right_kernels() {
  using f = float;
  using d = double;
  using u8 = std::uint8_t;
  using u16 = std::uint16_t;
  return {
  // ours, in lanes
  {"our sigmoid", [] { return satur::testing::check_kernel<f>(satur::sigmoid{}, [](std::span<f const> z, std::span<f> y) { satur::apply(satur::sigmoid{}, z, y); }, brief({})); }},
  {"our sigmoid's slope", [] { return satur::testing::check_backward_kernel<f>(satur::sigmoid{}, [](std::span<f const> z, std::span<f const> dy, std::span<f> dz) {
      std::vector<f> s(z.size()); satur::apply_derivative(satur::sigmoid{}, z, s); for (std::size_t i = 0; i < z.size(); ++i) { dz[i] = s[i] * dy[i]; } }, brief({})); }},
  {"our relu6, one number at a time", [] { return value<f>(the<satur::relu6>(), [](f z) { return satur::relu6{}.value(z); }); }},
  {"our softplus in double, one number at a time", [] { return value<d>(the<satur::softplus>(), [](d z) { return satur::softplus{}.value(z); }); }},
  // careful formulas in double, rounded to float
  {"sigmoid", [] { return value_in_double<satur::sigmoid>(exact_sigmoid); }},
  {"tanh", [] { return value_in_double<satur::tanh>([](d z) { return std::tanh(z); }); }},
  {"gelu by erfc", [] { return value_in_double<satur::gelu>([](d z) { return z < -40.0 ? -0.0 : 0.5 * z * std::erfc(-z * 0.70710678118654752440); }); }},
  {"softplus by log1p", [] { return value_in_double<satur::softplus>([](d z) { return (z < 0.0 ? 0.0 : z) + std::log1p(std::exp(-std::fabs(z))); }); }},
  {"log_sigmoid by log1p", [] { return value_in_double<satur::log_sigmoid>([](d z) { return (z > 0.0 ? 0.0 : z) - std::log1p(std::exp(-std::fabs(z))); }); }},
  {"elu by expm1", [] { return value_in_double<satur::elu>([](d z) { return z > 0.0 ? z : std::expm1(z); }); }},
  {"silu, with its limit", [] { return value_in_double<satur::silu>([](d z) { return z < -800.0 ? -0.0 : z * exact_sigmoid(z); }); }},
  {"erf", [] { return value_in_double<satur::erf>([](d z) { return std::erf(z); }); }},
  {"mish by n (n + 2)", [] { return value_in_double<satur::mish>([](d z) { d const n = std::exp(-std::fabs(z)); d const w = n * (n + 2.0); return z > 0.0 ? z * ((1.0 + 2.0 * n) / (1.0 + 2.0 * n + 2.0 * n * n)) : z < -800.0 ? -0.0 : z * (w / (w + 2.0)); }); }},
  {"sigmoid's slope", [] { return slope_in_double<satur::sigmoid>([](d z) { return exact_sigmoid(z) * exact_sigmoid(-z); }); }},
  {"tanh's slope", [] { return slope_in_double<satur::tanh>([](d z) { d const e = std::exp(-2.0 * std::fabs(z)); return 4.0 * e / (1.0 + e) / (1.0 + e); }); }},
  {"softplus's slope", [] { return slope_in_double<satur::softplus>(exact_sigmoid); }},
  {"softsign's slope", [] { return slope_in_double<satur::softsign>([](d z) { d const a = 1.0 + std::fabs(z); return 1.0 / a / a; }); }},
  // double by long double
  {"sigmoid in long double", [] { return value<d>(the<satur::sigmoid>(), [](d z) { long double const e = std::exp(-std::fabs(static_cast<long double>(z))); return static_cast<d>((z < 0.0 ? e : 1.0L) / (1.0L + e)); }); }},
  {"tanh in double", [] { return value<d>(the<satur::tanh>(), [](d z) { return std::tanh(z); }); }},
  // selects
  {"relu that keeps NaN", [] { return value<f>(the<satur::relu>(), [](f z) { return z < 0.0f ? 0.0f : z; }); }},
  {"leaky_relu with its own slope", [] { return value<f>(leaky(), [](f z) { return z > 0.0f ? z : 0.2f * z; }); }},
  {"relu's slope from the output", [] { return slope<f>(the<satur::relu>(), [](f y, f dy) { return y != y ? y : y > 0.0f ? dy : 0.0f; }, {.from_output = true}); }},
  // options
  {"plain sigmoid where exp does not overflow", [] { return value<f>(the<satur::sigmoid>(), [](f z) { return 1.0f / (1.0f + std::exp(-z)); }, {.ulp = 4.0, .low = -87.0, .specials = false}); }},
  {"y (1 - y) for negative z", [] { return slope<f>(the<satur::sigmoid>(), [](f z, f dy) { f const y = 1.0f / (1.0f + std::exp(-z)); return y * (1.0f - y) * dy; }, {.ulp = 8.0, .low = -80.0, .high = 0.0, .specials = false}); }},
  {"flush to zero, accepted", [] { return value<f>(the<satur::sigmoid>(), [](f z) { f const y = static_cast<f>(exact_sigmoid(static_cast<d>(z))); return y < 0x1p-126f ? 0.0f : y; }, {.flushes_subnormals = true}); }},
  {"4 ulp, accepted", [] { return value<f>(the<satur::tanh>(), [](f z) { f const y = static_cast<f>(std::tanh(static_cast<d>(z))); return std::fabs(z) > 0.5f && std::fabs(z) < 4.0f ? y * (1.0f - 3.0f * 0x1p-24f) : y; }, {.ulp = 4.0, .monotone = false}); }},
  // few bits
  {"gelu in bfloat16 via float", [] { return value<u16>(the<satur::gelu>(), [](u16 z) { return to_bfloat16(satur::gelu{}.value(from_bfloat16(z))); }, {.ulp = 0.51, .format = formats::bfloat16}); }},
  {"tanh in float16 via float", [] { return value<u16>(the<satur::tanh>(), [](u16 z) { return to_half(std::tanh(from_half(z))); }, {.ulp = 0.51, .format = formats::float16}); }},
  {"silu's slope in e4m3 via double", [] { return slope<u8>(the<satur::silu>(), [](u8 z, u8 dy) { return static_cast<u8>(satur::encode(formats::fp8_e4m3, satur::silu{}.derivative(satur::decode(formats::fp8_e4m3, z)) * satur::decode(formats::fp8_e4m3, dy))); }, {.ulp = 0.51, .format = formats::fp8_e4m3}); }},
  {"a table for e4m3", [] { return value<u8>(the<satur::sigmoid>(), [](u8 z) { static auto const t = table_of<satur::sigmoid>(formats::fp8_e4m3, 1.0, formats::fp8_e4m3, 1.0); return t[z]; }, {.ulp = 0.5, .format = formats::fp8_e4m3}); }},
  {"a table for int8", [] { return value<u8>(the<satur::tanh>(), [](u8 z) { static auto const t = table_of<satur::tanh>(formats::int8, 32.0, formats::int8, 127.0); return t[z]; }, {.ulp = 0.5, .format = formats::int8, .output_format = formats::int8, .scale = 32.0, .output_scale = 127.0}); }},
  {"a table for uint8 with a zero point", [] { return value<u8>(the<satur::sigmoid>(), [](u8 z) { static auto const t = table_of<satur::sigmoid>(formats::with_zero_point(formats::uint8, 128.0), 16.0, formats::uint8, 255.0); return t[z]; }, {.ulp = 0.5, .format = formats::with_zero_point(formats::uint8, 128.0), .output_format = formats::uint8, .scale = 16.0, .output_scale = 255.0}); }},
  };
}
// clang-format on

} // namespace kernels_of_reports
