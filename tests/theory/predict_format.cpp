// theory::predict_format: published shares, quadrature in long double, sampling, and a predicted network.
#include "satur/activation/tanh.hpp"
#include "satur/format.hpp"
#include "satur/theory.hpp"

#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
namespace theory = satur::theory;
using satur::format;

/// P(a < x < b) by Gauss-Legendre quadrature over 400 panels, in long double; a and b may be infinite.
double integrated(double a, double b, double mean, double variance) {
  long double const m = static_cast<long double>(mean);
  long double const s = std::sqrt(static_cast<long double>(variance));
  long double low = static_cast<long double>(a);
  long double high = static_cast<long double>(b);
  // Beyond 40 standard deviations there is nothing; of a far tail, 45 times the length in which it falls by e.
  low = std::max(low, std::min(high, m) - s * 45.0L / (1.0L + std::fmax(0.0L, (m - high) / s)));
  high = std::min(high, std::max(low, m) + s * 45.0L / (1.0L + std::fmax(0.0L, (low - m) / s)));
  long double const inner = std::sqrt(5.0L - 2.0L * std::sqrt(10.0L / 7.0L)) / 3.0L;
  long double const outer = std::sqrt(5.0L + 2.0L * std::sqrt(10.0L / 7.0L)) / 3.0L;
  long double const inner_weight = (322.0L + 13.0L * std::sqrt(70.0L)) / 900.0L;
  long double const outer_weight = (322.0L - 13.0L * std::sqrt(70.0L)) / 900.0L;
  int const panels = 400;
  long double const half = (high - low) / (2 * panels);
  long double sum = 0.0L;
  for (int i = 0; i < panels; ++i) {
    long double const middle = low + half * (2 * i + 1);
    auto const density = [&](long double at) {
      long double const t = (middle + half * at - m) / s;
      return 0.398942280401432677939946L * std::exp(-0.5L * t * t);
    };
    sum += 128.0L / 225.0L * density(0.0L) + inner_weight * (density(inner) + density(-inner)) +
           outer_weight * (density(outer) + density(-outer));
  }
  return static_cast<double>(sum * half / s);
}
bool close(double got, double exact) { return std::fabs(got - exact) <= 1e-11 * std::fabs(exact) + 1e-310; }

} // namespace

TEST_CASE("predict_format: the published shares of N(0, 200)") {
  theory::format_prediction const e4m3 = theory::predict_format(formats::fp8_e4m3, 1.0, 0.0, 200.0 * 200.0);
  CHECK(e4m3.before_rounding == satur_test::relative(0.025, 0.01));
  CHECK(e4m3.to_limit == satur_test::relative(0.020, 0.02));
  CHECK(e4m3.to_low_limit == satur_test::relative(0.5 * e4m3.to_limit, 1e-12));
  CHECK(theory::predict_format(formats::fp8_e4m3fnuz, 1.0, 0.0, 4e4).before_rounding ==
        satur_test::relative(0.23, 0.01));
}

TEST_CASE("predict_format: quadrature, far out and in narrow ranges") {
  constexpr double infinity = HUGE_VAL;
  for (format const& f : {formats::fp8_e4m3, formats::float16, formats::int8, formats::uint8,
                          formats::with_zero_point(formats::uint8, 100.0)}) {
    for (double const scale : {1.0, 0.125, 256.0}) {
      for (double const mean : {0.0, 3.0, -20.0, -70.0, 25.0}) {
        for (double const variance : {1e-4, 1.0, 4e4, 1e10, 1e30}) {
          CAPTURE(f.name.view());
          CAPTURE(scale);
          CAPTURE(mean);
          CAPTURE(variance);
          theory::format_prediction const p = theory::predict_format(f, scale, mean, variance);
          // the edges by the definition: half a step beyond, half a step around 0
          bool const integer = f.is_integer();
          double const half = 0.5 * f.smallest_subnormal / scale;
          double const normal = (f.smallest_normal - 0.5 * f.smallest_subnormal) / scale;
          auto const edge = [&](double end, double last_step) { return (end + 0.5 * last_step) / scale; };
          double const step = integer ? 1.0 : 32.0; // of the last octave of both floating formats
          double const high = edge(f.high_end(), step);
          double const low = -edge(-f.low_end(), f.low_end() == 0.0 || integer ? 1.0 : step);
          double const low_share = integrated(-infinity, low, mean, variance);
          CHECK(close(p.to_low_limit, low_share));
          CHECK(close(p.to_limit, low_share + integrated(high, infinity, mean, variance)));
          CHECK(close(p.before_rounding, integrated(-infinity, f.low_end() / scale, mean, variance) +
                                             integrated(f.high_end() / scale, infinity, mean, variance)));
          CHECK(close(p.to_zero, integrated(-half, half, mean, variance)));
          CHECK(close(p.subnormal,
                      integer ? 0.0
                              : integrated(half, normal, mean, variance) + integrated(-normal, -half, mean, variance)));
        }
      }
    }
  }
}

TEST_CASE("predict_format: what is counted of drawn numbers") {
  std::mt19937 urbg(3);
  std::normal_distribution<double> normal(0.3, 2.0);
  std::vector<double> x(200000);
  for (double& e : x) {
    e = normal(urbg);
  }
  for (format const& f : {formats::fp8_e4m3, formats::fp4_e2m1, formats::int8}) {
    for (double const scale : {0.01, 1.0, 2.0, 100.0}) {
      CAPTURE(f.name.view());
      CAPTURE(scale);
      satur::format_loss const l = satur::observe_format(f, x, scale);
      theory::format_prediction const p = theory::predict_format(f, scale, 0.3, 4.0);
      auto const agree = [&](double counted, double expected) { // 5 standard errors
        return std::fabs(counted - expected) <= 5.0 * std::sqrt(expected * (1.0 - expected) / 200000.0) + 1e-5;
      };
      CHECK(agree(l.to_limit_fraction(), p.to_limit));
      CHECK(agree(static_cast<double>(l.to_low_limit) / 200000.0, p.to_low_limit));
      CHECK(agree(l.before_rounding_fraction(), p.before_rounding));
      CHECK(agree(l.to_zero_fraction(), p.to_zero));
      CHECK(agree(l.subnormal_fraction(), p.subnormal));
    }
  }
}

TEST_CASE("predict_format: a variance of 0, a layer of a prediction, a scale that leaves no normal number") {
  theory::format_prediction const at = theory::predict_format(formats::fp8_e4m3, 1.0, -464.5, 0.0);
  CHECK(at.to_limit == 1.0);
  CHECK(at.to_low_limit == 1.0);
  CHECK(at.before_rounding == 1.0);
  CHECK(at.to_zero == 0.0);
  CHECK(theory::predict_format(formats::fp8_e4m3, 1.0, 464.0, 0.0).to_limit == 0.0);
  CHECK(theory::predict_format(formats::fp8_e4m3, 1.0, 1e-4, 0.0).to_zero == 1.0);
  CHECK(theory::predict_format(formats::fp8_e4m3, 1.0, 0.0, 0.0).to_zero == 0.0); // 0 is not lost
  CHECK(theory::predict_format(formats::fp8_e4m3, 1.0, 0x1p-7, 0.0).subnormal == 1.0);
  theory::format_prediction const tiny = theory::predict_format(formats::fp8_e4m3, 5e-324, 0.0, 1e200);
  CHECK(tiny.to_zero == 1.0);
  CHECK(tiny.subnormal == 0.0);

  theory::layer_prediction layer;
  layer.mean = 1.0;
  layer.variance = 9e4;
  CHECK(theory::predict_format(formats::fp8_e5m2, 8.0, layer).to_limit ==
        theory::predict_format(formats::fp8_e5m2, 8.0, 1.0, 9e4).to_limit);
}

TEST_CASE("predict_format: refusals; its text") {
  for (double const bad : {std::nan(""), HUGE_VAL}) {
    CHECK(satur_test::refusal([&] {
            static_cast<void>(theory::predict_format(formats::int8, 1.0, bad, 1.0));
          }).find("mean") != std::string::npos);
    CHECK(satur_test::refusal([&] {
            static_cast<void>(theory::predict_format(formats::int8, 1.0, 0.0, bad));
          }).find("variance") != std::string::npos);
    CHECK(satur_test::refusal([&] {
            static_cast<void>(theory::predict_format(formats::int8, bad, 0.0, 1.0));
          }).find("scale") != std::string::npos);
  }
  CHECK_THROWS_AS(static_cast<void>(theory::predict_format(format{}, 1.0, 0.0, 1.0)), std::invalid_argument);
  std::ostringstream out;
  out << theory::predict_format(formats::fp8_e4m3, 1.0, 0.0, 4e4);
  CHECK(out.str() == "2.0 % rounded to the limit, 2.5 % beyond it before rounding, <0.1 % to zero, <0.1 % subnormal");
}
