// What a kernel over buffers can do wrong beside its numbers: each fault is found and named, and kernels without one
// pass.
#include "satur/activation/sigmoid.hpp"
#include "satur/format/formats.hpp"
#include "satur/testing/kernel/call_checks.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

using satur::testing::kernel_report;
using options = satur::testing::detail::call_check_options;
template <class T> using inputs_1 = std::array<std::span<T const>, 1>;

template <class T> T formula(T z) { return T(1) / (T(1) + std::exp(-z)); }

/// The numbers that the kernels are called with.
std::vector<float> line() {
  std::vector<float> z;
  for (int i = -3000; i < 3000; ++i) {
    z.push_back(static_cast<float>(i) * 0.0101f);
  }
  return z;
}

template <class Kernel> kernel_report checked(Kernel const& kernel, options const& o = {}) {
  std::vector<float> const z = line();
  kernel_report r;
  satur::testing::detail::check_calls<float, 1>(
      r, [&](inputs_1<float> const& in, std::span<float> y) { kernel(in[0], y); }, {std::span<float const>(z)}, o);
  return r;
}

} // namespace

TEST_CASE("a kernel of one loop passes, and is called thousands of times") {
  kernel_report const r = checked([](std::span<float const> z, std::span<float> y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = formula(z[i]);
    }
  });
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.checks > 2000);
}
