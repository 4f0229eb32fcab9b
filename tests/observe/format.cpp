// observe_format and observe_format_units: against counting one number at a time, in every container, at every level.
// levels: all
#include "satur/format.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/array/array_view.hpp"
#include "satur/array/half_span.hpp"
#include "satur/tensor.hpp"

#include "support/elementwise.hpp"
#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::format;
using satur::format_loss;
using satur::observe_format;

/// Each number by itself, by rounding its product: none of the pass's limits.
template <class T> format_loss one_by_one(format const& f, std::vector<T> const& x, double scale = 1.0) {
  format_loss l;
  l.format = f;
  l.scale = scale;
  for (T const e : x) {
    double const d = static_cast<double>(e);
    if (std::isnan(d)) {
      ++l.nan;
      continue;
    }
    double const product = d * scale;
    double const stored = satur::round_to(f, product);
    bool const low = stored < f.low_end();
    ++l.count;
    l.to_limit += low || stored > f.high_end();
    l.to_low_limit += low;
    l.before_rounding += product < f.low_end() || product > f.high_end();
    l.to_zero += d != 0.0 && stored == 0.0;
    l.subnormal += stored != 0.0 && std::fabs(stored) < f.smallest_normal;
    l.zeros += d == 0.0;
    l.infinite += std::isinf(d);
    if (d != 0.0 && std::isfinite(d)) {
      l.amax = std::max(l.amax, std::fabs(d));
      l.smallest_nonzero = l.smallest_nonzero == 0.0 ? std::fabs(d) : std::min(l.smallest_nonzero, std::fabs(d));
    }
  }
  return l;
}

/// Numbers of all sizes around the limits of the formats, with zeros; specials by request.
template <class T> std::vector<T> numbers(std::size_t n, bool specials) {
  std::mt19937 urbg(7);
  std::vector<T> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    double const size = std::exp2(static_cast<double>(urbg() % 4000) / 100.0 - 22.0);
    x[i] = urbg() % 5 == 0 ? T(urbg() % 2 == 0 ? 0.0 : -0.0) : static_cast<T>(urbg() % 2 == 0 ? size : -size);
  }
  if (specials && n != 0) {
    using limits = std::numeric_limits<T>;
    T const all[] = {limits::quiet_NaN(), -limits::quiet_NaN(), limits::infinity(),   -limits::infinity(),
                     limits::max(),       limits::lowest(),     limits::denorm_min(), -limits::denorm_min()};
    for (std::size_t k = 0; k < 8; ++k) {
      x[(n / 3 + 977 * k) % n] = all[k];
    }
    x[n - 1] = all[n % 8];
  }
  return x;
}

format const own{"fp8_e3m4", -15.5, 15.5, 0x1p-2, 0x1p-6};

} // namespace

TEST_CASE_TEMPLATE("observe_format: counts and extremes of numbers one by one, any length, at every level", T, float,
                   double) {
  for (auto const level : test::levels()) {
    satur::scoped_level const forced(level);
    for (std::size_t const n : {0u, 1u, 2u, 7u, 15u, 16u, 17u, 33u, 1000u, 1024u, 1025u, 8192u, 8193u, 20001u}) {
      for (bool const specials : {false, true}) {
        std::vector<T> const x = numbers<T>(n, specials);
        CAPTURE(static_cast<int>(level));
        CAPTURE(n);
        CAPTURE(specials);
        CHECK(observe_format(formats::fp8_e4m3, x) == one_by_one(formats::fp8_e4m3, x));
        CHECK(observe_format(formats::int8, x, 0.3) == one_by_one(formats::int8, x, 0.3));
      }
    }
  }
}

TEST_CASE_TEMPLATE("observe_format: every format", T, float, double) {
  std::vector<T> const x = numbers<T>(5000, true);
  for (double const scale : {1.0, 3.0, 1e-30, 1e30}) {
    CAPTURE(scale);
    for (format const& f : formats::all()) {
      CAPTURE(f.name.view());
      CHECK(observe_format(f, x, scale) == one_by_one(f, x, scale));
    }
    CHECK(observe_format(own, x, scale) == one_by_one(own, x, scale));
    format const centered = formats::with_zero_point(formats::uint8, 128.0);
    CHECK(observe_format(centered, x, scale) == one_by_one(centered, x, scale));
  }
}

TEST_CASE("observe_format: blocks whose largest number is at a limit, and NaN of either sign alone") {
  for (float const edge : {464.0f, -464.0f, 448.0f, -448.0f}) {
    for (float const away : {0.0f, std::copysign(HUGE_VALF, edge)}) {
      std::vector<float> x(2000, 1.0f);
      x[1500] = edge;
      x[3] = std::nextafter(edge, away);
      CHECK(observe_format(formats::fp8_e4m3, x) == one_by_one(formats::fp8_e4m3, x));
    }
  }
  std::vector<float> x(3000, 2.0f);
  x[1100] = -std::numeric_limits<float>::quiet_NaN();
  x[2900] = std::numeric_limits<float>::quiet_NaN();
  format_loss const l = observe_format(formats::uint8, x);
  CHECK(l == one_by_one(formats::uint8, x));
  CHECK(l.nan == 2);
  CHECK(l.to_limit == 0);
  CHECK(l.amax == 2.0);
  format_loss const nothing = observe_format(formats::uint8, std::vector<float>(40, x[2900]));
  CHECK(nothing.count == 0);
  CHECK(nothing.smallest_nonzero == 0.0);
  CHECK(std::isnan(nothing.to_limit_fraction()));
  CHECK(std::isnan(nothing.headroom_bits()));
  format_loss const infinite = observe_format(formats::uint8, std::vector<float>(40, HUGE_VALF));
  CHECK(infinite == one_by_one(formats::uint8, std::vector<float>(40, HUGE_VALF)));
  CHECK(infinite.amax == 0.0);
}

TEST_CASE("observe_format: one number beyond the nearer end of a format, ties to zero") {
  format const centered = formats::with_zero_point(formats::uint8, 100.0); // -100 to 155
  for (format const& f : {formats::uint8, centered, formats::int8}) {
    for (float const one : {-129.0f, -101.0f, -1.0f, 0.5f, -0.5f, 128.0f, 156.0f, 300.0f}) {
      CAPTURE(f.name.view());
      CAPTURE(one);
      std::vector<float> x(1500, 0.0f);
      x[1200] = one;
      CHECK(observe_format(f, x) == one_by_one(f, x));
    }
  }
}

TEST_CASE("observe_format: a known batch") {
  std::vector<float> const x{0.0f, -0.0f, 0x1p-11f, 0x1p-10f, 0x1.8p-10f, 0x1p-7f, 448.0f, 464.0f, -470.0f, 1000.0f};
  format_loss const l = observe_format(formats::fp8_e4m3, x);
  CHECK(l.count == 10);
  CHECK(l.zeros == 2);
  CHECK(l.to_zero == 2);
  CHECK(l.subnormal == 2);
  CHECK(l.before_rounding == 3);
  CHECK(l.to_limit == 2);
  CHECK(l.to_low_limit == 1);
  CHECK(l.amax == 1000.0);
  CHECK(l.smallest_nonzero == 0x1p-11);
  CHECK(observe_format(formats::fp8_e4m3, x, 0.25).to_limit == 0);
}

TEST_CASE("observe_format: the whole is the sum of its parts, in any order") {
  std::vector<float> const x = numbers<float>(30011, true);
  auto const part = [&](std::size_t from, std::size_t to) {
    return observe_format(formats::float16, std::span(x.data() + from, to - from), 7.0);
  };
  format_loss const whole = part(0, x.size());
  format_loss sum;
  sum += part(20000, x.size());
  sum += part(5, 20000);
  sum += part(0, 5);
  sum += part(9, 9);
  CHECK(sum == whole);
}

TEST_CASE("observe_format: every kind of container") {
  std::vector<float> x = numbers<float>(12000, true);
  for (std::size_t i = 0; i < x.size(); ++i) { // exact in 16 bits
    x[i] = satur::math::float_of_half<satur::math::half_format::bfloat16>(
        static_cast<std::int32_t>(satur::math::half_of_float<satur::math::half_format::bfloat16>(x[i])));
  }
  satur::format_options const noise{.noise = true};
  auto const observed = [&](auto const& z) { return observe_format(formats::fp8_e4m3, z, 2.0, noise); };
  format_loss const expected = observed(x);
  CHECK(expected.noise_count != 0);
  CHECK(observed(std::span<float const>(x)) == expected);
  CHECK(observed(std::deque<float>(x.begin(), x.end())) == expected);
  CHECK(observed(std::list<float>(x.begin(), x.end())) == expected);
  std::vector<std::vector<float>> rows(120);
  std::vector<float> spread(36000, 50.0f);
  std::vector<std::uint16_t> halves(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    rows[i / 100].push_back(x[i]);
    spread[3 * i] = x[i];
    halves[i] = static_cast<std::uint16_t>(satur::math::half_of_float<satur::math::half_format::bfloat16>(x[i]));
  }
  CHECK(observed(rows) == expected);
  CHECK(observed(satur::array_view<float const>{spread.data(), {12000}, {3}}) == expected);
  CHECK(observed(satur::as_bfloat16(halves)) == expected);
  std::vector<std::uint16_t> const float16{0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00}; // 65504, 2^-24, -0, inf, NaN
  format_loss const h = observe_format(formats::float16, satur::as_float16(float16));
  CHECK(h.before_rounding == 1); // infinity alone
  CHECK(h.subnormal == 1);
  CHECK(h.zeros == 1);
  CHECK(h.nan == 1);
  xt::xtensor<float, 2> tensor = xt::zeros<float>({120, 100});
  std::copy(x.begin(), x.end(), tensor.begin());
  CHECK(observed(tensor) == expected);
  CHECK(observed(xt::xtensor<float, 2, xt::layout_type::column_major>(tensor)).count == expected.count);
  CHECK(observed(xt::view(tensor, xt::all(), xt::range(0, 100, 1))) == expected);
  auto const lazy = tensor + 0.0f;
  CHECK(observed(lazy).to_limit == expected.to_limit);
  std::vector<double> const wide(x.begin(), x.end());
  format_loss const d = observed(wide);
  CHECK(d.count == expected.count);
  CHECK(d.to_limit == expected.to_limit);
  CHECK(d.subnormal == expected.subnormal);
}

TEST_CASE("observe_format: long double counts as the nearest double that is not 0 or infinite by rounding") {
  std::vector<double> const x = numbers<double>(3000, true);
  std::vector<long double> const wide(x.begin(), x.end());
  CHECK(observe_format(formats::float16, wide) == observe_format(formats::float16, x));
  std::vector<long double> const extreme{std::numeric_limits<long double>::max(),
                                         -std::numeric_limits<long double>::max(),
                                         std::numeric_limits<long double>::denorm_min(),
                                         -std::numeric_limits<long double>::denorm_min(),
                                         0.0L,
                                         -std::numeric_limits<long double>::infinity()};
  format_loss const l = observe_format(formats::float16, extreme);
  CHECK(l.infinite == 1);
  CHECK(l.zeros == 1);
  CHECK(l.to_zero == 2);
  CHECK(l.to_limit == 3);
  CHECK(l.amax == std::numeric_limits<double>::max());
  CHECK(l.smallest_nonzero == std::numeric_limits<double>::denorm_min());
}

TEST_CASE_TEMPLATE("observe_format with noise: the numbers that encode and decode give, at every level", T, float,
                   double) {
  std::vector<T> x = numbers<T>(9001, true);
  for (T& e : x) { // no square that overflows
    e = std::fabs(e) > T(1e10) && std::isfinite(e) ? T(1e10) : e;
  }
  for (format const& f : {formats::fp8_e4m3, formats::fp8_e5m2, formats::fp4_e2m1, formats::bfloat16, formats::int8,
                          formats::with_zero_point(formats::uint8, 100.0)}) {
    for (double const scale : {1.0, 0.3, 4096.0}) {
      CAPTURE(f.name.view());
      CAPTURE(scale);
      long double noise = 0.0L;
      long double power = 0.0L;
      std::uint64_t n = 0;
      for (T const e : x) {
        if (std::isfinite(e)) {
          long double const d = static_cast<long double>(e);
          long double const stored =
              static_cast<long double>(satur::decode(f, satur::encode(f, static_cast<double>(e) * scale)));
          noise += (d - stored / static_cast<long double>(scale)) * (d - stored / static_cast<long double>(scale));
          power += d * d;
          ++n;
        }
      }
      format_loss const counted = observe_format(f, x, scale);
      CHECK(counted.noise_count == 0);
      for (auto const level : test::levels()) {
        satur::scoped_level const forced(level);
        format_loss l = observe_format(f, x, scale, {.noise = true});
        CHECK(l.noise_count == n);
        CHECK(l.noise.value() == satur_test::relative(static_cast<double>(noise), 1e-12));
        CHECK(l.power.value() == satur_test::relative(static_cast<double>(power), 1e-12));
        l.noise = l.power = {};
        l.noise_count = 0;
        CHECK(l == counted);
      }
    }
  }
}

TEST_CASE("observe_format with noise: exact storage has none") {
  std::vector<float> exact;
  for (std::uint32_t code = 0; code < 256; ++code) {
    exact.push_back(static_cast<float>(satur::decode(formats::fp8_e5m2, code)));
  }
  CHECK(observe_format(formats::fp8_e5m2, exact, 1.0, {.noise = true}).signal_to_noise_db() == HUGE_VAL);
  CHECK(observe_format(formats::fp8_e5m2, exact, 0x1p-20, {.noise = true}).signal_to_noise_db() < HUGE_VAL);
}

TEST_CASE("observe_format_units: each unit as observe_format of its numbers, in any layout") {
  for (satur::unit_layout const layout : {satur::unit_layout{700, 37, 1}, satur::unit_layout{3, 5, 400},
                                          satur::unit_layout{1, 1, 3000}, satur::unit_layout{1, 40, 1}}) {
    std::vector<float> const x = numbers<float>(layout.size(), layout.samples() > 1);
    std::vector<format_loss> const units =
        satur::observe_format_units(formats::fp8_e5m2, x, layout, 4.0, {.noise = true});
    REQUIRE(units.size() == layout.units);
    format_loss sum;
    for (std::size_t u = 0; u < layout.units; ++u) {
      std::vector<float> own_numbers;
      for (std::size_t o = 0; o < layout.outer; ++o) {
        for (std::size_t i = 0; i < layout.inner; ++i) {
          own_numbers.push_back(x[(o * layout.units + u) * layout.inner + i]);
        }
      }
      format_loss const expected = observe_format(formats::fp8_e5m2, own_numbers, 4.0, {.noise = true});
      format_loss got = units[u];
      bool const close = std::fabs(got.noise.value() - expected.noise.value()) <= 1e-12 * expected.noise.value();
      CHECK((close || expected.noise.value() == got.noise.value()));
      got.noise = expected.noise;
      got.power = expected.power;
      CHECK(got == expected);
      got.noise = got.power = {};
      sum += got;
    }
    format_loss whole = observe_format(formats::fp8_e5m2, x, 4.0, {.noise = true});
    whole.noise = whole.power = {};
    CHECK(sum == whole);
  }
}

TEST_CASE("observe_format_units: shaped arrays need no layout; no sample, no unit, wrong sizes") {
  xt::xtensor<double, 2> z = xt::zeros<double>({6, 4});
  z(2, 3) = 1e6;
  z(5, 0) = -1e6;
  auto const units = satur::observe_format_units(formats::float16, z);
  REQUIRE(units.size() == 4);
  CHECK(units[3].to_limit == 1);
  CHECK(units[3].to_low_limit == 0);
  CHECK(units[0].to_low_limit == 1);
  CHECK(units[1].zeros == 6);
  std::vector<std::vector<double>> const rows{{1.0, 1e9}, {2.0, 3.0}, {4.0, 5.0}};
  CHECK(satur::observe_format_units(formats::float16, rows, 0.5)[1].to_limit == 1);
  auto const none =
      satur::observe_format_units(formats::float16, std::vector<float>{}, satur::unit_layout::matrix(0, 3));
  REQUIRE(none.size() == 3);
  CHECK(none[2].empty());
  CHECK(none[2].format == formats::float16);
  CHECK(satur::observe_format_units(formats::float16, std::vector<float>{}, satur::unit_layout::matrix(3, 0)).empty());
  std::vector<float> const five(5);
  CHECK_THROWS_AS(
      static_cast<void>(satur::observe_format_units(formats::float16, five, satur::unit_layout::matrix(2, 3))),
      satur::shape_error);
}

TEST_CASE("observe_format: refusals, with nothing to see too") {
  std::vector<float> const none;
  for (double const scale : {0.0, -2.0, std::nan(""), HUGE_VAL}) {
    CHECK(satur_test::refusal([&] { static_cast<void>(observe_format(formats::int8, none, scale)); }).find("scale") !=
          std::string::npos);
    CHECK(satur_test::refusal([&] {
            static_cast<void>(
                satur::observe_format_units(formats::int8, none, satur::unit_layout::matrix(0, 0), scale));
          }).find("scale") != std::string::npos);
  }
  CHECK_THROWS_AS(static_cast<void>(observe_format(format{}, none)), std::invalid_argument);
  std::vector<std::vector<float>> const ragged{{1.0f, 2.0f}, {3.0f}};
  CHECK_THROWS_AS(static_cast<void>(observe_format(formats::int8, ragged)), satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(satur::observe_format_units(formats::int8, ragged)), satur::shape_error);
}
