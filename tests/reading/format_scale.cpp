// format_loss_of and best_scale: a histogram against observe_format of its numbers.
#include "satur/diagnostic.hpp"
#include "satur/format.hpp"

#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::format;
using satur::format_loss_estimate;
using satur::histogram;
using satur::share_estimate;

std::vector<float> drawn(std::size_t n, double deviation, double mean = 0.0) {
  std::mt19937 urbg(11);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<float> x(n);
  for (float& e : x) {
    e = static_cast<float>(normal(urbg));
  }
  return x;
}
histogram logarithmic(std::vector<float> const& x, int per_octave = 4) {
  histogram h = histogram::logarithmic(-40, 20, per_octave);
  h.observe(x);
  return h;
}
histogram linear(std::vector<float> const& x, double reach = 800.0, std::size_t bins = 400) {
  histogram h = histogram::linear(-reach, reach, bins);
  h.observe(x);
  return h;
}

bool holds(share_estimate const& e, double truth) {
  return e.low <= truth && truth <= e.high && e.low <= e.value && e.value <= e.high;
}
/// The bounds hold, whatever the numbers are.
void check_bounds(histogram const& h, std::vector<float> const& x, format const& f, double scale) {
  CAPTURE(f.name.view());
  CAPTURE(scale);
  format_loss_estimate const e = satur::format_loss_of(h, f, scale);
  satur::format_loss const l = satur::observe_format(f, x, scale);
  CHECK(e.count == l.count);
  CHECK(holds(e.to_limit, l.to_limit_fraction()));
  CHECK(holds(e.before_rounding, l.before_rounding_fraction()));
  CHECK(holds(e.to_zero, l.to_zero_fraction()));
  CHECK(holds(e.subnormal, l.subnormal_fraction()));
  CHECK(e.zero_fraction == l.zero_fraction());
  CHECK(e.headroom_bits == satur_test::relative(l.headroom_bits(), 1e-12));
}

} // namespace

TEST_CASE("format_loss_of: bounds hold for every format and scale, specials among the numbers") {
  std::vector<float> x = drawn(20000, 30.0);
  for (std::size_t i = 0; i < x.size(); i += 7) {
    x[i] = i % 2 == 0 ? 0.0f : x[i] * 1e-4f;
  }
  x[100] = HUGE_VALF;
  x[101] = -HUGE_VALF;
  x[102] = std::nanf("");
  x[103] = 3e30f; // beyond the last edge
  x[104] = 1e-30f;
  for (format const& f : formats::all()) {
    if (f.name != formats::uint8.name) {
      for (double const scale : {1.0, 3.0, 20.0, 0.001, 1e5}) {
        check_bounds(logarithmic(x), x, f, scale);
        check_bounds(linear(x), x, f, scale);
      }
    }
  }
  format const centered = formats::with_zero_point(formats::uint8, 100.0);
  check_bounds(logarithmic(x), x, centered, 2.0);
  check_bounds(linear(x), x, centered, 2.0);
  check_bounds(linear(x), x, formats::uint8, 2.0); // the sides are known
  std::vector<float> positive = x;
  for (float& e : positive) {
    e = std::fabs(e);
  }
  check_bounds(logarithmic(positive), positive, formats::uint8, 2.0);
  histogram above_zero = histogram::linear(1.0, 300.0, 10); // zeros lie below the first edge
  above_zero.observe(positive);
  check_bounds(above_zero, positive, formats::fp8_e4m3, 1.0);
  histogram below_zero = histogram::linear(-300.0, -1.0, 10);
  below_zero.observe(x);
  check_bounds(below_zero, x, formats::fp8_e4m3, 1.0);
}

TEST_CASE("format_loss_of: exact where no bin holds a limit") {
  // the bins of the limits are empty
  std::vector<float> const x{0.0f, 1.0f, 2.0f, 300.0f, 5000.0f, -7000.0f};
  format_loss_estimate const e = satur::format_loss_of(logarithmic(x), formats::fp8_e4m3);
  CHECK(e.to_limit.low == e.to_limit.high);
  CHECK(e.to_limit.value == 2.0 / 6.0);
  CHECK(e.before_rounding.low == e.before_rounding.high);
  CHECK(e.zero_fraction == 1.0 / 6.0);
  CHECK(e.to_zero.high == 0.0);
  // amax is exact, so numbers in the bin of the limit that end below it are inside
  CHECK(satur::format_loss_of(logarithmic({1.0f, 460.0f}), formats::fp8_e4m3).to_limit.high == 0.0);
  CHECK(satur::format_loss_of(logarithmic({1.0f, 465.0f}), formats::fp8_e4m3).to_limit.high == 0.5);
}

TEST_CASE("format_loss_of: the estimate is within 10 % of the truth, far in the tail too") {
  std::vector<float> const x = drawn(400000, 200.0);
  histogram const four = logarithmic(x);
  histogram const even = linear(x, 1024.0, 64);
  for (double const scale : {1.0, 0.75, 0.6}) { // 464 / scale is 2.3, 3.1 and 3.9 standard deviations out
    CAPTURE(scale);
    satur::format_loss const l = satur::observe_format(formats::fp8_e4m3, x, scale);
    for (histogram const* const h : {&four, &even}) {
      format_loss_estimate const e = satur::format_loss_of(*h, formats::fp8_e4m3, scale);
      CHECK(e.to_limit.value == satur_test::relative(l.to_limit_fraction(), 0.1));
      CHECK(e.before_rounding.value == satur_test::relative(l.before_rounding_fraction(), 0.1));
    }
    format_loss_estimate const tiny = satur::format_loss_of(four, formats::fp8_e4m3, scale / 8192.0);
    satur::format_loss const t = satur::observe_format(formats::fp8_e4m3, x, scale / 8192.0);
    CHECK(tiny.to_zero.value == satur_test::relative(t.to_zero_fraction(), 0.05));
    CHECK(tiny.subnormal.value == satur_test::relative(t.subnormal_fraction(), 0.05));
  }
}

TEST_CASE("format_loss_of: signal to noise within 0.3 dB of what is measured") {
  std::vector<float> const x = drawn(200000, 20.0);
  histogram const h = logarithmic(x, 8);
  for (format const& f : {formats::fp8_e4m3, formats::fp8_e5m2, formats::fp4_e2m1, formats::int8, formats::bfloat16,
                          formats::with_zero_point(formats::uint8, 128.0)}) {
    for (double const scale : {0.02, 0.3, 1.0, 4.0, 30.0}) {
      CAPTURE(f.name.view());
      CAPTURE(scale);
      satur::format_loss const l = satur::observe_format(f, x, scale, {.noise = true});
      CHECK(std::fabs(satur::format_loss_of(h, f, scale).signal_to_noise_db - l.signal_to_noise_db()) < 0.3);
    }
  }
  std::vector<float> const one(100, 5.0f);
  CHECK(satur::format_loss_of(logarithmic(one), formats::int8).signal_to_noise_db == HUGE_VAL);
}

TEST_CASE("format_loss_of: a bin is divided by an exponential density") {
  std::vector<float> x(200000); // quantiles of an exponential law of mean 40, no sample
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(-40.0 * std::log1p(-(static_cast<double>(i) + 0.5) / 200000.0));
  }
  histogram one_side = histogram::linear(-512.0, 512.0, 16); // the density falls to 1/5 over a bin
  histogram other_side = one_side;
  one_side.observe(x);
  for (double const scale : {1.5, 2.0, 4.3}) {
    CAPTURE(scale);
    double const exact = std::exp(-464.0 / scale / 40.0);
    CHECK(satur::format_loss_of(one_side, formats::fp8_e4m3, scale).to_limit.value ==
          satur_test::relative(exact, 0.01));
    CHECK(satur::format_loss_of(logarithmic(x), formats::fp8_e4m3, scale).to_limit.value ==
          satur_test::relative(exact, 0.02));
  }
  for (float& e : x) {
    e = -e;
  }
  other_side.observe(x);
  for (double const scale : {1.5, 2.0, 4.3}) {
    CHECK(satur::format_loss_of(other_side, formats::fp8_e4m3, scale).to_limit.value ==
          satur_test::relative(std::exp(-464.0 / scale / 40.0), 0.01));
  }
}

TEST_CASE("format_loss_of: extremes, zeros and signs narrow the bounds") {
  CHECK(satur::format_loss_of(logarithmic({500.0f, 501.0f}), formats::fp8_e4m3).to_limit.low == 1.0);
  histogram above_zero = histogram::linear(1.0, 300.0, 10);
  above_zero.observe(std::vector<float>{0.0f, -0.0f, 5.0f, 300.0f});
  CHECK(satur::format_loss_of(above_zero, formats::fp8_e4m3).to_zero.high == 0.0);
  histogram below_zero = histogram::linear(-300.0, -1.0, 10);
  below_zero.observe(std::vector<float>{0.0f, -0.0f, -5.0f});
  CHECK(satur::format_loss_of(below_zero, formats::fp8_e4m3).to_zero.high == 0.0);
  // -128 is a number of int8, 128 is not; |x| alone does not tell
  share_estimate const unsure = satur::format_loss_of(logarithmic({-128.0f, -128.0f}), formats::int8).to_limit;
  CHECK(unsure.low == 0.0);
  CHECK(unsure.high == 1.0);
}

TEST_CASE("mean_squared_error: the sum over many numbers of the range") {
  struct range {
    double a;
    double b;
    double end;
  };
  for (format const& f : {formats::fp8_e4m3, formats::fp4_e2m1, formats::int8}) {
    for (range const& r : {range{0.0, 0.01, 448.0}, range{0.3, 0.9, 448.0}, range{0.3, 7.9, 448.0},
                           range{1.1, 1.3, 448.0}, range{3.0, 100.0, 448.0}, range{100.0, 500.0, 96.0},
                           range{3.0, 200.0, 96.0}, range{200.3, 200.3 + 1e-12, 448.0}}) {
      CAPTURE(f.name.view());
      CAPTURE(r.a);
      CAPTURE(r.b);
      double sum = 0.0;
      int const n = 100000;
      for (int i = 0; i < n; ++i) {
        double const p = r.a + (r.b - r.a) * (i + 0.5) / n;
        double const d = p - std::fmin(satur::round_to(f, p), r.end);
        sum += d * d;
      }
      CHECK(satur::detail::mean_squared_error(f, r.end, r.a, r.b) == satur_test::relative(sum / n, 1e-4));
    }
  }
}

TEST_CASE("best_scale by percentile: exactly as many numbers beyond as are allowed") {
  std::vector<float> x;
  for (int i = 0; i < 10; ++i) {
    x.push_back(std::ldexp(1.0f, i)); // 1 to 512, each in a bin of its own
  }
  satur::scale_options const ninety{.by = satur::scale_choice::percentile, .percentile = 0.9};
  // 512 may be beyond; 256 lies in a bin that ends at 320
  CHECK(satur::best_scale(logarithmic(x), formats::fp8_e4m3, ninety).scale ==
        satur_test::relative(448.0 / 320.0, 1e-12));
  x[0] = HUGE_VALF; // is the one that may be beyond
  CHECK(satur::best_scale(logarithmic(x), formats::fp8_e4m3, ninety).scale == 448.0 / 512.0);
}

TEST_CASE("best_scale by amax: the largest number becomes the format's largest") {
  std::vector<float> const x = drawn(1000, 3.0);
  histogram const h = logarithmic(x);
  double const amax = h.highest();
  for (format const& f : {formats::fp8_e4m3, formats::float16, formats::int8}) {
    CAPTURE(f.name.view());
    satur::best_scale_result const best = satur::best_scale(h, f);
    CHECK(best.scale == satur_test::relative(f.largest / amax, 1e-15));
    CHECK(amax * best.scale <= f.largest);
    satur::format_loss const l = satur::observe_format(f, x, best.scale);
    CHECK(l.before_rounding == 0);
    CHECK(l.headroom_bits() == doctest::Approx(0.0));
    CHECK(best.loss == satur::format_loss_of(h, f, best.scale));
    CHECK(best.loss.before_rounding.high == 0.0);
    double const two = satur::best_scale(h, f, {.power_of_two = true}).scale;
    CHECK(std::exp2(std::round(std::log2(two))) == two);
    CHECK((two <= best.scale && best.scale < 2.0 * two));
    CHECK(satur::best_scale(h, f, {.margin_bits = 2.0}).scale == satur_test::relative(best.scale / 4.0, 1e-12));
  }
}

TEST_CASE("best_scale by percentile: at most the rest is lost") {
  std::vector<float> const x = drawn(50000, 3.0);
  for (double const percentile : {0.5, 0.99, 0.999, 1.0}) {
    CAPTURE(percentile);
    for (histogram const& h : {logarithmic(x), linear(x, 16.0, 512)}) {
      for (format const& f : {formats::fp8_e4m3, formats::with_zero_point(formats::uint8, 100.0)}) {
        satur::best_scale_result const best =
            satur::best_scale(h, f, {.by = satur::scale_choice::percentile, .percentile = percentile});
        double const lost = satur::observe_format(f, x, best.scale).before_rounding_fraction();
        CHECK(lost <= 1.0 - percentile + 1e-12);
        CHECK((percentile == 1.0 || lost > 0.0));
      }
    }
  }
  std::vector<float> with_infinity = x;
  with_infinity[0] = HUGE_VALF; // more than the percentile allows: the largest finite number decides
  histogram const h = logarithmic(with_infinity);
  CHECK(satur::best_scale(h, formats::int8, {.by = satur::scale_choice::percentile, .percentile = 1.0}).scale ==
        satur::best_scale(h, formats::int8).scale);
}

TEST_CASE("best_scale by noise: close to the best of all scales that are tried on the numbers") {
  std::vector<float> const x = drawn(30000, 1.0);
  for (format const& f :
       {formats::int8, formats::fp4_e2m1, format{"int4", -8.0, 7.0, 1.0, 1.0, 4, format::coding::integer}}) {
    CAPTURE(f.name.view());
    histogram const h = logarithmic(x, 16);
    satur::best_scale_result const best = satur::best_scale(h, f, {.by = satur::scale_choice::noise});
    double const reached = satur::observe_format(f, x, best.scale, {.noise = true}).signal_to_noise_db();
    double highest = -HUGE_VAL;
    for (double scale = 0.1; scale < 500.0; scale *= 1.03) {
      highest = std::max(highest, satur::observe_format(f, x, scale, {.noise = true}).signal_to_noise_db());
    }
    CHECK(reached > highest - 0.3);
    double const by_amax =
        satur::observe_format(f, x, satur::best_scale(h, f).scale, {.noise = true}).signal_to_noise_db();
    CHECK(reached > by_amax);
    CHECK(satur::best_scale(h, f, {.by = satur::scale_choice::noise, .margin_bits = 3.0}).scale == best.scale);
    double const two = satur::best_scale(h, f, {.by = satur::scale_choice::noise, .power_of_two = true}).scale;
    CHECK(std::exp2(std::round(std::log2(two))) == two);
  }
}

TEST_CASE("best_scale and format_loss_of: nothing seen, zeros, sides that a format lacks, extreme sizes") {
  histogram const empty = histogram::of_gradient();
  CHECK(satur::best_scale(empty, formats::int8).scale == 1.0);
  format_loss_estimate const nothing = satur::format_loss_of(empty, formats::int8);
  CHECK(std::isnan(nothing.to_limit.value));
  CHECK(std::isnan(nothing.zero_fraction));
  CHECK(std::isnan(nothing.headroom_bits));
  histogram const zeros = logarithmic(std::vector<float>(10, 0.0f));
  CHECK(satur::best_scale(zeros, formats::int8).scale == 1.0);
  CHECK(satur::format_loss_of(zeros, formats::int8).zero_fraction == 1.0);
  CHECK(satur::format_loss_of(zeros, formats::int8).headroom_bits == HUGE_VAL);
  CHECK(std::isnan(satur::format_loss_of(zeros, formats::int8).signal_to_noise_db));
  histogram const infinite = logarithmic(std::vector<float>(10, HUGE_VALF));
  CHECK(satur::format_loss_of(infinite, formats::int8).to_limit.low == 1.0);
  CHECK(std::isnan(satur::format_loss_of(infinite, formats::int8).headroom_bits));
  // uint8 has no negative numbers: those of a linear histogram do not choose the scale
  histogram const sides = linear({-100.0f, 2.0f, 4.0f});
  CHECK(satur::best_scale(sides, formats::uint8).scale == 255.0 / 4.0);
  CHECK(satur::best_scale(sides, formats::uint8).loss.before_rounding.low == satur_test::relative(1.0 / 3.0, 1e-12));
  CHECK(satur::best_scale(sides, formats::int8).scale == 128.0 / 100.0);
  histogram extreme = histogram::logarithmic(-100, 100);
  extreme.observe(std::vector<double>{5e-324});
  CHECK(std::isfinite(satur::best_scale(extreme, formats::float16).scale));
  extreme.observe(std::vector<double>{1.7e308});
  CHECK(satur::best_scale(extreme, formats::float16).scale * 1.7e308 <= 65504.0);
}

TEST_CASE("best_scale: refusals; the text of an estimate") {
  histogram const h = logarithmic(drawn(1000, 200.0));
  auto const message = [&](satur::scale_options const& o) {
    return satur_test::refusal([&] { static_cast<void>(satur::best_scale(h, formats::int8, o)); });
  };
  for (double const p : {0.0, -1.0, 1.1, std::nan("")}) {
    CHECK(message({.by = satur::scale_choice::percentile, .percentile = p}).find("percentile") != std::string::npos);
  }
  for (double const m : {std::nan(""), HUGE_VAL, 1e6}) {
    CHECK(message({.margin_bits = m}).find("margin_bits") != std::string::npos);
  }
  CHECK_THROWS_AS(static_cast<void>(satur::best_scale(h, format{})), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::format_loss_of(h, formats::int8, 0.0)), std::invalid_argument);
  std::ostringstream out;
  out << satur::format_loss_of(logarithmic({1.0f, 440.0f, 470.0f, 2000.0f}), formats::fp8_e4m3);
  CHECK(out.str().find("fp8_e4m3 at scale 1, estimated: ") == 0);
  CHECK(out.str().find(" % (25.0 to 50.0) rounded to the limit (|x| > 464), ") != std::string::npos);
  CHECK(out.str().find(", of 4; headroom -2.2 bits, signal to noise ") != std::string::npos);
}
