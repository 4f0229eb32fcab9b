// Rules about number formats: against the ends of each format as its specification has them, number by number.
#include "satur/diagnostic.hpp"
#include "satur/format.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur::beyond_format;
namespace formats = satur::formats;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The products beyond which a format is left: halfway to the number that would follow, which counts if ties to even
/// lead there.
struct end {
  double at;
  bool counts;
};
struct ends {
  satur::format format;
  end low;
  end high;
};
std::vector<ends> all_ends() {
  auto const both = [](satur::format const& f, double at, bool counts) { return ends{f, {-at, counts}, {at, counts}}; };
  return {both(formats::float16, 65520.0, true),
          both(formats::bfloat16, 0x1.ffp127, true),
          both(formats::fp8_e4m3, 464.0, false),
          both(formats::fp8_e5m2, 61440.0, true),
          both(formats::fp8_e4m3fnuz, 248.0, true),
          both(formats::fp8_e5m2fnuz, 61440.0, true),
          both(formats::fp4_e2m1, 7.0, true),
          {formats::int8, {-128.5, false}, {127.5, true}},
          {formats::uint8, {-0.5, false}, {255.5, true}},
          {formats::with_zero_point(formats::uint8, 128.0), {-128.5, false}, {127.5, true}},
          {formats::with_zero_point(formats::uint8, 3.0), {-3.5, true}, {252.5, false}}};
}
struct counted {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(counted const&) const = default;
};
template <class T> counted by_definition(ends const& e, double scale, std::vector<T> const& z) {
  counted c;
  for (T const x : z) {
    double const p = static_cast<double>(x) * scale;
    c.low += e.low.counts ? p <= e.low.at : p < e.low.at;
    c.high += e.high.counts ? p >= e.high.at : p > e.high.at;
  }
  return c;
}
/// The neighbors of where the format ends, and of a few other numbers, on both sides.
template <class T> std::vector<T> around(ends const& e, double scale) {
  std::vector<T> z{T(0), T(1), T(-1), T(1e30), T(-1e30)};
  for (double const at : {e.low.at, e.high.at, e.format.low_end(), e.format.high_end(), 2.0 * e.high.at}) {
    T x = static_cast<T>(at / scale);
    for (int i = 0; i < 4; ++i) {
      x = std::nextafter(x, -std::numeric_limits<T>::infinity());
    }
    for (int i = 0; i < 9; ++i) {
      z.push_back(x);
      x = std::nextafter(x, std::numeric_limits<T>::infinity());
    }
  }
  return z;
}
template <class T, class Rule> counted by_rule(Rule const& rule, std::vector<T> const& z) {
  satur::saturation const s = satur::observe(satur::identity{}, z, rule);
  satur::saturation const any = satur::observe(satur::identity{}, z, satur::any_rule(rule));
  CHECK(any == s);
  return {s.low, s.high};
}
template <class A> counted by_rule_of(satur::any_rule const& rule, A const& act, std::vector<float> const& z) {
  satur::saturation const s = satur::observe(act, z, rule);
  return {s.low, s.high};
}
/// 4 fraction bits, as of e3m4: no format of the library.
constexpr satur::format mine{"fp8_mine", -15.5, 15.5, 0x1p-2, 0x1p-6};

} // namespace

TEST_CASE("beyond_format: float and double z, next to the end of every format, at any scale") {
  for (ends const& e : all_ends()) {
    for (double const scale : {1.0, 0.25, 3.0, 0.1, 1.0 / 3.0, 1e-3, 12345.678}) {
      CAPTURE(e.format.name.view());
      CAPTURE(scale);
      beyond_format const rule{e.format, scale};
      std::vector<double> const z = around<double>(e, scale);
      counted const expected = by_definition(e, scale, z);
      CHECK(by_rule(rule, z) == expected);
      CHECK(expected.high > 0);
      CHECK(expected.low + expected.high < z.size());
      if (e.high.at / scale < 1e38) {
        std::vector<float> const f = around<float>(e, scale);
        CHECK(by_rule(rule, f) == by_definition(e, scale, f));
      }
    }
  }
}

TEST_CASE("beyond_format: scales at which the largest double is close to the end") {
  constexpr double most = std::numeric_limits<double>::max();
  for (ends const& e : all_ends()) {
    if (e.high.at > 1e30) {
      continue; // a subnormal scale would be needed
    }
    double scale = e.high.at / most;
    for (int i = 0; i < 4; ++i) {
      scale = std::nextafter(scale, 0.0);
    }
    for (int i = 0; i < 9; ++i, scale = std::nextafter(scale, 1.0)) {
      std::vector<double> const z{most, std::nextafter(most, 0.0), -most, 0.5 * most, infinity, -infinity};
      CHECK(by_rule(beyond_format{e.format, scale}, z) == by_definition(e, scale, z));
    }
  }
}

TEST_CASE("beyond_format: limits of z at the ties themselves, if they can be") {
  using satur::rule_limits;
  satur::tanh const act;
  CHECK(beyond_format{}.limits(act) == rule_limits{rule_limits::quantity::z, -65520.0, 65520.0, true});
  CHECK(beyond_format{formats::fp8_e4m3, 4.0}.limits(act) == rule_limits::of_z(-116.0, 116.0));
  CHECK(beyond_format{formats::int8}.limits(act) == rule_limits::of_z(-128.5, std::nextafter(127.5, 0.0)));
}

TEST_CASE("beyond_format: decides as the rounding does") {
  for (satur::format const& f : formats::all()) {
    beyond_format const rule{f, 0.7};
    std::vector<double> z;
    for (double x = 1e-3; x < 1e40; x *= 1.37) {
      z.push_back(x);
      z.push_back(-x);
    }
    counted expected;
    for (double const x : z) {
      expected.high += satur::round_to(f, x * 0.7) > f.largest;
      expected.low += satur::round_to(f, x * 0.7) < f.lowest;
    }
    CHECK(by_rule(rule, z) == expected);
  }
}

TEST_CASE("beyond_format: the ends themselves, infinity and NaN") {
  std::vector<float> const z{448.0f, 464.0f, std::nextafter(464.0f, 999.0f), -464.0f, -465.0f};
  CHECK(by_rule(beyond_format{formats::fp8_e4m3}, z) == counted{1, 1});
  std::vector<float> const half{65504.0f, std::nextafter(65520.0f, 0.0f), 65520.0f, -65520.0f};
  CHECK(by_rule(beyond_format{}, half) == counted{1, 1});
  std::vector<double> const special{infinity, -infinity, std::nan(""), 0.0, 1.7e308};
  for (double const scale : {1.0, 1e-304}) { // of the second one no finite z is beyond
    satur::saturation const s = satur::observe(satur::identity{}, special, beyond_format{formats::fp8_e5m2, scale});
    CHECK(s.low == 1);
    CHECK(s.high == (scale == 1.0 ? 2 : 1));
    CHECK(s.nan == 1);
  }
  CHECK(by_rule(beyond_format{formats::float16, 1e-320}, special) == counted{1, 1});
  CHECK(by_rule(beyond_format{formats::float16, 1e300}, std::vector<double>{7e-296, 6e-296, -1.0}) == counted{1, 1});
  std::vector<long double> const wide{464.0L, 464.5L, -464.5L};
  CHECK(by_rule(beyond_format{formats::fp8_e4m3}, wide) == counted{1, 1});
}

TEST_CASE("beyond_format: a definition says the format, the scale and the zero point, and gives the rule again") {
  for (ends const& e : all_ends()) {
    beyond_format const rule{e.format, 0.3};
    satur::rule_definition const d = rule.definition();
    CHECK(d.name == "beyond_format " + std::string(e.format.name));
    REQUIRE(beyond_format::from(d).has_value());
    CHECK(*beyond_format::from(d) == rule);
    CHECK(satur::rule_of(d) == satur::any_rule(rule));
    CHECK(satur::rule_of(d).in_library());
    CHECK(std::get<beyond_format>(satur::find_rule(d).value()) == rule);
    CHECK(satur::to_text(d) == rule.text());
    CHECK(satur::any_rule(rule).limits(satur::tanh{}) == satur::any_rule::of(d).limits(satur::tanh{}));
  }
  CHECK_FALSE(satur::any_rule(beyond_format{}) == satur::any_rule(beyond_format{formats::bfloat16}));
  CHECK_FALSE(satur::any_rule(beyond_format{}) == satur::any_rule(beyond_format{formats::float16, 2.0}));
  CHECK(beyond_format{}.text() == "z rounds beyond float16 (-65504 to 65504)");
  CHECK(beyond_format{formats::with_zero_point(formats::uint8, 128.0), 20.0}.text() ==
        "z * 20 + 128 rounds beyond uint8 (0 to 255)");
  CHECK_FALSE(satur::find_rule({"beyond_format fp8", 1.0, 0.0}).has_value());
  CHECK_FALSE(satur::find_rule({"beyond_format", 1.0, 0.0}).has_value());
  CHECK(satur::to_text(satur::rule_definition{"beyond_format fp8", 1.0, 0.0}) == "beyond_format fp8(1, 0)");
}

TEST_CASE("beyond_format: a format of your own counts, and is saved and loaded like a rule of your own") {
  std::vector<float> const z{15.5f, 15.7f, 15.75f, 16.0f, -15.74f, -15.8f, 0.0f};
  beyond_format const rule{mine};
  CHECK_FALSE(rule.in_library());
  CHECK(by_rule(rule, z) == counted{1, 2}); // 15.75 is a tie that goes to 16
  satur::monitor mon(rule);
  mon["fc1"].observe(satur::identity{}, z);
  mon.end_step();
  std::stringstream file;
  satur::save(mon, file);
  satur::monitor loaded = satur::load_monitor(file);
  CHECK(loaded.rule() == satur::any_rule(rule));
  CHECK_FALSE(loaded.rule().can_count());
  loaded.use_rule(rule);
  loaded["fc1"].observe(satur::identity{}, z);
  loaded.end_step();
  CHECK(loaded.at("fc1").last().saturation == mon.at("fc1").last().saturation);

  satur::monitor half(beyond_format{formats::float16, 4.0});
  half["fc1"].observe(satur::identity{}, z);
  half.end_step();
  std::stringstream second;
  satur::save(half, second);
  CHECK(satur::load_monitor(second).rule().can_count());
  CHECK_THROWS_WITH_AS(half += mon, doctest::Contains("beyond_format fp8_mine"), std::invalid_argument);
}

TEST_CASE("rules of formats: what they refuse") {
  std::vector<double> const z{1.0};
  auto const words = [&](auto const& rule) -> std::string {
    try {
      static_cast<void>(satur::observe(satur::tanh{}, z, rule));
    } catch (std::invalid_argument const& refused) {
      return refused.what();
    }
    return "";
  };
  for (double const scale : {0.0, -1.0, infinity, std::nan("")}) {
    CHECK(words(beyond_format{formats::float16, scale}).find("scale is ") != std::string::npos);
    CHECK(words(satur::last_code{127.0, scale}).find("scale is ") != std::string::npos);
    CHECK_THROWS_AS(static_cast<void>(satur::rules::transformer_engine(formats::fp8_e4m3, scale)),
                    std::invalid_argument);
  }
  CHECK(words(satur::last_code{infinity}) ==
        "satur::last_code: last is inf; allowed: a finite number > 0, such as 127");
  satur::format wrong = formats::fp8_e4m3;
  wrong.largest = 240.0;
  CHECK(words(beyond_format{wrong}) == "satur::beyond_format: format is fp8_e4m3; allowed: that of satur::formats, or "
                                       "another name for a format of your own");
  CHECK(words(satur::any_rule(beyond_format{wrong})) == words(beyond_format{wrong}));
  satur::format f = mine;
  f.name = "";
  CHECK(words(beyond_format{f}).find("1 to 17 bytes") != std::string::npos);
  f.name = "a_format_with_a_long_name";
  CHECK(words(beyond_format{f}).find("1 to 17 bytes") != std::string::npos);
  f.name = "seventeen_letters";
  CHECK(words(beyond_format{f}).empty());
  for (auto const change :
       {+[](satur::format& g) { g.largest = g.lowest; }, +[](satur::format& g) { g.lowest = -infinity; },
        +[](satur::format& g) { g.largest = std::nan(""); }, +[](satur::format& g) { g.smallest_subnormal = 0.0; },
        +[](satur::format& g) { g.smallest_normal = 0x1p-7; }, +[](satur::format& g) { g.zero_point = infinity; }}) {
    satur::format broken = mine;
    change(broken);
    CHECK(words(beyond_format{broken}).find("format is fp8_mine") != std::string::npos);
  }
}

TEST_CASE("presets of formats: where each source counts") {
  namespace rules = satur::rules;
  std::vector<double> const z{448.0, std::nextafter(448.0, 999.0), -448.0, -448.5, 464.0, 50000.0, 50000.5, -60000.0};
  CHECK(by_rule(rules::transformer_engine(), z) == counted{2, 4});
  CHECK(by_rule(rules::transformer_engine(formats::fp8_e4m3, 0.01), z) == counted{1, 2});
  CHECK(by_rule(beyond_format{formats::fp8_e4m3}, z) == counted{1, 2});
  CHECK(by_rule(rules::onnx_runtime_half(), z) == counted{1, 1});
  CHECK(rules::transformer_engine() == satur::z_outside{-448.0, 448.0});
  CHECK(rules::transformer_engine(formats::int8, 2.0) == satur::z_outside{-64.0, 63.5});
  for (double const scale : {0.1, 3.0, 7e-5}) { // the product decides, not the quotient
    satur::z_outside const r = rules::transformer_engine(formats::float16, scale);
    CHECK(r.high * scale <= 65504.0);
    CHECK(std::nextafter(r.high, infinity) * scale > 65504.0);
    CHECK(r.low == -r.high);
  }
  std::vector<float> const codes{126.0f, std::nextafter(127.0f, 0.0f), 127.0f, 200.0f, -300.0f};
  CHECK(by_rule(rules::nnue_last_code(), codes) == counted{0, 2});
  std::vector<float> const activations{0.99f, std::nextafter(1.0f, 0.0f), 1.0f, -5.0f};
  CHECK(by_rule(rules::nnue_last_code(127.0), activations) == counted{0, 1});
  for (double const scale : {0.1, 1.0 / 3.0}) {
    double const high = satur::last_code{127.0, scale}.limits(satur::relu{}).high;
    CHECK(high * scale < 127.0);
    CHECK(std::nextafter(high, infinity) * scale >= 127.0);
  }
  CHECK(satur::last_code{}.text() == "z >= 127, the last code");
  CHECK(satur::last_code{255.0, 4.0}.text() == "z * 4 >= 255, the last code");
  CHECK(satur::rule_of(rules::nnue_last_code(4.0).definition()) == satur::any_rule(rules::nnue_last_code(4.0)));
  satur::rule_equivalents const e = satur::equivalents(beyond_format{formats::fp8_e4m3, 4.0}, satur::relu{});
  CHECK(e.z_high == 116.0);
  CHECK(e.z_low == -116.0);
}

TEST_CASE("plasticine: limits of the output, for tanh and sigmoid alone") {
  satur::any_rule const rule = satur::rules::named("plasticine").rule;
  satur::rule_equivalents const tanh = satur::equivalents(rule, satur::tanh{});
  CHECK(tanh.z_high == doctest::Approx(0.5 * std::log(199.0)).epsilon(1e-13)); // atanh(0.99)
  CHECK(tanh.z_low == doctest::Approx(-0.5 * std::log(199.0)).epsilon(1e-13));
  CHECK(tanh.z_high == doctest::Approx(2.6467).epsilon(1e-4));
  CHECK(tanh.slope_high == doctest::Approx(0.0199).epsilon(1e-10)); // 1 - 0.99^2
  satur::rule_equivalents const sigmoid = satur::equivalents(rule, satur::sigmoid{});
  CHECK(sigmoid.z_low == doctest::Approx(-std::log(99.0)).epsilon(1e-13));
  CHECK(sigmoid.z_high == doctest::Approx(4.5951).epsilon(1e-4));
  CHECK(sigmoid.slope_low == doctest::Approx(0.0396).epsilon(1e-10)); // 4 0.99 0.01
  std::vector<float> const z{-2.64f, 2.64f, -2.65f, 2.65f, 3.0f, 4.59f, -4.59f, 4.6f, -4.6f, -5.0f};
  CHECK(by_rule_of(rule, satur::tanh{}, z) == counted{4, 4});
  CHECK(by_rule_of(rule, satur::sigmoid{}, z) == counted{2, 1});
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(satur::relu{}, z, satur::rules::plasticine())),
                       doctest::Contains("activation is relu; allowed: sigmoid and tanh; for another take"),
                       std::invalid_argument);
  CHECK(satur::rule_of(satur::rules::plasticine().definition()) == rule);
  std::ostringstream relu;
  satur::rules::print_presets(satur::relu{}, relu);
  CHECK(relu.str().find("plasticine            not defined for this activation") != std::string::npos);
  std::ostringstream out;
  satur::rules::print_presets(satur::sigmoid{}, out);
  CHECK(out.str().find("2.73e-195 1.09e-192") != std::string::npos); // a number that fills its column stands apart
}
