// The causes that are named: for wrong kernels of public reports the right one, for right kernels and for errors
// without a usual cause none.
#include "support/right_kernels.hpp"
#include "support/wrong_kernels.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace kernels_of_reports;

/// The text without its line breaks.
std::string in_one_line(std::string const& text) {
  std::string line;
  for (char const c : text) {
    bool const space = c == ' ' || c == '\n';
    if (!space || (!line.empty() && line.back() != ' ')) {
      line += space ? ' ' : c;
    }
  }
  return line;
}

TEST_CASE("kernels as in public reports are found, with the cause") {
  std::vector<wrong_kernel> const all = wrong_kernels();
  CHECK(all.size() >= 30);
  for (wrong_kernel const& k : all) {
    kernel_report const r = k.check();
    CAPTURE(k.source);
    CAPTURE(r.text());
    CHECK_FALSE(r.passed());
    std::string const first = r.causes.empty() ? "none" : r.causes.front().what;
    CHECK_MESSAGE(first.find(k.cause) != std::string::npos, first);
    CHECK(in_one_line(r.text()).find(k.cause) != std::string::npos);
  }
}

TEST_CASE("right kernels pass, and no cause is named") {
  std::vector<right_kernel> const all = right_kernels();
  CHECK(all.size() >= 20);
  for (right_kernel const& k : all) {
    kernel_report const r = k.check();
    CAPTURE(k.name);
    CAPTURE(r.text());
    CHECK(r.passed());
    CHECK(r.causes.empty());
  }
}

/// A number in [-1, 1] that depends on all bits of z.
float noise(float z) {
  std::uint32_t h = std::bit_cast<std::uint32_t>(z) * 0x9e3779b9u;
  h = (h ^ (h >> 15)) * 0x85ebca6bu;
  return static_cast<float>(static_cast<std::int32_t>(h ^ (h >> 13))) * 0x1p-31f;
}
float right_sigmoid(float z) { return static_cast<float>(exact_sigmoid(static_cast<double>(z))); }

TEST_CASE("errors without a usual cause get no cause") {
  auto const none = [](char const* what, kernel_report const& r) {
    CAPTURE(what);
    CAPTURE(r.text());
    CHECK_FALSE(r.passed());
    CHECK(r.causes.empty());
  };
  none("off by 1e-3 in an interval", value<float>(the<satur::sigmoid>(), [](float z) {
         return right_sigmoid(z) * (z > 2.0f && z < 3.0f ? 1.001f : 1.0f);
       }));
  none("noise of 1e-4",
       value<float>(the<satur::tanh>(), [](float z) { return std::tanh(z) * (1.0f + 1e-4f * noise(z)); }));
  none("noise of 1e-5 added", value<float>(the<satur::gelu>(), [](float z) {
         return satur::gelu{}.value(z) + (std::fabs(z) < 20.0f ? 1e-5f * noise(z) : 0.0f);
       }));
  none("noise of 1e-12 in double", value<double>(the<satur::tanh>(), [](double z) {
         return std::tanh(z) * (1.0 + 1e-12 * static_cast<double>(noise(static_cast<float>(z))));
       }));
  none("the sign in an interval", value<float>(the<satur::silu>(), [](float z) {
         float const y = satur::silu{}.value(z);
         return z > 0.5f && z < 0.75f ? -y : y;
       }));
  none("NaN in an interval", value<float>(the<satur::sigmoid>(), [](float z) {
         return z > 3.0f && z < 3.5f ? std::numeric_limits<float>::quiet_NaN() : right_sigmoid(z);
       }));
  none("zero in an interval", slope<float>(the<satur::sigmoid>(), [](float z, float dy) {
         return z > 1.0f && z < 2.0f ? 0.0f : satur::sigmoid{}.derivative(z) * dy;
       }));
  none("one code of 256",
       value<std::uint8_t>(the<satur::sigmoid>(),
                           [](std::uint8_t q) {
                             return static_cast<std::uint8_t>(
                                 satur::encode(formats::fp8_e4m3,
                                               exact_sigmoid(satur::decode(formats::fp8_e4m3, q == 77 ? 33u : q))));
                           },
                           {.format = formats::fp8_e4m3}));
  none("a polynomial", value<float>(the<satur::tanh>(), [](float z) {
         return std::fabs(z) < 1.0f ? z - z * z * z * 0.3333333f + z * z * z * z * z * 0.1333333f : std::tanh(z);
       }));
}

} // namespace
