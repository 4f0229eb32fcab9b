// Number formats: every code against the definition of its format, rounding against a search over all numbers.
#include "satur/format/code.hpp"
#include "satur/format/formats.hpp"
#include "satur/format/rounding.hpp"
#include "satur/math/half.hpp"

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::format;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A floating format as its specification states it: bits of exponent and fraction, bias, and the special codes.
struct specification {
  int exponent_bits;
  int fraction_bits;
  int bias;
  enum { ieee, one_nan, unsigned_zero, finite } special;
};
std::map<std::string, specification> const specifications{{"float16", {5, 10, 15, specification::ieee}},
                                                          {"bfloat16", {8, 7, 127, specification::ieee}},
                                                          {"fp8_e4m3", {4, 3, 7, specification::one_nan}},
                                                          {"fp8_e5m2", {5, 2, 15, specification::ieee}},
                                                          {"fp8_e4m3fnuz", {4, 3, 8, specification::unsigned_zero}},
                                                          {"fp8_e5m2fnuz", {5, 2, 16, specification::unsigned_zero}},
                                                          {"fp4_e2m1", {2, 1, 1, specification::finite}}};

/// By the specification: sign, exponent, fraction.
double by_definition(format const& f, std::uint32_t code) {
  std::uint32_t const all = (1u << f.bits) - 1u;
  if (f.is_integer()) {
    return f.name == "int8" ? static_cast<double>(static_cast<std::int8_t>(code)) : static_cast<double>(code);
  }
  specification const s = specifications.at(std::string(f.name.view()));
  std::uint32_t const magnitude = code & (all >> 1);
  bool const negative = code != magnitude;
  int const exponent = static_cast<int>(magnitude >> s.fraction_bits);
  double const fraction = static_cast<double>(magnitude % (1u << s.fraction_bits)) / (1 << s.fraction_bits);
  bool const last = exponent == (1 << s.exponent_bits) - 1;
  if ((s.special == specification::ieee && last && fraction != 0.0) ||
      (s.special == specification::one_nan && magnitude == all >> 1) ||
      (s.special == specification::unsigned_zero && negative && magnitude == 0)) {
    return std::nan("");
  }
  double const size = s.special == specification::ieee && last ? infinity
                      : exponent == 0                          ? fraction * std::pow(2.0, 1 - s.bias)
                                                               : (1.0 + fraction) * std::pow(2.0, exponent - s.bias);
  return negative ? -size : size;
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

/// The finite numbers of a format with their codes, ascending; of both zeros, +0.
std::vector<std::pair<double, std::uint32_t>> numbers_of(format const& f) {
  std::vector<std::pair<double, std::uint32_t>> all;
  for (std::uint32_t code = 0; code < 1u << f.bits; ++code) {
    double const x = by_definition(f, code);
    if (std::isfinite(x) && !(x == 0.0 && std::signbit(x))) {
      all.emplace_back(x, code);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace

TEST_CASE("decode: every code of every format is what its specification says") {
  for (format const& f : formats::all()) {
    CAPTURE(f.name.view());
    std::size_t wrong = 0;
    for (std::uint32_t code = 0; code < 1u << f.bits; ++code) {
      wrong += !same(satur::decode(f, code), by_definition(f, code));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("formats: the five numbers are those of the codes") {
  for (format const& f : formats::all()) {
    CAPTURE(f.name.view());
    auto const all = numbers_of(f);
    CHECK(f.lowest == all.front().first);
    CHECK(f.largest == all.back().first);
    double smallest = infinity;
    for (auto const& [x, code] : all) {
      smallest = x > 0.0 ? std::min(smallest, x) : smallest;
    }
    CHECK(f.smallest_subnormal == smallest);
    if (!f.is_integer()) {
      specification const s = specifications.at(std::string(f.name.view()));
      CHECK(f.smallest_normal == by_definition(f, 1u << s.fraction_bits));
      CHECK(f.fraction_bits() == s.fraction_bits);
      CHECK(f.least_exponent() == 1 - s.bias);
    }
  }
}

TEST_CASE("float16 and bfloat16: the numbers of math/half.hpp") {
  std::size_t wrong = 0;
  for (std::int32_t h = 0; h < 1 << 16; ++h) {
    auto const code = static_cast<std::uint32_t>(h);
    wrong += !same(satur::decode(formats::float16, code),
                   static_cast<double>(satur::math::float_of_half<satur::math::half_format::ieee>(h)));
    wrong += !same(satur::decode(formats::bfloat16, code),
                   static_cast<double>(satur::math::float_of_half<satur::math::half_format::bfloat16>(h)));
  }
  CHECK(wrong == 0);
}

TEST_CASE("encode: the way back from every code") {
  for (format const& f : formats::all()) {
    CAPTURE(f.name.view());
    std::size_t wrong = 0;
    for (std::uint32_t code = 0; code < 1u << f.bits; ++code) {
      double const x = satur::decode(f, code);
      std::uint32_t const back = satur::encode(f, x, satur::overflow::special);
      wrong += std::isnan(x) ? !std::isnan(satur::decode(f, back)) : back != code;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("encode and round_to: between any two neighbors the nearest, at the middle the even code") {
  for (format const& f : formats::all()) {
    CAPTURE(f.name.view());
    auto const all = numbers_of(f);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      auto const [a, code_a] = all[i];
      auto const [b, code_b] = all[i + 1];
      double const middle = 0.5 * (a + b); // exact: these formats have few bits
      auto const expect = [&](double x, double rounded, std::uint32_t code) {
        wrong += satur::round_to(f, x) != rounded;
        // what is below 0 keeps its sign as -0
        wrong += rounded == 0.0 ? satur::decode(f, satur::encode(f, x)) != 0.0 : satur::encode(f, x) != code;
      };
      bool const first_is_even = code_a % 2 == 0;
      expect(middle, first_is_even ? a : b, first_is_even ? code_a : code_b);
      expect(std::nextafter(middle, -infinity), a, code_a);
      expect(std::nextafter(middle, infinity), b, code_b);
      wrong += satur::round_to(f, a) != a;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("round_to: odd and monotone, with -0, infinity and NaN as they are") {
  for (format const& f : formats::all()) {
    CAPTURE(f.name.view());
    std::size_t wrong = 0;
    double before = -infinity;
    for (int k = -4000; k <= 4000; ++k) {
      double const x = (k < 0 ? -1.0 : 1.0) * std::exp2(std::fabs(k) / 20.0 - 100.0);
      double const rounded = satur::round_to(f, x);
      wrong += rounded < before;
      wrong += satur::round_to(f, -x) != -rounded;
      before = rounded;
    }
    CHECK(wrong == 0);
    CHECK(same(satur::round_to(f, -0.0), -0.0));
    CHECK(satur::round_to(f, -infinity) == -infinity);
    CHECK(std::isnan(satur::round_to(f, std::nan(""))));
  }
}

TEST_CASE("encode: what is too large saturates or becomes special") {
  using satur::decode;
  using satur::encode;
  using satur::overflow;
  struct expected {
    format f;
    double inside; ///< rounded to the largest number
    double beyond;
    double special; ///< what it becomes if the format has infinity or NaN
  };
  double const nan = std::nan("");
  double const bfloat16_end = (2.0 - std::exp2(-8)) * std::exp2(127);
  for (expected const& e : {expected{formats::float16, std::nextafter(65520.0, 0.0), 65520.0, infinity},
                            expected{formats::bfloat16, std::nextafter(bfloat16_end, 0.0), bfloat16_end, infinity},
                            expected{formats::fp8_e4m3, 464.0, std::nextafter(464.0, 500.0), nan},
                            expected{formats::fp8_e5m2, std::nextafter(61440.0, 0.0), 61440.0, infinity},
                            expected{formats::fp8_e4m3fnuz, std::nextafter(248.0, 0.0), 248.0, nan},
                            expected{formats::fp8_e5m2fnuz, std::nextafter(61440.0, 0.0), 61440.0, nan},
                            expected{formats::fp4_e2m1, std::nextafter(7.0, 0.0), 7.0, 6.0},
                            expected{formats::int8, std::nextafter(127.5, 0.0), 127.5, 127.0},
                            expected{formats::uint8, std::nextafter(255.5, 0.0), 255.5, 255.0}}) {
    CAPTURE(e.f.name.view());
    for (double const x : {e.beyond, 1e300, infinity}) {
      CHECK(decode(e.f, encode(e.f, x)) == e.f.largest);
      CHECK(same(decode(e.f, encode(e.f, x, overflow::special)), e.special));
      CHECK(decode(e.f, encode(e.f, -x)) == e.f.lowest);
      double const below = decode(e.f, encode(e.f, e.f.is_integer() ? -1e300 : -x, overflow::special));
      CHECK((std::isnan(e.special) ? std::isnan(below) : below == (e.f.is_integer() ? e.f.lowest : -e.special)));
    }
    CHECK(decode(e.f, encode(e.f, e.inside, overflow::special)) == e.f.largest);
  }
}

TEST_CASE("encode: integers with a zero point, NaN, and formats without codes") {
  format const centered = formats::with_zero_point(formats::uint8, 128.0);
  CHECK(satur::decode(centered, 128) == 0.0);
  CHECK(satur::decode(centered, 0) == -128.0);
  CHECK(satur::encode(centered, 0.0) == 128);
  CHECK(satur::encode(centered, 1000.0) == 255);
  CHECK(satur::encode(centered, -1000.0) == 0);
  // The zero point is added to the rounded number: it does not decide a tie, and costs no digit.
  format const odd = formats::with_zero_point(formats::uint8, 129.0);
  CHECK(satur::encode(odd, 0.5) == 129);
  CHECK(satur::encode(odd, 1.5) == 131);
  CHECK(satur::round_to(odd, std::nextafter(0.5, 0.0)) == 0.0);
  CHECK(satur::encode(formats::int8, std::nan("")) == 0);
  CHECK(satur::encode(formats::fp4_e2m1, std::nan("")) == 0);
  format const own{"fp8_e3m4", -15.5, 15.5, 0x1p-2, 0x1p-6};
  CHECK(satur::round_to(own, 15.74) == 15.5);
  CHECK(satur::round_to(own, 15.75) == 16.0);
  CHECK(satur_test::refusal([&] { static_cast<void>(satur::decode(own, 1)); }).find("fp8_e3m4") != std::string::npos);
  CHECK(satur_test::refusal([&] { static_cast<void>(satur::encode(own, 1.0)); }).find("fp8_e3m4") != std::string::npos);
}
