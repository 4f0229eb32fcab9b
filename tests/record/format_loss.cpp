// format_loss: readers, merging and printing.
#include "satur/record/format_loss.hpp"
#include "satur/format/formats.hpp"

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <string>

namespace {

namespace formats = satur::formats;
using satur::format_loss;

format_loss some() {
  format_loss l;
  l.format = formats::fp8_e4m3;
  l.scale = 2.0;
  l.count = 200;
  l.to_limit = 4;
  l.to_low_limit = 1;
  l.before_rounding = 6;
  l.to_zero = 10;
  l.subnormal = 30;
  l.zeros = 100;
  l.nan = 3;
  l.infinite = 1;
  l.amax = 896.0;
  l.smallest_nonzero = 0.4375;
  l.noise_count = 199;
  l.noise += 0.25;
  l.power += 250.0;
  return l;
}
bool has(std::string const& text, char const* part) { return text.find(part) != std::string::npos; }
std::string printed(format_loss const& l) {
  std::ostringstream out;
  out << l;
  return out.str();
}

} // namespace

TEST_CASE("format_loss: shares, range and headroom") {
  format_loss const l = some();
  CHECK(l.to_limit_fraction() == 0.02);
  CHECK(l.before_rounding_fraction() == 0.03);
  CHECK(l.to_zero_fraction() == 0.05);
  CHECK(l.to_zero_of_nonzero() == 0.1);
  CHECK(l.subnormal_fraction() == 0.15);
  CHECK(l.zero_fraction() == 0.5);
  CHECK(l.nonfinite());
  CHECK(!l.empty());
  CHECK(l.dynamic_range_bits() == 11.0); // 896 / 0.4375 = 2048
  CHECK(l.headroom_bits() == -2.0);      // 448 / (896 * 2) = 1/4
  CHECK(l.signal_to_noise_db() == doctest::Approx(30.0));
  format_loss extreme = l; // neither a ratio nor a product overflows
  extreme.amax = 0x1p1000;
  extreme.smallest_nonzero = 0x1p-1000;
  extreme.scale = 0x1p100;
  CHECK(extreme.dynamic_range_bits() == 2000.0);
  CHECK(extreme.headroom_bits() == std::log2(448.0) - 1100.0);
}

TEST_CASE("format_loss: nothing seen, zeros alone, infinity alone") {
  format_loss const nothing;
  CHECK(nothing.empty());
  CHECK(std::isnan(nothing.to_limit_fraction()));
  CHECK(std::isnan(nothing.before_rounding_fraction()));
  CHECK(std::isnan(nothing.to_zero_fraction()));
  CHECK(std::isnan(nothing.to_zero_of_nonzero()));
  CHECK(std::isnan(nothing.subnormal_fraction()));
  CHECK(std::isnan(nothing.zero_fraction()));
  CHECK(std::isnan(nothing.dynamic_range_bits()));
  CHECK(std::isnan(nothing.headroom_bits()));
  CHECK(std::isnan(nothing.signal_to_noise_db()));
  CHECK(!nothing.nonfinite());
  format_loss zeros;
  zeros.format = formats::float16;
  zeros.count = zeros.zeros = 5;
  CHECK(zeros.zero_fraction() == 1.0);
  CHECK(std::isnan(zeros.to_zero_of_nonzero()));
  CHECK(std::isnan(zeros.dynamic_range_bits()));
  CHECK(zeros.headroom_bits() == HUGE_VAL);
  format_loss infinite = zeros;
  infinite.zeros = 0;
  infinite.infinite = 5;
  CHECK(std::isnan(infinite.headroom_bits()));
  CHECK(infinite.nonfinite());
  format_loss nan;
  nan.nan = 1;
  CHECK(nan.nonfinite());
  CHECK(!nan.empty());
  format_loss exact = some();
  exact.noise = {};
  CHECK(exact.signal_to_noise_db() == HUGE_VAL);
  exact.power = {};
  CHECK(std::isnan(exact.signal_to_noise_db()));
}

TEST_CASE("format_loss: a merge adds all counters and keeps the extremes") {
  format_loss const a = some();
  format_loss b = some();
  b.amax = 1024.0;
  b.smallest_nonzero = 0.0; // none
  format_loss const sum = a + b;
  CHECK(sum.count == 400);
  CHECK(sum.to_limit == 8);
  CHECK(sum.to_low_limit == 2);
  CHECK(sum.before_rounding == 12);
  CHECK(sum.to_zero == 20);
  CHECK(sum.subnormal == 60);
  CHECK(sum.zeros == 200);
  CHECK(sum.nan == 6);
  CHECK(sum.infinite == 2);
  CHECK(sum.amax == 1024.0);
  CHECK(sum.smallest_nonzero == 0.4375);
  CHECK(sum.noise_count == 398);
  CHECK(sum.noise.value() == 0.5);
  CHECK(sum.power.value() == 500.0);
  CHECK(b + a == sum);
  format_loss finer = some();
  finer.smallest_nonzero = 0.125;
  CHECK((a + finer).smallest_nonzero == 0.125);
  CHECK((finer + a).smallest_nonzero == 0.125);
}

TEST_CASE("format_loss: a record that saw nothing takes the other's format; others are refused") {
  format_loss empty;
  empty += some();
  CHECK(empty == some());
  format_loss unchanged = some();
  unchanged += format_loss{};
  CHECK(unchanged == some());
  format_loss other = some();
  other.scale = 1.0;
  std::string const scale = satur_test::refusal([&] { other += some(); });
  CHECK(has(scale, "fp8_e4m3 at scale 2"));
  CHECK(has(scale, "fp8_e4m3 at scale 1"));
  CHECK(other.count == 200);
  format_loss half = some();
  half.format = formats::with_zero_point(formats::uint8, 128.0);
  std::string const format = satur_test::refusal([&] { half += some(); });
  CHECK(has(format, "uint8 with zero point 128 at scale 2"));
}

TEST_CASE("format_loss: its text names both definitions, the format and the scale") {
  std::string const text = printed(some());
  CHECK(text ==
        "fp8_e4m3 at scale 2: 2.0 % rounded to the limit (|x scale| > 464), 3.0 % before rounding "
        "(|x scale| > 448), 5.0 % to zero, 15.0 % subnormal, 50.0 % exactly zero, of 200\n"
        "  amax 896, smallest non-zero 0.4375: 11.0 bits of range, headroom -2.0 bits, signal to noise 30.0 dB\n"
        "  NOT FINITE   3 NaN (in no other number), 1 infinite\n");
  format_loss l = some();
  l.scale = 1.0;
  l.nan = l.infinite = l.noise_count = 0;
  CHECK(has(printed(l), "(|x| > 464)"));
  CHECK(!has(printed(l), "NOT FINITE"));
  CHECK(!has(printed(l), "dB"));
  l.format = formats::float16;
  CHECK(has(printed(l), "(|x| >= 65520), 3.0 % before rounding (|x| > 65504)"));
  l.format = formats::int8;
  CHECK(has(printed(l), "(x < -128.5 or >= 127.5), 3.0 % before rounding (x < -128 or > 127)"));
  CHECK(printed({}) == "no format: nothing observed\n");
  l.count = 0;
  CHECK(printed(l) == "int8 at scale 1: nothing observed\n");
}
