// format_limits: comparing x alone decides as rounding its product does, for all 16-bit numbers and at every limit.
#include "satur/format/limits.hpp"
#include "satur/format/code.hpp"
#include "satur/format/formats.hpp"

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::format;
using satur::format_limits;

format const own{"fp8_e3m4", -15.5, 15.5, 0x1p-2, 0x1p-6};

std::vector<format> every_format() {
  std::vector<format> all;
  for (format const& f : formats::all()) {
    all.push_back(f);
  }
  all.push_back(own);
  all.push_back(formats::with_zero_point(formats::uint8, 128.0));
  all.push_back(formats::with_zero_point(formats::uint8, 255.0));
  all.push_back(formats::with_zero_point(formats::int8, -3.0));
  all.push_back({"no_subnormals", -8.0, 8.0, 0x1p-3, 0x1p-3});
  all.push_back({"no_negatives", 0.0, 7.5, 0x1p-3, 0x1p-6});
  all.push_back({"float", -0x1.fffffep127, 0x1.fffffep127, 0x1p-126, 0x1p-149});
  return all;
}

/// Whether the limits say of x what rounding x * scale says.
template <class T> bool agrees(format_limits<T> const& limits, format const& f, double scale, T x) {
  double const product = static_cast<double>(x) * scale;
  double const stored = satur::round_to(f, product);
  return limits.to_limit(x) == (stored > f.high_end() || stored < f.low_end()) &&
         limits.before_rounding(x) == (product > f.high_end() || product < f.low_end()) &&
         limits.to_zero(x) == (x != T(0) && stored == 0.0) &&
         limits.subnormal(x) == (stored != 0.0 && std::fabs(stored) < f.smallest_normal);
}

std::vector<double> const scales{1.0,   0.25, 3.0,    0.1,   65536.0, 1.0 / 448.0,
                                 1e-30, 1e30, 1e-300, 1e300, 5e-324,  1.7e308};

template <class T> std::size_t wrong_around_limits(format const& f, double scale) {
  auto const limits = format_limits<T>::of(f, scale);
  constexpr T largest = std::numeric_limits<T>::max();
  constexpr T infinity = std::numeric_limits<T>::infinity();
  std::size_t wrong = limits.normal > limits.zero ? 0 : 1;
  for (T const limit :
       {limits.high, limits.low, limits.high_before, limits.low_before, limits.zero, limits.normal, largest, T(0)}) {
    T x = limit;
    for (int i = 0; i < 3; ++i) {
      x = std::nextafter(x, -infinity);
    }
    for (int i = 0; i < 7; ++i) {
      wrong += !agrees(limits, f, scale, x);
      wrong += !agrees(limits, f, scale, -x);
      x = std::nextafter(x, infinity);
    }
  }
  wrong += !agrees(limits, f, scale, infinity);
  wrong += !agrees(limits, f, scale, -infinity);
  return wrong;
}

} // namespace

TEST_CASE_TEMPLATE("format_limits: all 16-bit numbers, every format and scale", T, float, double) {
  std::vector<T> numbers;
  for (format const& f : {formats::float16, formats::bfloat16}) {
    for (std::uint32_t code = 0; code < 1u << 16; ++code) {
      double const x = satur::decode(f, code);
      if (!std::isnan(x)) {
        numbers.push_back(static_cast<T>(x));
      }
    }
  }
  for (format const& f : every_format()) {
    for (double const scale : {1.0, 0.1, 3.0}) {
      CAPTURE(f.name.view());
      CAPTURE(scale);
      auto const limits = format_limits<T>::of(f, scale);
      std::size_t wrong = 0;
      for (T const x : numbers) {
        wrong += !agrees(limits, f, scale, x);
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("format_limits: the neighbors of every limit, scales up to the ends of double", T, float, double) {
  for (format const& f : every_format()) {
    for (double const scale : scales) {
      CAPTURE(f.name.view());
      CAPTURE(scale);
      CHECK(wrong_around_limits<T>(f, scale) == 0);
    }
  }
}

TEST_CASE_TEMPLATE("format_limits: the published limits", T, float, double) {
  auto const below = [](double x) { return std::nextafter(static_cast<T>(x), T(0)); };
  auto const limits = [](format const& f, double scale = 1.0) { return format_limits<T>::of(f, scale); };
  CHECK(limits(formats::fp8_e4m3).high == T(464)); // 464 itself ties to 448
  CHECK(limits(formats::fp8_e4m3).high_before == T(448));
  CHECK(limits(formats::fp8_e4m3).zero == T(0x1p-10)); // ties to 0
  CHECK(limits(formats::fp8_e4m3).normal == T(0x1p-6 - 0x1p-10));
  CHECK(limits(formats::fp8_e4m3).low == T(-464));
  CHECK(limits(formats::float16).high == below(65520.0));
  CHECK(limits(formats::bfloat16).high == below((2.0 - 0x1p-8) * 0x1p127));
  CHECK(limits(formats::fp8_e4m3fnuz).high == below(248.0));
  CHECK(limits(formats::fp8_e5m2).high == below(61440.0));
  CHECK(limits(formats::fp8_e5m2fnuz).high == below(61440.0));
  CHECK(limits(formats::fp4_e2m1).high == below(7.0));
  CHECK(limits(formats::int8).high == below(127.5));
  CHECK(limits(formats::int8).low == T(-128.5)); // ties to -128
  CHECK(limits(formats::int8).zero == T(0.5));
  CHECK(limits(formats::uint8).low == T(-0.5));
  CHECK(limits(own).high == below(15.75));
  CHECK(limits(own).normal == T(0x1p-2 - 0x1p-7));
  CHECK(limits(formats::fp8_e4m3, 2.0).high == T(232));
  CHECK(limits(formats::with_zero_point(formats::uint8, 128.0), 4.0).low == T(-128.5 / 4));
}

TEST_CASE("format_limits: what no number reaches, and what every number but 0 reaches") {
  auto const wide = format_limits<float>::of(formats::bfloat16, 1e-30);
  CHECK(wide.high == std::numeric_limits<float>::max());
  CHECK(wide.to_limit(std::numeric_limits<float>::infinity()));
  CHECK(format_limits<float>::of(formats::fp8_e4m3, 1e-300).normal == std::numeric_limits<float>::infinity());
  auto const narrow = format_limits<float>::of(formats::fp8_e4m3, 1e60);
  CHECK(narrow.high == 0.0f);
  CHECK(narrow.zero == 0.0f);
}

TEST_CASE("upper_edge and lower_edge: where a format ends") {
  CHECK(satur::upper_edge(formats::fp8_e4m3) == satur::format_edge{464.0, false});
  CHECK(satur::upper_edge(formats::float16) == satur::format_edge{65520.0, true});
  CHECK(satur::upper_edge(formats::int8) == satur::format_edge{127.5, true});
  CHECK(satur::lower_edge(formats::int8) == satur::format_edge{128.5, false});
  CHECK(satur::lower_edge(formats::uint8) == satur::format_edge{0.5, false});
}

TEST_CASE("format_limits: refusals name what is wrong") {
  auto const message = [](format const& f, double scale = 1.0) {
    return satur_test::refusal([&] { static_cast<void>(format_limits<float>::of(f, scale)); });
  };
  for (double const scale : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    CHECK(message(formats::int8, scale).find("scale is ") != std::string::npos);
  }
  auto const bad = [&](format const& f) { return message(f).find("format is bad") != std::string::npos; };
  CHECK(bad({"bad", -1.0, -0.5, 0x1p-2, 0x1p-6}));                              // 0 is above
  CHECK(bad({"bad", 0.5, 1.0, 0x1p-2, 0x1p-6}));                                // 0 is below
  CHECK(bad({"bad", 0.0, 0.0, 0x1p-2, 0x1p-6}));                                // nothing but 0
  CHECK(bad({"bad", -1.0, HUGE_VAL, 0x1p-2, 0x1p-6}));                          // no largest number
  CHECK(bad({"bad", -1.0, std::nan(""), 0x1p-2, 0x1p-6}));                      //
  CHECK(bad({"bad", -1.0, 1.0, 0.3, 0x1p-6}));                                  // no power of 2
  CHECK(bad({"bad", -1.0, 1.0, 0x1p-2, 0.0}));                                  //
  CHECK(bad({"bad", -1.0, 1.0, 0x1p-6, 0x1p-2}));                               // subnormal above normal
  CHECK(bad({"bad", -1.0, 1.0, 0x1p20, 0x1p-20}));                              // more than 32 bits
  CHECK(bad({"bad", -15.3, 15.5, 0x1p-2, 0x1p-6}));                             // between two of its numbers
  CHECK(bad({"bad", -15.5, 15.3, 0x1p-2, 0x1p-6}));                             //
  CHECK(bad({"bad", -1.0, 1.0, 0x1p-2, 0x1p-6, 0, format::coding::none, 1.0})); // a zero point of floats
  CHECK(bad({"bad", -8.0, 7.5, 1.0, 1.0, 4, format::coding::integer}));
  CHECK(bad({"bad", -8.0, 7.0, 1.0, 0.5, 4, format::coding::integer}));
  CHECK(bad({"bad", -8.0, 7.0, 1.0, 1.0, 4, format::coding::integer, 0.5}));
  CHECK(bad({"bad", -8.0, 7.0, 1.0, 1.0, 4, format::coding::integer, 8.0})); // 0 has no code
}
