// The check of a kernel passes right kernels, and finds each kind of fault with the right numbers.
#include "support/reference.hpp"
#include "support/refusal.hpp"

#include "satur/activation.hpp"
#include "satur/format.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::testing::check_backward_kernel;
using satur::testing::check_kernel;
using satur::testing::kernel_options;
using satur::testing::kernel_progress;
using satur::testing::kernel_report;
using satur::testing::kernel_segment;
using satur_test::refusal;

/// f(z) of each element, computed in T.
template <class T, class F> auto each(F f) {
  return [f](std::span<T const> z, std::span<T> y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = f(z[i]);
    }
  };
}
/// f'(z) dy of each element.
template <class T, class F> auto each_times(F f) {
  return [f](std::span<T const> z, std::span<T const> dy, std::span<T> dz) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = f(z[i]) * dy[i];
    }
  };
}
/// f in double, over codes of a format.
template <class T, class F> auto each_code(satur::format const& format, F f) {
  return each<T>(
      [&format, f](T code) { return static_cast<T>(satur::encode(format, f(satur::decode(format, code)))); });
}

/// The array passes of the library.
template <class T, class A> auto ours(A const& act) {
  return [act](std::span<T const> z, std::span<T> y) { satur::apply(act, z, y); };
}
template <class T, class A> auto our_slope(A const& act) {
  return each_times<T>([act](T z) { return act.derivative(z); });
}

kernel_options const few{.inputs = 20000, .longest_call = 512};

std::uint64_t counted(kernel_report const& r) {
  std::uint64_t n = r.specials + r.unknown;
  for (kernel_segment const& s : r.segments) {
    n += s.count;
  }
  return n;
}
void passes(kernel_report const& r) {
  CAPTURE(r.text());
  CHECK(r.passed());
  CHECK(r.false_zeros == 0);
  CHECK(r.wrong_signs == 0);
  CHECK(r.wrong_specials == 0);
  CHECK_FALSE(r.first_bad);
  CHECK(counted(r) == r.inputs);
}
satur::testing::failure const& failure_of(kernel_report const& r, std::string const& property) {
  CAPTURE(r.text());
  CHECK(counted(r) == r.inputs);
  CHECK(r.text().find("FAILS  " + property) != std::string::npos);
  for (satur::testing::failure const& f : r.failures) {
    if (f.property == property) {
      return f;
    }
  }
  static satur::testing::failure const none{};
  FAIL("no failure: " << property);
  return none;
}

} // namespace

TEST_CASE("our kernels of float are right") {
  passes(check_kernel<float>(satur::sigmoid{}, ours<float>(satur::sigmoid{}), few));
  passes(check_kernel<float>(satur::gelu{}, ours<float>(satur::gelu{}), few));
  passes(check_kernel<float>(satur::softplus{}, ours<float>(satur::softplus{}), few));
  passes(check_kernel<float>(satur::hard_shrink{}, ours<float>(satur::hard_shrink{}), few));
  passes(check_kernel<float>(satur::exponential{}, ours<float>(satur::exponential{}), few));
  passes(check_backward_kernel<float>(satur::tanh{}, our_slope<float>(satur::tanh{}), few));
  passes(check_backward_kernel<float>(satur::silu{}, our_slope<float>(satur::silu{}), few));
  passes(check_backward_kernel<float>(satur::mish{}, our_slope<float>(satur::mish{}), few));
  passes(check_backward_kernel<float>(satur::hard_swish{}, our_slope<float>(satur::hard_swish{}), few));
}

TEST_CASE("our kernels of double are right") {
  kernel_options o{.inputs = 3000};
  passes(check_kernel<double>(satur::tanh{}, ours<double>(satur::tanh{}), o));
  o.ulp = 4.0;
  passes(check_backward_kernel<double>(satur::gelu{}, our_slope<double>(satur::gelu{}), o));
}

TEST_CASE("kernels of codes that are rounded once are right, at every code") {
  auto const slope = [](satur::format const& f) {
    return [&f](auto z, auto dy, auto dz) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        double const exact = satur::silu{}.derivative(satur::decode(f, z[i])) * satur::decode(f, dy[i]);
        dz[i] = static_cast<typename decltype(dz)::value_type>(satur::encode(f, exact));
      }
    };
  };
  kernel_options o{.ulp = 0.5};
  for (satur::format const& f : {formats::bfloat16, formats::float16}) {
    o.format = f;
    kernel_report const r = check_kernel<std::uint16_t>(
        satur::sigmoid{}, each_code<std::uint16_t>(f, [](double z) { return satur::sigmoid{}.value(z); }), o);
    passes(r);
    CHECK(r.inputs == 65536);
    passes(check_backward_kernel<std::uint16_t>(satur::silu{}, slope(f), o));
  }
  for (satur::format const& f : {formats::fp8_e4m3, formats::fp8_e5m2, formats::fp8_e4m3fnuz, formats::fp4_e2m1}) {
    o.format = f;
    kernel_report const r = check_kernel<std::uint8_t>(
        satur::gelu{}, each_code<std::uint8_t>(f, [](double z) { return satur::gelu{}.value(z); }), o);
    passes(r);
    CHECK(r.inputs == 1u << f.bits);
    passes(check_backward_kernel<std::uint8_t>(satur::silu{}, slope(f), o));
  }
}

TEST_CASE("codes beyond the largest number may be it, infinity or NaN") {
  for (satur::overflow const way : {satur::overflow::saturate, satur::overflow::special}) {
    auto const k = each<std::uint8_t>([way](std::uint8_t code) {
      return static_cast<std::uint8_t>(
          satur::encode(formats::fp8_e4m3, satur::exponential{}.value(satur::decode(formats::fp8_e4m3, code)), way));
    });
    kernel_report const r = check_kernel<std::uint8_t>(satur::exponential{}, k, {.format = formats::fp8_e4m3});
    passes(r);
    // e^z > 464 from 6.14 on: the codes 6.5 to 448
    CHECK(r.specials == 2 + 50);
  }
  auto const clamped = each<std::uint8_t>([](std::uint8_t code) {
    double const y = std::min(200.0, satur::exponential{}.value(satur::decode(formats::fp8_e4m3, code)));
    return static_cast<std::uint8_t>(satur::encode(formats::fp8_e4m3, y));
  });
  kernel_report const r =
      check_kernel<std::uint8_t>(satur::exponential{}, clamped, {.format = formats::fp8_e4m3, .specials = true});
  CHECK(failure_of(r, "infinity where the value is too large").times == 50);
}

TEST_CASE("an int8 table with scales and zero points is right, and one built for another scale is not") {
  satur::format const in = satur::formats::with_zero_point(formats::int8, 10);
  satur::format const out = satur::formats::with_zero_point(formats::int8, -128);
  auto const table = [&](double scale) {
    std::vector<std::uint8_t> all;
    for (std::uint32_t code = 0; code < 256; ++code) {
      double const y = satur::sigmoid{}.value(satur::decode(in, code) / scale);
      all.push_back(static_cast<std::uint8_t>(satur::encode(out, y * 256.0)));
    }
    return each<std::uint8_t>([all](std::uint8_t code) { return all[code]; });
  };
  kernel_options const o{.ulp = 0.5, .format = in, .output_format = out, .scale = 16.0, .output_scale = 256.0};
  passes(check_kernel<std::uint8_t>(satur::sigmoid{}, table(16.0), o));
  kernel_report const r = check_kernel<std::uint8_t>(satur::sigmoid{}, table(15.0), o);
  CHECK(failure_of(r, "the value within 0.5 ulp").times > 100);
  // (1/(1 + e^-(q - 10)/15) - 1/(1 + e^-(q - 10)/16)) 256 is at most 3.67
  CHECK(r.worst_ulp > 3.0);
  CHECK(r.worst_ulp < 4.5);
}

TEST_CASE("the numbers of a report are those of brute force: gelu by erf in bfloat16") {
  auto const in_float = [](std::uint16_t code) { return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16); };
  auto const code_of = [](float x) { // to nearest, ties to even
    std::uint32_t const b = std::bit_cast<std::uint32_t>(x);
    return static_cast<std::uint16_t>(x != x ? 0x7fc0u : (b + 0x7fffu + (b >> 16 & 1u)) >> 16);
  };
  auto const by_erf = [&](std::uint16_t code) {
    float const z = in_float(code);
    return code_of(0.5f * z * (1.0f + std::erf(z * 0.70710678f)));
  };
  kernel_report const r = check_kernel<std::uint16_t>(satur::gelu{}, each<std::uint16_t>(by_erf),
                                                      {.ulp = 1.0, .format = formats::bfloat16, .specials = false});
  std::uint64_t zeros = 0;
  std::uint64_t flushed = 0;
  std::uint64_t beyond = 0;
  std::uint64_t numbers = 0;
  double worst = 0.0;
  double sum = 0.0;
  float first = 1.0f;
  for (std::uint32_t code = 0; code < 65536; ++code) {
    float const z = in_float(static_cast<std::uint16_t>(code));
    double const exact = test::exact(satur::gelu{}, static_cast<double>(z)).value;
    float const nearest = in_float(code_of(static_cast<float>(exact)));
    if (!std::isfinite(z)) {
      continue;
    }
    ++numbers;
    float const got = in_float(by_erf(static_cast<std::uint16_t>(code)));
    int exponent = 0;
    std::frexp(exact, &exponent);
    double const unit = std::ldexp(1.0, std::max(exponent - 8, -133));
    double const error = std::fabs(static_cast<double>(got) - exact) / unit;
    zeros += got == 0.0f && nearest != 0.0f;
    flushed += got == 0.0f && nearest != 0.0f && std::fabs(exact) < 0x1p-126;
    beyond += error > 1.0;
    if (error > 1.0) {
      first = std::min(first, z);
    }
    if (!(got == 0.0f && std::fabs(exact) < 0x1p-126 && error > 0.5)) {
      worst = std::max(worst, error);
      sum += error;
    }
  }
  CAPTURE(r.text());
  CHECK(zeros > 100);
  CHECK(r.false_zeros == zeros);
  CHECK(r.flushed == flushed);
  CHECK(counted(r) == r.inputs);
  CHECK(r.inputs == numbers);
  std::uint64_t bad = 0;
  double mean = 0.0;
  for (kernel_segment const& s : r.segments) {
    bad += s.beyond;
    mean += s.mean_ulp * static_cast<double>(s.count - s.flushed);
  }
  CHECK(bad == beyond);
  CHECK(r.worst_ulp == doctest::Approx(worst));
  CHECK(mean == doctest::Approx(sum));
  CHECK(r.first_bad.value_or(0.0) == static_cast<double>(first));
  CHECK(failure_of(r, "no zero where the value is a number").usually.find("erf") != std::string::npos);
}
