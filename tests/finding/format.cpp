// Numbers outside their number format: the layers, the share, why, and a scale that does what is predicted of it.
#include "satur/observe/format.hpp"
#include "satur/finding.hpp"

#include "support/slow.hpp"
#include "support/training_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::cause;
using satur::finding;
using satur::finding_limits;
using satur::format_losses;
using satur::layer_numbers;
using satur::remedy;
using satur::scaled_format;
using satur::symptom;
using satur::watched_formats;
using test::training_run;

using names = std::vector<std::string>;
using numbers = std::vector<double>;

/// Layers of given numbers, as a monitor would hand them over.
struct watched_layers {
  layer_numbers which;
  std::vector<numbers> layers;
  std::vector<scaled_format> as;
  bool histograms = true;

  [[nodiscard]] std::vector<finding> findings(finding_limits const& limits = {}) const {
    std::deque<format_losses> losses;
    std::deque<satur::format_histograms> sizes;
    std::vector<satur::named_record> records;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      scaled_format const& f = as[i < as.size() ? i : as.size() - 1];
      losses.emplace_back().of(which) = satur::observe_format(f.format, layers[i], f.scale);
      sizes.emplace_back().of(which) = satur::format_histograms::of_sizes();
      sizes.back().of(which)->observe(layers[i]);
      satur::named_record r{.name = "layer " + std::to_string(i + 1), .record = {}};
      r.formats = &losses.back();
      r.sizes = histograms ? &sizes.back() : nullptr;
      records.push_back(r);
    }
    return satur::diagnose(records, limits);
  }
  [[nodiscard]] finding only(finding_limits const& limits = {}) const {
    std::vector<finding> const found = findings(limits);
    REQUIRE(found.size() == 1);
    CHECK(found[0].symptom == symptom::leaves_format);
    CHECK(found[0].numbers == which);
    return found[0];
  }
  [[nodiscard]] satur::format_loss at(std::size_t layer, double scale) const {
    return satur::observe_format(as[layer < as.size() ? layer : as.size() - 1].format, layers[layer], scale);
  }
};

numbers normal(std::size_t n, double std, unsigned seed = 1) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> draw(0.0, std);
  numbers x(n);
  std::generate(x.begin(), x.end(), [&] { return draw(urbg); });
  return x;
}
/// |x| = 2^e with e even between the two.
numbers octaves(std::size_t n, double from, double to, unsigned seed = 1) {
  std::mt19937_64 urbg(seed);
  std::uniform_real_distribution<double> draw(from, to);
  numbers x(n);
  std::generate(x.begin(), x.end(), [&] { return (urbg() % 2 == 0 ? 1.0 : -1.0) * std::exp2(draw(urbg)); });
  return x;
}
watched_layers one(numbers const& x, satur::format const& f, double scale, layer_numbers which = layer_numbers::z) {
  return {which, {x}, {{f, scale}}};
}
std::string text(finding const& f) {
  std::ostringstream out;
  out << f << '\n' << f.details();
  return out.str();
}
bool about(double measured, double predicted) { return std::fabs(measured - predicted) <= 0.1 * measured + 1e-4; }

/// The scale of the cure does to each layer what is predicted: within 10 % of each share.
void check_cure(watched_layers const& w, finding const& f) {
  CAPTURE(text(f));
  REQUIRE(f.cure.what == remedy::format_scale);
  REQUIRE(f.cure.factors.size() == f.layers.size());
  CHECK(f.cure.factor == f.cure.factors.front());
  REQUIRE(f.cure.effect);
  for (std::size_t i = 0, k = 0; i < w.layers.size(); ++i) {
    if (k < f.layers.size() && f.layers[k] == "layer " + std::to_string(i + 1)) {
      satur::format_loss const after = w.at(i, f.cure.factors[k]);
      CAPTURE(after);
      if (k == 0) {
        bool const large = f.cure.effect->measure.find("beyond") != std::string::npos;
        CHECK(about(large ? after.to_limit_fraction() : after.to_zero_of_nonzero(), f.cure.effect->after));
        CHECK(f.cure.effect->now == f.value);
      }
      if (f.cause != cause::format_range) { // cured
        CHECK(after.to_limit_fraction() <= finding_limits().format_to_limit);
        CHECK(after.to_zero_of_nonzero() <= finding_limits().format_to_zero);
      }
      ++k;
    }
  }
}

} // namespace

TEST_CASE("format: numbers within their limits have no finding") {
  for (bool const histograms : {true, false}) {
    for (satur::format const& f : formats::all()) {
      CAPTURE(f.name.view());
      double const scale = f.is_integer() ? 20.0 : f.name == "fp4_e2m1" ? 1.5 : 16.0;
      numbers x = normal(20000, 1.0);
      if (f.lowest == 0.0) {
        std::transform(x.begin(), x.end(), x.begin(), [](double e) { return std::fabs(e); });
      }
      finding_limits limits;
      limits.format_to_zero = f.bits <= 8 ? 0.3 : limits.format_to_zero; // coarse near 0, whatever the scale
      watched_layers w = one(x, f, scale);
      w.histograms = histograms;
      CHECK(w.findings(limits).empty());
    }
  }
  CHECK(one({}, formats::int8, 1.0).findings().empty());
  CHECK(one(numbers(50, 0.0), formats::int8, 1.0).findings().empty());
  CHECK(satur::diagnose(std::vector<satur::named_record>{{.name = "fc", .record = {}}}).empty());
}

TEST_CASE("format: a scale that is too small or too large, and one that is predicted to cure it and does") {
  struct wrong {
    satur::format format;
    double std;
    double scale;
    bool large;
  };
  for (wrong const& c : {wrong{formats::fp8_e4m3, 1e-5, 1.0, false}, wrong{formats::fp8_e4m3, 200.0, 1.0, true},
                         wrong{formats::fp8_e5m2, 1e-7, 4.0, false}, wrong{formats::float16, 1e-8, 1.0, false},
                         wrong{formats::float16, 1e-3, 1e8, true}, wrong{formats::fp8_e4m3fnuz, 1.0, 1e3, true},
                         wrong{formats::fp8_e5m2fnuz, 1e-3, 1e9, true}, wrong{formats::bfloat16, 1.0, 1e39, true}}) {
    for (bool const histograms : {true, false}) {
      for (bool const power_of_two : {true, false}) {
        CAPTURE(c.format.name.view());
        CAPTURE(c.std);
        watched_layers w = one(normal(40000, c.std), c.format, c.scale, layer_numbers::gradient);
        w.histograms = histograms;
        finding_limits limits;
        limits.format_power_of_two = power_of_two;
        finding const f = w.only(limits);
        CHECK(f.cause == cause::format_scale);
        satur::format_loss const now = w.at(0, c.scale);
        CHECK(f.value == (c.large ? now.to_limit_fraction() : now.to_zero_of_nonzero()));
        CHECK(f.value_low < f.value);
        CHECK(f.value <= f.value_high);
        CHECK((f.cure.factor > c.scale) == !c.large);
        check_cure(w, f);
        bool const is_power = std::exp2(std::round(std::log2(f.cure.factor))) == f.cure.factor;
        CAPTURE(text(f));
        CHECK(is_power == power_of_two);
        CHECK((f.cure.advice.find("estimated") == std::string::npos) == histograms);
      }
    }
  }
}

TEST_CASE("format: integers, with a zero point too") {
  watched_layers w = one(normal(40000, 3.0), formats::int8, 100.0, layer_numbers::outputs);
  finding_limits limits;
  limits.format_to_zero = 0.2;
  finding f = w.only(limits);
  CHECK(f.cause == cause::format_scale);
  CHECK(f.cure.factor == 8.0); // 127 / 12.6, a power of two below it
  CHECK(about(w.at(0, 8.0).to_limit_fraction(), f.cure.effect->after));
  w.as = {{formats::with_zero_point(formats::uint8, 128.0), 100.0}};
  CHECK(w.only(limits).cure.factor == 8.0);
}

TEST_CASE("format: a range wider than the format: no cure, or a scale that only loses less") {
  for (bool const histograms : {true, false}) {
    // 40 octaves in e4m3, which has 18.8: at any scale half of them is lost.
    watched_layers w = one(octaves(20000, -40.0, 0.0), formats::fp8_e4m3, 256.0, layer_numbers::gradient);
    w.histograms = histograms;
    finding const f = w.only();
    CAPTURE(text(f));
    CHECK(f.cause == cause::format_range);
    CHECK(f.cure.what == remedy::none);
    CHECK_FALSE(f.cure.effect);
    CHECK(f.cure.factors.empty());
    CHECK(f.cure.advice.starts_with("nothing that is known helps here: no scale keeps numbers that span 40.0 bits in a "
                                    "format of 17.8; take another format"));
    CHECK(f.reason.find("40.0 bits, the format has 17.8") != std::string::npos);
  }
  watched_layers const w = one(octaves(20000, -24.0, 0.0), formats::fp8_e4m3, 1.0, layer_numbers::gradient);
  finding const f = w.only();
  CHECK(f.cause == cause::format_range);
  CHECK(f.cure.what == remedy::format_scale);
  CHECK(f.cure.factor == 256.0);
  CHECK(f.cure.advice.find("; another format, or a scale for each block of numbers would lose less") !=
        std::string::npos);
  check_cure(w, f);
}

TEST_CASE("format: what becomes zero is a share of the numbers that are not zero, predicted and measured") {
  numbers x = octaves(20000, -24.0, 0.0);
  x.resize(80000, 0.0); // three of four
  watched_layers const w = one(x, formats::fp8_e4m3, 1.0, layer_numbers::gradient);
  finding const f = w.only();
  check_cure(w, f);
  CHECK(f.cure.effect->after == doctest::Approx(0.25).epsilon(0.1)); // 6 of 24 octaves
  // Without a histogram, from what is known of one scale: N(0, 4) in fp4, at a quarter of it.
  satur::format_loss const wide = satur::observe_format(formats::fp4_e2m1, normal(40000, 4.0), 1.0);
  satur::format_loss const quarter = satur::observe_format(formats::fp4_e2m1, normal(40000, 4.0), 0.25);
  satur::detail::format_forecast const there = satur::detail::known_sizes(wide).forecast(wide, 0.25);
  CHECK(about(quarter.to_zero_of_nonzero(), there.to_zero));
  CHECK(about(quarter.to_limit_fraction(), there.to_limit));
}

TEST_CASE("format: a few outliers fix the scale, and are given up") {
  numbers x = octaves(40000, -12.0, 0.0);
  for (std::size_t i = 0; i < 20; ++i) { // 0.05 %
    x[1000 * i] = 1e4;
  }
  watched_layers const w = one(x, formats::fp8_e4m3, 0x1p-5, layer_numbers::weights);
  finding const f = w.only();
  CHECK(f.cause == cause::format_outliers);
  CHECK(f.cure.factor == 256.0);
  check_cure(w, f);
  CHECK(w.at(0, 256.0).to_limit == 20);
  // In float16 each would become infinity; there is room for all of them anyway.
  CHECK(one(x, formats::float16, 1.0, layer_numbers::weights).findings().empty());
}

TEST_CASE("format: numbers below 0 in a format without them are no matter of the scale") {
  watched_layers const w = one(normal(1000, 20.0), formats::uint8, 1.0);
  finding const f = w.only();
  CHECK(f.cause == cause::format_range);
  CHECK(f.cure.what == remedy::none);
  CHECK(f.cure.advice.find("the format has no number below 0") != std::string::npos);
  CHECK(f.severity == satur::severity::alarm);
}

TEST_CASE("format: in 16 bits one number that is too large is an alarm, and the cure leaves a bit of room") {
  numbers x = normal(100000, 1.0);
  CHECK(one(x, formats::float16, 1.0).findings().empty());
  x[5] = 65519.0; // rounded to 65504
  CHECK(one(x, formats::float16, 1.0).findings().empty());
  x[5] = -65520.0;
  for (satur::format const& f : {formats::float16, formats::bfloat16}) {
    watched_layers w = one(x, f, f.name == "float16" ? 1.0 : 0x1p112);
    finding const found = w.only();
    CHECK(found.severity == satur::severity::alarm);
    CHECK(found.value == 1e-5);
    CHECK(found.limit == 0.0);
    CHECK(w.at(0, 2.0 * found.cure.factor).to_limit == 0);
    check_cure(w, found);
  }
  CHECK(one(x, formats::fp8_e5m2, 1.0).findings().empty()); // saturates, as a rule
}

TEST_CASE("format: limits are strict, and each decides") {
  numbers x(1000, 1.0);
  x[0] = 500.0;
  watched_layers const at_limit = one(x, formats::fp8_e4m3, 1.0);
  CHECK(at_limit.findings().empty()); // 0.1 %
  x[1] = 500.0;
  CHECK(one(x, formats::fp8_e4m3, 1.0).only().severity == satur::severity::warning);
  CHECK(at_limit.findings({.format_to_limit = 0.0009}).size() == 1);
  std::fill(x.begin(), x.begin() + 10, 500.0);
  CHECK(one(x, formats::fp8_e4m3, 1.0).only().severity == satur::severity::warning);
  CHECK(one(x, formats::fp8_e4m3, 1.0).only({.format_to_limit_alarm = 0.009}).severity == satur::severity::alarm);
  x[10] = -500.0;
  CHECK(one(x, formats::fp8_e4m3, 1.0).only().severity == satur::severity::alarm);

  numbers y(1000, 1.0);
  std::fill(y.begin(), y.begin() + 400, 0.0); // not among those that can become zero
  std::fill(y.begin() + 400, y.begin() + 430, 1e-5);
  watched_layers const zeros = one(y, formats::fp8_e4m3, 1.0);
  CHECK(zeros.findings().empty()); // 30 of 600
  CHECK(zeros.findings({.format_to_zero = 0.049}).size() == 1);
  y[430] = 1e-5;
  CHECK(one(y, formats::fp8_e4m3, 1.0).only().severity == satur::severity::warning);
  std::fill(y.begin() + 400, y.begin() + 700, 1e-5);
  CHECK(one(y, formats::fp8_e4m3, 1.0).only().severity == satur::severity::warning); // a half
  CHECK(one(y, formats::fp8_e4m3, 1.0).only({.format_to_zero_alarm = 0.49}).severity == satur::severity::alarm);
  y[700] = 1e-5;
  CHECK(one(y, formats::fp8_e4m3, 1.0).only().severity == satur::severity::alarm);
}

TEST_CASE("format: layers with one cause and scale are one finding, with one scale where one is enough") {
  watched_layers w{layer_numbers::gradient,
                   {normal(9000, 1e-4), normal(9000, 1.0, 2), normal(9000, 4e-4, 3), normal(9000, 1e-3, 4)},
                   {{formats::fp8_e5m2, 0x1p-4}}};
  finding f = w.only();
  CHECK(f.layers == names{"layer 1", "layer 3", "layer 4"}); // all but the second, which has room
  CHECK(f.cure.factors == std::vector<double>(3, f.cure.factor));
  check_cure(w, f);
  CHECK(w.at(1, f.cure.factor).to_limit_fraction() <= 0.001); // nor is the second too large then
  CHECK(f.cure.factor == 8192.0);
  CHECK(text(f).find("in 3 layers up to layer 4") != std::string::npos);

  // 2^40 between the first and the last: no scale suits both.
  w.layers = {normal(9000, 1e-12), normal(9000, 1e-9, 2), normal(9000, 1.0, 3)};
  w.as = {{formats::fp8_e4m3, 0x1p-10}};
  f = w.only();
  CHECK(f.layers == names{"layer 1", "layer 2", "layer 3"});
  CHECK(f.cure.factors[0] > f.cure.factors[1]);
  CHECK(f.cure.factors[1] > f.cure.factors[2]);
  CHECK(f.cure.advice.find("of each layer at its own scale") != std::string::npos);
  check_cure(w, f);

  // Too large in one layer, too small in another; another scale, another format.
  w.layers = {normal(9000, 1e5), normal(9000, 1e-5, 2)};
  w.as = {{formats::fp8_e4m3, 1.0}};
  CHECK(w.findings().size() == 2);
  w.layers = {normal(9000, 1e-5), normal(9000, 1e-5, 2), normal(9000, 1e-5, 3)};
  w.as = {{formats::fp8_e4m3, 1.0}, {formats::fp8_e4m3, 2.0}, {formats::fp8_e4m3fnuz, 1.0}};
  CHECK(w.findings().size() == 3);
}

TEST_CASE("format: the text has the share, the sizes against the format, and what the scale will do") {
  numbers x(1000, 0.001);
  std::fill(x.begin(), x.begin() + 250, 0.0009); // all but these round to 2^-9
  finding const f = one(x, formats::fp8_e4m3, 1.0, layer_numbers::gradient).only();
  CHECK(text(f) ==
        "[warning] layer 1: dL/dz outside the number format: 25.0 % of those that are not 0 are rounded to zero in "
        "fp8_e4m3 at scale 1; cause: the scale\n"
        "  cure: store dL/dz times 262144 instead of 1: 0 % would then be too large, 0 % of those that are not 0 "
        "would become zero\n"
        "  sizes of dL/dz go from 0.0009 to 0.001: 0.2 bits, the format has 17.8; the scale leaves 18.8 bits above "
        "the largest unused\n"
        "  measured 0.25 (95 % interval 0.224 to 0.278) against a limit of 0.05, from 1000 numbers\n"
        "  the cure is predicted to bring the share of dL/dz that becomes zero from 0.25 to 0");
  finding const large = one(normal(50000, 200.0), formats::fp8_e4m3, 1.0).only();
  CAPTURE(text(large));
  CHECK(text(large).find("[alarm] layer 1: z outside the number format: 2.") == 0);
  CHECK(text(large).find(" % are rounded beyond the largest number of fp8_e4m3 at scale 1 (|x| > 464)") !=
        std::string::npos);
  CHECK(text(large).find("bits; the largest is ") == std::string::npos);
  CHECK(text(large).find("; the largest is 1.1 bits too large") != std::string::npos);
}

TEST_CASE("format: limits out of range throw") {
  auto const refused = [](finding_limits const& limits, char const* words) {
    CHECK_THROWS_WITH_AS(limits.require_valid(), doctest::Contains(words), std::invalid_argument);
  };
  refused({.format_to_limit = -0.1}, "format_to_limit is -0.1");
  refused({.format_to_limit_alarm = 1.1}, "format_to_limit_alarm is 1.1");
  refused({.format_to_zero = std::nan("")}, "format_to_zero is nan");
  refused({.format_to_zero_alarm = 2.0}, "format_to_zero_alarm is 2");
}

namespace {

training_run watched_run(satur::any_activation const& act, std::size_t depth, double gain, watched_formats const& f,
                         std::uint64_t seed = 1) {
  training_run run(act, depth, gain, seed);
  run.mon = satur::monitor({.histograms = 1, .units = true, .formats = f});
  return run;
}

} // namespace

TEST_CASE("format: nets that learn, in formats with room for them, have no finding") {
  if (test::left_out_if_slow()) {
    return;
  }
  watched_formats const eight{.z = {formats::fp8_e4m3, 16.0},
                              .outputs = {formats::fp8_e4m3, 16.0},
                              .gradient = {formats::fp8_e5m2, 0x1p16},
                              .weights = {formats::fp8_e4m3, 64.0}};
  watched_formats sixteen = watched_formats::all(formats::float16);
  sixteen.gradient.scale = 1024.0; // without it some gradients are lost once the net has learned: that is a finding
  for (watched_formats const& f : {watched_formats::all(formats::bfloat16), sixteen, eight}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      for (bool const relu : {false, true}) {
        training_run run =
            relu ? watched_run(satur::relu{}, 3, 2.0, f, seed) : watched_run(satur::tanh{}, 3, 1.0, f, seed);
        for (std::size_t const until : {1u, 10u, 50u, 100u}) {
          run.run_to(until);
          for (finding const& found : run.findings()) {
            FAIL_CHECK("step " << until << ": " << text(found));
          }
        }
        CHECK(run.loss < 0.5 * std::log(4.0));
      }
    }
  }
}

TEST_CASE(
    "format: a loss scale that is forgotten, found in a net that learns; with the advised one it has no finding") {
  watched_formats f{.z = {formats::float16}, .gradient = {formats::fp8_e4m3, 1.0}};
  training_run run = watched_run(satur::tanh{}, 3, 1.0, f);
  run.run_to(20);
  std::vector<finding> found = run.findings();
  REQUIRE(found.size() == 1);
  CAPTURE(text(found[0]));
  CHECK(found[0].numbers == layer_numbers::gradient);
  CHECK(found[0].cause == cause::format_scale);
  CHECK(found[0].layers == names{"hidden 1", "hidden 2", "hidden 3", "output"});
  REQUIRE(found[0].cure.effect);
  CHECK(std::adjacent_find(found[0].cure.factors.begin(), found[0].cure.factors.end(), std::not_equal_to<>()) ==
        found[0].cure.factors.end()); // one for all

  f.gradient.scale = found[0].cure.factor;
  training_run again = watched_run(satur::tanh{}, 3, 1.0, f);
  again.run_to(20);
  CHECK(again.findings().empty());
  double const measured = again.mon.at("hidden 1").formats()->total.gradient.to_zero_of_nonzero();
  CHECK(std::fabs(measured - found[0].cure.effect->after) <= 0.1 * measured + 1e-3);
}

TEST_CASE("format: what makes gradients vanish or explode stays the root, and what leaves the format is behind it") {
  auto const behind = [](finding const& f) {
    return std::count_if(f.behind.begin(), f.behind.end(),
                         [](satur::consequence const& c) { return c.symptom == symptom::leaves_format; });
  };
  training_run deep = watched_run(satur::sigmoid{}, 7, 1.0, {.gradient = {formats::float16, 1.0}});
  deep.gives_loss = false;
  deep.run_to(5);
  std::vector<finding> found = deep.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::vanishing_gradient);
  deep.mon["hidden 1"].watch_formats({.gradient = {formats::fp8_e4m3, 1.0}});
  deep.mon["hidden 2"].watch_formats({.gradient = {formats::fp8_e4m3, 1.0}});
  deep.step();
  found = deep.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::vanishing_gradient);
  CHECK(behind(found[0]) == 2);
  CHECK(found[0].details().find("behind it: hidden 2: outside the number format") != std::string::npos);

  training_run large = watched_run(satur::tanh{}, 3, 1.0, {.z = {formats::fp8_e4m3, 1.0}});
  large.scale(1, 1000.0);
  large.run_to(5);
  found = large.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].cause == cause::weight_norm);
  CHECK(behind(found[0]) == 1);

  // Weights that are stored at a wrong scale have nothing to do with gradients that vanish.
  for (double const scale : {1e5, 1e-6}) {
    training_run both = watched_run(satur::sigmoid{}, 7, 1.0, {.weights = {formats::fp8_e4m3, scale}});
    both.gives_loss = false;
    both.run_to(5);
    found = both.findings();
    REQUIRE(found.size() == 2);
    CHECK(found[0].symptom == symptom::vanishing_gradient);
    CHECK(behind(found[0]) == 0);
    CHECK(found[1].symptom == symptom::leaves_format);
    CHECK(found[1].numbers == layer_numbers::weights);
    CHECK(found[1].layers.size() == 8);
  }
}

TEST_CASE("format: dead units explain no gradients that become zero: theirs are 0 already") {
  training_run run = watched_run(satur::relu{}, 2, 2.0, {.gradient = {formats::fp8_e4m3, 1.0}});
  run.gives_loss = false;
  std::fill_n(run.layers[1].b.begin(), 5, -50.0);
  run.run_to(8);
  std::vector<finding> const found = run.findings();
  REQUIRE(found.size() == 2);
  CHECK(found[0].symptom == symptom::dead_units);
  CHECK(found[1].symptom == symptom::leaves_format);
}

TEST_CASE("format: z and gradients with a cause of the same name are two findings") {
  for (double const of_z : {1e6, 1e-6}) {
    training_run run =
        watched_run(satur::tanh{}, 2, 1.0, {.z = {formats::fp8_e4m3, of_z}, .gradient = {formats::fp8_e4m3, 1e-6}});
    run.run_to(5);
    std::vector<finding> const found = run.findings();
    REQUIRE(found.size() == 2);
    CHECK(found[0].numbers == layer_numbers::z);
    CHECK(found[1].numbers == layer_numbers::gradient);
    CHECK(found[0].layers == names{"hidden 1", "hidden 2", "output"});
    CHECK(found[1].layers == names{"hidden 1", "hidden 2", "output"});
  }
}

TEST_CASE("format: layers before one that is not finite keep their findings") {
  training_run run = watched_run(satur::tanh{}, 3, 1.0, {.z = {formats::fp8_e4m3, 1e6}});
  run.run_to(4);
  run.layers[2].w[5] = std::nan("");
  run.step();
  std::vector<finding> found = run.findings();
  REQUIRE(found.size() == 2);
  CHECK(found[0].symptom == symptom::nonfinite);
  CHECK(found[0].layer == "hidden 3");
  CHECK(found[1].symptom == symptom::leaves_format);
  CHECK(found[1].layers == names{"hidden 1", "hidden 2"});
  CHECK(found[1].cure.what == remedy::format_scale);

  // What an overflow makes too large is behind it.
  training_run large = watched_run(satur::relu{}, 3, 2.0, {.z = {formats::fp8_e4m3, 1.0}});
  large.gives_data = large.gives_loss = large.gives_weights = false;
  large.mon = satur::monitor{satur::monitor_options{.formats = {.z = {formats::fp8_e4m3, 1.0}}}};
  large.run_to(3);
  large.scale(1, 1e200);
  large.scale(2, 1e200);
  large.step();
  found = large.findings();
  REQUIRE(found.size() == 1);
  INFO(found[0]);
  CHECK(found[0].cause == cause::overflow);
  CHECK(std::count_if(found[0].behind.begin(), found[0].behind.end(),
                      [](satur::consequence const& c) { return c.symptom == symptom::leaves_format; }) == 1);
}
