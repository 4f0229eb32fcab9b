// Four kernels as people write them are wrong where neurons saturate. One call each finds this, and names the cause.
#include <satur/observe.hpp>
#include <satur/testing.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <limits>
#include <span>
#include <string_view>

void plain_sigmoid(std::span<float const> z, std::span<float> y) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    y[i] = 1.0f / (1.0f + std::exp(-z[i]));
  }
}

// The slope of sigmoid, from its kept output.
void sigmoid_backward(std::span<float const> y, std::span<float const> dy, std::span<float> dz) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    dz[i] = dy[i] * y[i] * (1.0f - y[i]);
  }
}

void gelu_by_tanh(std::span<float const> z, std::span<float> y) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    y[i] = 0.5f * z[i] * (1.0f + std::tanh(0.7978845608f * (z[i] + 0.044715f * z[i] * z[i] * z[i])));
  }
}

// tanh at 257 points from -4 to 4; the nearest one is taken.
void tanh_from_table(std::span<float const> z, std::span<float> y) {
  static std::array<float, 257> const table = [] {
    std::array<float, 257> t{};
    for (std::size_t i = 0; i < t.size(); ++i) {
      t[i] = std::tanh(static_cast<float>(i) / 32.0f - 4.0f);
    }
    return t;
  }();
  for (std::size_t i = 0; i < z.size(); ++i) {
    float const inside = std::fmin(std::fmax(z[i], -4.0f), 4.0f);
    y[i] = z[i] != z[i] ? z[i] : table[static_cast<std::size_t>(std::lround((inside + 4.0f) * 32.0f))];
  }
}

void our_sigmoid(std::span<float const> z, std::span<float> y) { satur::apply(satur::sigmoid{}, z, y); }

int main() {
  using namespace satur::testing;
  std::cout << "An error counts in ulp, the distance from one float to the next; up to 2 are allowed.\n\n";
  struct {
    std::string_view name;
    kernel_report report;
    std::string_view cause; // words of it; none if the kernel is right
  } const checked[] = {
      {"sigmoid as 1 / (1 + exp(-z))", check_kernel<float>(satur::sigmoid{}, plain_sigmoid), "exp(-z) overflows"},
      {"sigmoid's slope as y (1 - y)",
       check_backward_kernel<float>(satur::sigmoid{}, sigmoid_backward, {.from_output = true}), "1 - y cancels"},
      {"gelu by tanh", check_kernel<float>(satur::gelu{}, gelu_by_tanh), "computes gelu_tanh"},
      {"tanh from a table", check_kernel<float>(satur::tanh{}, tanh_from_table), "A table with steps of 0.03125"},
      {"satur's sigmoid", check_kernel<float>(satur::sigmoid{}, our_sigmoid), ""},
  };

  bool as_claimed = true;
  for (auto const& [name, report, cause] : checked) {
    bool const finite = report.worst_ulp <= std::numeric_limits<double>::max();
    std::cout << name << ": " << (report.passed() ? "right" : "wrong") << "\n  " << report.inputs
              << " floats tried; at worst, at z = " << std::setprecision(3) << report.worst_at << ", ";
    if (finite) {
      std::cout << "off by " << report.worst_ulp << " ulp; ";
    } else {
      std::cout << "NaN or infinity in the place of a number; ";
    }
    std::cout << report.false_zeros << " results are 0 but should not be\n";
    if (report.first_bad) {
      std::cout << "  wrong from z = " << *report.first_bad << " on, upward\n";
    }
    if (!report.causes.empty()) { // the first explains best
      std::cout << "  cause: " << report.causes.front().what << '\n';
    }
    std::cout << '\n';
    bool const named = !report.causes.empty() && report.causes.front().what.find(cause) != std::string::npos;
    as_claimed = as_claimed && (cause.empty() ? report.passed() : !report.passed() && named);
  }
  std::cout << "All that is known of one of them:\n\n" << checked[1].report.text();
  return as_claimed ? 0 : 1;
}
