/// \file format/formats.hpp  The number formats in use.
#pragma once

#include "satur/format/format.hpp"

#include <array>

/// Sources: IEEE 754-2019 (float16); bfloat16: Intel, "BFLOAT16 - Hardware Numerics Definition" 2018; OCP 8-bit
/// Floating Point Specification 1.0 (e4m3, e5m2); Noune et al. 2022, arXiv 2206.02915, as in ONNX and MLIR (the fnuz
/// formats); OCP Microscaling Formats 1.0 (e2m1).
namespace satur::inline SATUR_ABI::formats {

inline constexpr format float16{"float16", -65504.0, 65504.0, 0x1p-14, 0x1p-24, 16, format::coding::ieee};
inline constexpr format bfloat16{"bfloat16", -0x1.fep127, 0x1.fep127, 0x1p-126, 0x1p-133, 16, format::coding::ieee};
/// OCP: 448 is the largest, there is no infinity. Not the fnuz format, whose largest is 240.
inline constexpr format fp8_e4m3{"fp8_e4m3", -448.0, 448.0, 0x1p-6, 0x1p-9, 8, format::coding::one_nan};
inline constexpr format fp8_e5m2{"fp8_e5m2", -57344.0, 57344.0, 0x1p-14, 0x1p-16, 8, format::coding::ieee};
inline constexpr format fp8_e4m3fnuz{"fp8_e4m3fnuz", -240.0, 240.0, 0x1p-7, 0x1p-10, 8, format::coding::unsigned_zero};
inline constexpr format fp8_e5m2fnuz{
    "fp8_e5m2fnuz", -57344.0, 57344.0, 0x1p-15, 0x1p-17, 8, format::coding::unsigned_zero};
inline constexpr format fp4_e2m1{"fp4_e2m1", -6.0, 6.0, 1.0, 0.5, 4, format::coding::finite};
/// Scale them: x * scale + zero_point is rounded to an integer.
inline constexpr format int8{"int8", -128.0, 127.0, 1.0, 1.0, 8, format::coding::integer};
inline constexpr format uint8{"uint8", 0.0, 255.0, 1.0, 1.0, 8, format::coding::integer};

/// All of them, in this order.
[[nodiscard]] constexpr std::array<format, 9> all() {
  return {float16, bfloat16, fp8_e4m3, fp8_e5m2, fp8_e4m3fnuz, fp8_e5m2fnuz, fp4_e2m1, int8, uint8};
}

/// An integer format with the code of 0 at `zero_point`: with_zero_point(uint8, 128).
[[nodiscard]] constexpr format with_zero_point(format f, double zero_point) {
  f.zero_point = zero_point;
  return f;
}

} // namespace satur::inline SATUR_ABI::formats
