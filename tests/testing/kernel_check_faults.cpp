// Each kind of fault of a kernel's numbers is told from the others, and right kernels that look wrong are not refused.
#include "satur/activation.hpp"
#include "satur/format.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace {

using satur::testing::check_backward_kernel;
using satur::testing::check_kernel;
using satur::testing::failure;
using satur::testing::kernel_options;
using satur::testing::kernel_report;

template <class F> auto each(F f) {
  return [f](std::span<float const> z, std::span<float> y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = f(z[i]);
    }
  };
}
template <class F> auto each_times(F f) {
  return [f](std::span<float const> z, std::span<float const> dy, std::span<float> dz) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = f(z[i]) * dy[i];
    }
  };
}

kernel_options const few{.inputs = 20000};

failure const& only_failure(kernel_report const& r, std::string const& property) {
  CAPTURE(r.text());
  REQUIRE(r.failures.size() == 1);
  CHECK(r.failures.front().property == property);
  return r.failures.front();
}
void passes(kernel_report const& r) {
  CAPTURE(r.text());
  CHECK(r.passed());
}
constexpr float infinity = std::numeric_limits<float>::infinity();
float sigmoid(float z) { return satur::sigmoid{}.value(z); }
float slope_of_sigmoid(float z) { return satur::sigmoid{}.derivative(z); }

} // namespace

TEST_CASE("false zeros of y (1 - y) begin where y rounds to 1") {
  kernel_report const r = check_backward_kernel<float>(satur::sigmoid{}, each_times([](float z) {
                                                         float const y = sigmoid(z);
                                                         return y * (1.0f - y);
                                                       }),
                                                       few);
  CAPTURE(r.text());
  REQUIRE(r.failures.size() == 2);
  CHECK(r.failures[0].property == "the slope within 2 ulp");
  CHECK(r.failures[1].property == "no zero where the slope is a number");
  CHECK(r.failures[1].times <= r.false_zeros); // some are less than 1 ulp off
  CHECK(r.failures[1].times > 0.9 * static_cast<double>(r.false_zeros));
  CHECK(r.failures[1].where.starts_with("z = 17.3"));
  CHECK(r.failures[1].usually.find("y (1 - y)") != std::string::npos);
  CHECK(r.flushed > 0);
  CHECK(r.false_zeros > 2 * r.flushed);
  CHECK(r.wrong_signs == 0);
  CHECK(r.first_bad.value_or(0.0) > 1.0);
  CHECK_FALSE(r.causes.empty());
}

TEST_CASE("flush to zero is told from an error, and may be allowed") {
  auto const flushes = each([](float z) {
    float const y = sigmoid(z);
    return y < 0x1p-126f ? 0.0f : y;
  });
  kernel_options o = few;
  kernel_report const r = check_kernel<float>(satur::sigmoid{}, flushes, o);
  failure const& flush = only_failure(r, "no flush to zero of subnormal values");
  CHECK(flush.times <= r.flushed);
  CHECK(flush.times > 0.8 * static_cast<double>(r.flushed));
  CHECK(flush.where.starts_with("z = -87.336"));
  CHECK(r.flushed == r.false_zeros);
  CHECK(r.worst_ulp < 2.0);
  o.flushes_subnormals = true;
  kernel_report const allowed = check_kernel<float>(satur::sigmoid{}, flushes, o);
  passes(allowed);
  CHECK(allowed.flushed == r.flushed);
  CHECK(allowed.text().find("subnormal results are flushed to zero") != std::string::npos);
  // The option excuses no other zero,
  kernel_report const early =
      check_kernel<float>(satur::sigmoid{}, each([](float z) { return z < -80.0f ? 0.0f : sigmoid(z); }), o);
  static_cast<void>(only_failure(early, "no zero where the value is a number"));
  // but it does excuse an input that counts as 0.
  auto const zero_inputs = each_times([](float z) { return z > 0x1p-126f ? 1.0f : (z != z ? z : 0.0f); });
  passes(check_backward_kernel<float>(satur::relu{}, zero_inputs, o));
  CHECK_FALSE(check_backward_kernel<float>(satur::relu{}, zero_inputs, few).passed());
}

TEST_CASE("a wrong sign") {
  auto const k = each_times([](float z) {
    float const s = satur::gelu{}.derivative(z);
    return z < -3.7f ? -s : s;
  });
  kernel_report const r = check_backward_kernel<float>(satur::gelu{}, k, few);
  failure const& f = only_failure(r, "the sign of the slope");
  CHECK(f.times == r.wrong_signs);
  CHECK(f.where.starts_with("z = -3.7")); // the largest slope with a wrong sign
  CHECK(r.first_bad.value_or(0.0) < -14.0);
}

TEST_CASE("NaN and infinity, each by its own property") {
  kernel_report const nan = check_kernel<float>(satur::relu{}, each([](float z) { return z > 0.0f ? z : 0.0f; }), few);
  CHECK(only_failure(nan, "NaN goes through the value").times == 4);
  CHECK(nan.wrong_specials == 4);
  passes(check_kernel<float>(satur::relu{}, each([](float z) { return z > 0.0f ? z : 0.0f; }),
                             {.inputs = 20000, .specials = false}));

  kernel_report const limit = check_kernel<float>(
      satur::silu{}, each([](float z) { return z == -infinity ? std::nanf("") : satur::silu{}.value(z); }), few);
  CHECK(only_failure(limit, "a limit at infinity, of the value").where == "z = -inf");
  CHECK(std::isinf(limit.worst_ulp));

  kernel_report const finite = check_kernel<float>(
      satur::softplus{}, each([](float z) { return z > 88.8f ? infinity : satur::softplus{}.value(z); }), few);
  CHECK(finite.failures.at(0).property == "a finite z has a finite value");
  CHECK(finite.failures.at(0).got == "inf");

  kernel_report const capped = check_kernel<float>(satur::exponential{}, each([](float z) {
                                                     float const y = satur::exponential{}.value(z);
                                                     return y > 3e38f ? 3e38f : y;
                                                   }),
                                                   few);
  CHECK(capped.failed("infinity where the value is too large"));
  CHECK(capped.wrong_specials == capped.failures.back().times);
}

TEST_CASE("a value that goes back: within the allowed error a note, else a failure") {
  auto const beside = [](float units) {
    return each([units](float z) { // a step back by some units, once
      float const y = sigmoid(z);
      return z > 1.0f && z < 1.5f ? y - units * 0x1p-24f : y;
    });
  };
  kernel_report const little =
      check_kernel<float>(satur::sigmoid{}, beside(1.0f), {.inputs = 1u << 24, .low = 0.9, .high = 1.1});
  passes(little);
  CHECK(little.not_monotone >= 1);
  CHECK(little.largest_step_back == 1.0);
  CHECK(little.text().find("the value goes back at ") != std::string::npos);
  kernel_options o{.ulp = 4.0, .inputs = 1u << 21, .low = 0.9, .high = 1.1};
  kernel_report const much =
      check_kernel<float>(satur::sigmoid{}, beside(5.0f), {.ulp = 6.0, .inputs = 1u << 21, .low = 0.9, .high = 1.1});
  passes(much);
  CHECK(much.not_monotone > 0);
  kernel_report const wrong = check_kernel<float>(satur::sigmoid{}, each([](float z) {
                                                    float const y = sigmoid(z);
                                                    return z > 1.0f ? y - 3.0f * 0x1p-24f : y + 2.0f * 0x1p-24f;
                                                  }),
                                                  o);
  failure const& f = only_failure(wrong, "the value never falls");
  CHECK(f.expected.starts_with("at least 0.73105"));
  CHECK(f.times == 1);
  o.monotone = false;
  kernel_report const unasked = check_kernel<float>(satur::sigmoid{}, beside(3.0f), o);
  passes(unasked);
  CHECK(unasked.not_monotone == 0);
}

TEST_CASE("either side's result at a kink is right, and what is between is not") {
  for (float const at_kink : {0.0f, 1.0f}) {
    passes(check_backward_kernel<float>(
        satur::relu{}, each_times([&](float z) { return z == 0.0f ? at_kink : satur::relu{}.derivative(z); }), few));
    passes(check_backward_kernel<float>(
        satur::hard_tanh{},
        each_times([&](float z) { return std::fabs(z) == 1.0f ? at_kink : satur::hard_tanh{}.derivative(z); }), few));
  }
  kernel_report const half = check_backward_kernel<float>(
      satur::relu{}, each_times([](float z) { return z == 0.0f ? 0.5f : satur::relu{}.derivative(z); }), few);
  CHECK(only_failure(half, "the slope within 2 ulp").where.starts_with("z = "));
  // a step of the value: hard_shrink at 1/2
  passes(check_kernel<float>(satur::hard_shrink{},
                             each([](float z) { return std::fabs(z) >= 0.5f || z != z ? z : 0.0f; }), few));
}

TEST_CASE("beside a zero of the slope an error counts in ulp of the largest slope, and elsewhere it does not") {
  auto const off_by = [](float error, float from, float to) {
    return each_times([=](float z) {
      float const s = satur::gelu{}.derivative(z);
      return z > from && z < to ? s + error : s;
    });
  };
  float const ulp_of_peak = 0x1p-23f;
  passes(check_backward_kernel<float>(satur::gelu{}, off_by(1.5f * ulp_of_peak, -0.9f, -0.6f), few));
  CHECK_FALSE(check_backward_kernel<float>(satur::gelu{}, off_by(3.0f * ulp_of_peak, -0.9f, -0.6f), few).passed());
  CHECK_FALSE(check_backward_kernel<float>(satur::gelu{}, off_by(1.5f * ulp_of_peak, -3.0f, -2.9f), few).passed());
}

TEST_CASE("-0 for 0 and any NaN are right") {
  passes(check_kernel<float>(
      satur::relu{}, each([](float z) { return z > 0.0f ? z : (z != z ? std::bit_cast<float>(0xffc12345u) : -0.0f); }),
      few));
}

TEST_CASE("dy takes part: a kernel that leaves it out, or takes its size alone, is wrong") {
  auto const without = [](auto z, auto, auto dz) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = slope_of_sigmoid(z[i]);
    }
  };
  auto const absolute = [](auto z, auto dy, auto dz) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = slope_of_sigmoid(z[i]) * std::fabs(dy[i]);
    }
  };
  auto const short_digits = [](auto z, auto dy, auto dz) { // dy in bfloat16
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = slope_of_sigmoid(z[i]) * std::bit_cast<float>(std::bit_cast<std::uint32_t>(dy[i]) & 0xffff0000u);
    }
  };
  kernel_report const r = check_backward_kernel<float>(satur::sigmoid{}, without, few);
  CHECK(r.failures.at(0).where.find("dy = ") != std::string::npos);
  CHECK(check_backward_kernel<float>(satur::sigmoid{}, absolute, few).failed("the sign of the slope"));
  CHECK(check_backward_kernel<float>(satur::sigmoid{}, short_digits, few).failed("the slope within 2 ulp"));
}

TEST_CASE("a slope from the output: the report says from where on no function of y is right") {
  auto const from_y = [](auto y, auto dy, auto dz) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      dz[i] = dy[i] * y[i] * (1.0f - y[i]);
    }
  };
  kernel_options o = few;
  o.from_output = true;
  kernel_report const r = check_backward_kernel<float>(satur::sigmoid{}, from_y, o);
  CAPTURE(r.text());
  CHECK_FALSE(r.passed());
  // y = 1/(1 + e^-z) has steps of 2^-24 above 1/2, 2^-24 e^z of 1 - y: half of it is 2 ulp (2^-23 to 2^-24 of the
  // slope) from e^z between 4 and 16 on
  CHECK(r.output_loses_above.value_or(0.0) > std::log(4.0));
  CHECK(r.output_loses_above.value_or(9.0) < std::log(17.0));
  CHECK_FALSE(r.output_loses_below);
  CHECK(r.failures.at(0).where.find("y = ") != std::string::npos);
  CHECK(r.text().find("no function of y is within") != std::string::npos);
  // within the domain where it can be right, it is
  o.high = 1.0;
  kernel_report const low = check_backward_kernel<float>(satur::sigmoid{}, from_y, o);
  passes(low);
  CHECK_FALSE(low.output_loses_above);
  // relu's slope can be had from y
  o.high = static_cast<double>(infinity);
  kernel_report const relu = check_backward_kernel<float>(
      satur::relu{},
      [](auto y, auto dy, auto dz) {
        for (std::size_t i = 0; i < y.size(); ++i) {
          dz[i] = y[i] > 0.0f || y[i] != y[i] ? dy[i] * (y[i] == y[i] ? 1.0f : y[i]) : 0.0f;
        }
      },
      o);
  passes(relu);
  CHECK(relu.notes.empty());
  kernel_report const gelu = check_backward_kernel<float>(satur::gelu{}, from_y, o);
  CHECK(gelu.text().find("falls and rises") != std::string::npos);
}
