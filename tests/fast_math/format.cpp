// Losses against a number format under -ffast-math: NaN, infinity, subnormal numbers and -0 are told by their bits.
// levels: all
#include "fast_math/bits.hpp"

#include "satur/diagnostic.hpp"
#include "satur/format.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

template <class T> std::vector<T> with_specials() {
  std::vector<T> x(3000, T(1));
  for (std::size_t i = 0; i < x.size(); i += 3) {
    x[i] = T(0.001);
  }
  x[1] = test::nan_of<T>();
  x[2999] = -test::nan_of<T>();
  x[500] = test::infinity_of<T>(false);
  x[1501] = test::infinity_of<T>(true);
  x[7] = T(500);
  x[8] = T(-460);
  x[10] = T(0);
  x[11] = -T(0);
  x[13] = std::numeric_limits<T>::denorm_min();
  return x;
}

} // namespace

TEST_CASE_TEMPLATE("fast math: observe_format counts NaN, infinity, zeros and subnormal numbers", T, float, double) {
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
    satur::format_loss const loss = satur::observe_format(satur::formats::fp8_e4m3, with_specials<T>());
    CHECK(loss.count == 2998);
    CHECK(loss.nan == 2);
    CHECK(loss.infinite == 2);
    CHECK(loss.to_limit == 3);
    CHECK(loss.to_low_limit == 1);
    CHECK(loss.before_rounding == 4);
    CHECK(loss.zeros == 2);
    CHECK(loss.to_zero == 1);
    CHECK(loss.subnormal == 1000); // 0.001 becomes 2^-9
    CHECK(loss.amax == 500.0);
  }
}

// The numbers of bfloat16 that are subnormal are subnormal floats too.
TEST_CASE_TEMPLATE("fast math: subnormal numbers of bfloat16 and float16, at every level", T, float, double) {
  std::vector<T> x(300, T(1));
  x[3] = std::numeric_limits<T>::denorm_min();                // zero in both formats
  x[50] = T(std::bit_cast<float>(std::uint32_t{0x00800000})); // 2^-126, normal in bfloat16
  if constexpr (std::same_as<T, float>) {
    x[7] = std::bit_cast<float>(std::uint32_t{0x00400000}); // 2^-127
    x[8] = std::bit_cast<float>(std::uint32_t{0x80010000}); // -2^-133, the smallest
    x[9] = std::bit_cast<float>(std::uint32_t{0x00008000}); // half of it: to the even one, zero
    x[299] = std::bit_cast<float>(std::uint32_t{0x00008001});
  } else {
    x[7] = 0x1p-127;
    x[8] = -0x1p-133;
    x[9] = 0x1p-134;
    x[299] = 0x1.0001p-134;
  }
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
    satur::format_loss const b = satur::observe_format(satur::formats::bfloat16, x);
    CHECK(b.subnormal == 3);
    CHECK(b.to_zero == 2);
    CHECK(b.zeros == 0);
    satur::format_loss const h = satur::observe_format(satur::formats::float16, x);
    CHECK(h.subnormal == 0);
    CHECK(h.to_zero == 6);
  }
  auto const limits = satur::format_limits<T>::of(satur::formats::bfloat16);
  CHECK(limits.to_zero(x[9]));
  CHECK(!limits.to_zero(x[8]));
  CHECK(limits.subnormal(x[8]));
  CHECK(limits.subnormal(x[299]));
  CHECK(!limits.subnormal(x[50]));
}

TEST_CASE("fast math: noise leaves out what is not finite") {
  satur::format_loss const loss =
      satur::observe_format(satur::formats::fp8_e4m3, with_specials<double>(), 1.0, {.noise = true});
  CHECK(loss.noise_count == 2996);
  // 500 and -460 lose 52 and 12, 0.001 is stored as 2^-9
  double const each = 0x1p-9 - 0.001;
  CHECK(loss.noise.value() == doctest::Approx(52.0 * 52.0 + 12.0 * 12.0 + 1000.0 * each * each).epsilon(1e-12));
}

TEST_CASE("fast math: an empty record reads NaN, an estimate and a scale read what they read elsewhere") {
  satur::format_loss const nothing = satur::observe_format(satur::formats::int8, std::vector<float>{});
  CHECK(test::is_nan(nothing.to_limit_fraction()));
  CHECK(test::is_nan(nothing.headroom_bits()));
  CHECK(test::is_nan(nothing.dynamic_range_bits()));
  CHECK(test::is_nan(nothing.signal_to_noise_db()));
  satur::histogram h = satur::histogram::of_gradient();
  h.observe(with_specials<float>());
  CHECK(satur::best_scale(h, satur::formats::fp8_e4m3).scale == 448.0 / 500.0);
  satur::format_loss_estimate const e = satur::format_loss_of(h, satur::formats::fp8_e4m3);
  CHECK(e.to_limit.low * 2998.0 == doctest::Approx(2.0));  // infinity
  CHECK(e.to_limit.high * 2998.0 == doctest::Approx(4.0)); // and what shares the bin of 464
  CHECK_THROWS_AS(
      static_cast<void>(satur::observe_format(satur::formats::int8, std::vector<float>{}, test::nan_of<double>())),
      std::invalid_argument);
}
