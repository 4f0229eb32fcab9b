// Merge and reset, field by field: every field differs from its default and from all others.
#include "satur/activation/tanh.hpp"
#include "satur/gated/gate_saturation.hpp"
#include "satur/monitor/history.hpp"
#include "satur/monitor/sampling.hpp"
#include "satur/observe.hpp"
#include "satur/observe/histogram.hpp"
#include "satur/reading/phi_b.hpp"
#include "satur/record/layer_histograms.hpp"
#include "satur/rowwise/row_saturation.hpp"
#include "satur/testing/report.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// a + b is `sum` in either order. An empty record changes nothing on either side.
template <class R> void check_sum(R const& a, R const& b, R const& sum, R const& nothing = R{}) {
  R ab = a;
  ab += b;
  CHECK(ab == sum);
  R ba = b;
  ba += a;
  CHECK(ba == sum);
  R same = a;
  same += nothing;
  CHECK(same == a);
  R new_one = nothing;
  new_one += a;
  CHECK(new_one == a);
}

satur::gradient_record gradient_a() { return {101, 11, 3, 5, {7.5, 0.25}}; }
satur::gradient_record gradient_b() { return {1000, 200, 40, 60, {64.0, 0.125}}; }
satur::gradient_record gradient_sum() { return {1101, 211, 43, 65, {71.5, 0.375}}; }
satur::update_record update_a() { return {7, 2, {-21.5, 0.25}}; }
satur::update_record update_b() { return {30, 9, {-64.0, 0.5}}; }
satur::update_record update_sum() { return {37, 11, {-85.5, 0.75}}; }

std::vector<double> z_a() { return {-7.0, -0.25, none, 0.5, 6.0, infinity}; }
std::vector<double> z_b() { return {-9.0, -8.0, none, none, 0.75, 2.0, 11.0, -infinity, -infinity, infinity}; }
template <class V> V joined(V a, V const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Every reading of two records.
void check_readings(satur::saturation const& a, satur::saturation const& b) {
  CHECK(a.count == b.count);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(a.nan == b.nan);
  CHECK(a.infinite == b.infinite);
  CHECK(a.z.count == b.z.count);
  CHECK(a.min_z() == b.min_z());
  CHECK(a.max_z() == b.max_z());
  CHECK(a.rule == b.rule);
  CHECK(a.activation == b.activation);
  CHECK(a.peak_slope == b.peak_slope);
  for (double (satur::saturation::*const reading)() const :
       {&satur::saturation::mean_derivative, &satur::saturation::mean_squared_derivative, &satur::saturation::mean_z,
        &satur::saturation::variance_z, &satur::saturation::mean_output, &satur::saturation::mean_squared_output,
        &satur::saturation::variance_output}) {
    CHECK((a.*reading)() == doctest::Approx((b.*reading)()).epsilon(1e-13));
  }
}

} // namespace

TEST_CASE("merge: compensated sums and moments") {
  check_sum(satur::compensated_sum{1.0, 0.25}, satur::compensated_sum{2.0, 0.125}, satur::compensated_sum{3.0, 0.375});
  satur::moments a{3, 2.0, 5.0};
  a += satur::moments{5, 10.0, 7.0};
  CHECK(a == satur::moments{8, 7.0, 132.0}); // 5 + 7 + 8^2 3 5 / 8
  satur::moments b{5, 10.0, 7.0};
  b += satur::moments{3, 2.0, 5.0};
  CHECK(b == satur::moments{8, 7.0, 132.0});
  b += satur::moments{};
  CHECK(b == satur::moments{8, 7.0, 132.0});
  satur::moments nothing;
  nothing += b;
  CHECK(nothing == b);
}

TEST_CASE("merge: gradient and update records") {
  check_sum(gradient_a(), gradient_b(), gradient_sum());
  check_sum(update_a(), update_b(), update_sum());
}

TEST_CASE("merge: saturation, every reading equals that of the whole") {
  satur::tanh const act;
  satur::saturation const a = satur::observe(act, z_a());
  satur::saturation const b = satur::observe(act, z_b());
  satur::saturation const whole = satur::observe(act, joined(z_a(), z_b()));
  CHECK(whole.count == 13);
  CHECK(whole.low == 5);
  CHECK(whole.high == 4);
  CHECK(whole.nan == 3);
  CHECK(whole.infinite == 4);
  CHECK(whole.min_z() == -9.0);
  CHECK(whole.max_z() == 11.0);
  check_readings(a + b, whole);
  check_readings(b + a, whole);
  check_readings(a + satur::saturation{}, a);
  check_readings(satur::saturation{} + a, a);
}

TEST_CASE("merge: saturation, a NaN-only record is not empty") {
  satur::saturation const broken = satur::observe(satur::tanh{}, std::vector<double>{none, none});
  satur::saturation const a = satur::observe(satur::tanh{}, z_a());
  CHECK((a + broken).nan == 3);
  CHECK((broken + a).nan == 3);
  CHECK((broken + a).count == 5);
  CHECK((satur::saturation{} + broken).activation == "tanh");
}

TEST_CASE("merge: the three records of a layer") {
  satur::saturation const s = satur::observe(satur::tanh{}, z_a());
  satur::saturation const t = satur::observe(satur::tanh{}, z_b());
  satur::layer_record sum{s, gradient_a(), update_a()};
  sum += satur::layer_record{t, gradient_b(), update_b()};
  CHECK(sum.saturation == s + t);
  CHECK(sum.gradient == gradient_sum());
  CHECK(sum.update == update_sum());
  // Each of the three records alone makes the layer non-finite, and unequal to another.
  satur::layer_record const zero;
  satur::layer_record one;
  CHECK_FALSE(one.nonfinite());
  one.gradient.infinite = 1;
  CHECK(one.nonfinite());
  CHECK_FALSE(one == zero);
  one.gradient = {};
  one.gradient.nan = 1;
  CHECK(one.nonfinite());
  one.gradient = {};
  one.saturation.infinite = 1;
  CHECK(one.nonfinite());
  one.saturation = {};
  one.saturation.nan = 1;
  CHECK(one.nonfinite());
  one = {};
  one.update.unusable = 1;
  CHECK_FALSE(one.nonfinite());
  CHECK_FALSE(one == zero);
}

TEST_CASE("merge: lines of a history") {
  satur::history_line a;
  a.step = 12;
  a.count = 100;
  a.low = 20;
  a.high = 30;
  a.nonfinite = 4;
  a.gradients = 50;
  a.updates = 6;
  a.slope = 7.5;
  a.gradient_square = 8.25;
  a.log_update = -9.5;
  a.peak_slope = 0.25;
  satur::history_line b;
  b.step = 12;
  b.count = 1001;
  b.low = 202;
  b.high = 303;
  b.nonfinite = 44;
  b.gradients = 505;
  b.updates = 66;
  b.slope = 70.25;
  b.gradient_square = 80.5;
  b.log_update = -90.75;
  b.peak_slope = 0.5;
  satur::history_line sum;
  sum.step = 12;
  sum.count = 1101;
  sum.low = 222;
  sum.high = 333;
  sum.nonfinite = 48;
  sum.gradients = 555;
  sum.updates = 72;
  sum.slope = 77.75;
  sum.gradient_square = 88.75;
  sum.log_update = -100.25;
  sum.peak_slope = 0.5;
  satur::history_line ab = a;
  ab += b;
  CHECK(ab == sum);
  satur::history_line ba = b;
  ba += a;
  CHECK(ba == sum);

  // Histories: one step in both, one only in the first, one only in the second.
  satur::history h({.lines = 8});
  satur::history other({.lines = 8});
  h.push(a);
  other.push(b);
  satur::history_line here = a;
  here.step = 13;
  satur::history_line there = b;
  there.step = 14;
  h.push(here);
  other.push(there);
  h += other;
  REQUIRE(h.size() == 3);
  CHECK(h[0] == sum);
  CHECK(h[1] == here);
  CHECK(h[2] == there);
  CHECK(h.seen() == 3);
}

TEST_CASE("history line: every number of the record in its place") {
  satur::layer_record r;
  r.saturation = satur::observe(satur::tanh{}, joined(z_a(), z_b()));
  r.gradient = {1101, 211, 43, 65, {71.5, 0.375}};
  r.update = {37, 11, {-85.5, 0.75}};
  satur::history_line const line(17, r);
  CHECK(line.step == 17);
  CHECK(line.count == 13);
  CHECK(line.low == 5);
  CHECK(line.high == 4);
  CHECK(line.nonfinite == 3 + 4 + 43 + 65);
  CHECK(line.gradients == 1101);
  CHECK(line.updates == 37);
  CHECK(line.mean_derivative() == r.saturation.mean_derivative());
  CHECK(line.peak_slope == 1.0);
  CHECK(line.gradient_rms() == r.gradient.rms());
  CHECK(line.log10_update() == r.update.log10_ratio());
  CHECK(line.low_fraction() == 5.0 / 13.0);
  CHECK(line.high_fraction() == 4.0 / 13.0);
  CHECK(line.fraction() == 9.0 / 13.0);
}

TEST_CASE("history: a reused object equals a new one") {
  for (satur::history_keeps const keeps : {satur::history_keeps::evenly, satur::history_keeps::newest}) {
    for (std::uint64_t const first : {0u, 3u, 5u, 6u, 7u, 12u, 13u}) {
      CAPTURE(first);
      satur::history_options const options{.lines = 5, .keeps = keeps};
      satur::history used(options);
      satur::history fresh(options);
      auto const line = [](std::uint64_t step) {
        satur::history_line l;
        l.step = step;
        l.count = 10 + step;
        return l;
      };
      for (std::uint64_t i = 0; i < first; ++i) {
        used.push(line(i));
      }
      used.clear();
      CHECK(used == fresh);
      for (std::uint64_t i = 0; i < 9; ++i) {
        used.push(line(100 + i));
        fresh.push(line(100 + i));
        CHECK(used == fresh);
        CHECK(used.back().step == 100 + i);
      }
    }
  }
}

TEST_CASE("merge: histograms, every counter, both scales, cleared and reused") {
  std::vector<double> const x{-9.0, -3.0, 0.0,  -0.0, 0.0,       1.0,       1.5,      2.0,      8.0,     9.0,
                              none, none, none, none, -infinity, -infinity, infinity, infinity, infinity};
  std::vector<double> const y{-20.0, -10.0, -9.5, 0.0, 1.0, 3.5, 30.0, none, -infinity, infinity, infinity};
  for (satur::histogram const& empty :
       {satur::histogram::linear(-4.0, 4.0, 8), satur::histogram::logarithmic(0, 3, 2)}) {
    bool const linear = empty.kind() == satur::histogram::scale::linear;
    satur::histogram a = empty;
    satur::histogram b = empty;
    satur::histogram whole = empty;
    a.observe(x);
    b.observe(y);
    whole.observe(joined(x, y));
    CHECK(whole.below() == (linear ? 4 : 0)); // -9, -20, -10, -9.5; all magnitudes are at least 1
    CHECK(whole.above() == (linear ? 3 : 7));
    CHECK(whole.zeros() == 4);
    CHECK(whole.nan() == 5);
    CHECK(whole.minus_infinite() == 3);
    CHECK(whole.plus_infinite() == 5);
    CHECK(whole.infinite() == 8);
    CHECK(whole.total() == x.size() + y.size() - 5);
    CHECK(whole.lowest() == (linear ? -20.0 : 1.0));
    CHECK(whole.highest() == 30.0);
    check_sum(a, b, whole, empty);
    a.clear();
    CHECK(a == empty);
    a.observe(y);
    CHECK(a == b);
    b.clear();
    b.observe(x);
    b.observe(y);
    CHECK(b == whole);
  }
}

TEST_CASE("merge: the three histograms of a layer") {
  satur::layer_histograms a;
  satur::layer_histograms b;
  satur::layer_histograms sum;
  satur::layer_histograms const empty;
  auto const fill = [](satur::histogram& h, std::size_t n, double x) { h.observe(std::vector<double>(n, x)); };
  fill(a.z, 2, 1.0);
  fill(b.z, 3, 2.0);
  fill(a.slope, 5, 0.25);
  fill(b.slope, 7, 0.5);
  fill(a.gradient, 11, 0.75);
  fill(b.gradient, 13, 0.125);
  for (satur::layer_histograms const* const part : {&a, &b}) {
    sum.z += part->z;
    sum.slope += part->slope;
    sum.gradient += part->gradient;
  }
  CHECK(sum.z.total() == 5);
  CHECK(sum.slope.total() == 12);
  CHECK(sum.gradient.total() == 24);
  check_sum(a, b, sum);
  CHECK_FALSE(a == empty);
  a.clear();
  CHECK(a == empty);
}

TEST_CASE("merge: phi_B, counts and both sums for an odd number of bins") {
  satur::phi_b const empty(-1.0, 1.0, 3);
  satur::phi_b a = empty;
  satur::phi_b b = empty;
  a.observe_output(std::vector<double>{-0.5, 0.25, 0.125, none, 2.0});
  b.observe_output(std::vector<double>{0.75, 0.0625, none, none, 3.0, -3.0, 4.0});
  satur::phi_b const sum = a + b;
  CHECK(sum.count() == 9);
  CHECK(sum.nan() == 3);
  CHECK(sum.outside() == 4);
  CHECK(sum.value() == (0.5 + 1.0 + 0.75 + 3.0 + (0.25 + 0.125 + 0.0625)) / 9.0);
  check_sum(a, b, sum, empty);
}

TEST_CASE("merge: gate and row records") {
  satur::saturation const s = satur::observe(satur::tanh{}, z_a());
  satur::saturation const t = satur::observe(satur::tanh{}, z_b());
  satur::gate_saturation const gates = satur::gate_saturation{2, 3, s, {0.2}} += {4, 1, t, {0.2}};
  CHECK(gates.closed == 6);
  CHECK(gates.open == 4);
  CHECK(gates.gate == s + t);
  CHECK(gates.rule.share == 0.2);
  CHECK(gates.closed_fraction() == 6.0 / 13.0);
  CHECK(gates.open_fraction() == 4.0 / 13.0);
  satur::gate_saturation const nothing;
  CHECK(nothing + gates == gates);
  CHECK(gates + nothing == gates);

  satur::row_saturation const a{
      100, 20, 3, 400, 5, 6, {7.5, 0.25}, {8.5, 0.125}, {9.5, 0.5}, {10.5, 0.75}, {11.5, 0.0625}, {0.9}};
  satur::row_saturation const b{
      1000, 201, 32, 4004, 55, 67, {70.5, 0.5}, {80.25, 0.25}, {90.25, 0.125}, {100.25, 0.0625}, {110.25, 0.75}, {0.9}};
  satur::row_saturation const sum{
      1100, 221, 35, 4404, 60, 73, {78.0, 0.75}, {88.75, 0.375}, {99.75, 0.625}, {110.75, 0.8125}, {121.75, 0.8125},
      {0.9}};
  check_sum(a, b, sum);
  CHECK(sum.fraction() == 221.0 / 1100.0);
  CHECK(sum.mean_complement() == 78.75 / 1100.0);
  CHECK(sum.mean_max_probability() == 1.0 - 78.75 / 1100.0);
  CHECK(sum.mean_entropy() == 89.125 / 1100.0);
  CHECK(sum.normalized_entropy() == 100.375 / 1065.0);
  CHECK(sum.mean_derivative() == 111.5625 / 4404.0);
  CHECK(sum.slope_share() == 122.5625 / 1065.0);
}

TEST_CASE("merge: sampling state, counts and times are added, the interval is kept") {
  satur::sampling_record a{{.every = 3, .budget = 0.25}, 10, 4, 2, 500, 6000, 7.5, 8.5, 9.5, false};
  satur::sampling_record const b{{.every = 5, .budget = 0.5}, 101, 42, 1, 5003, 60004, 70.5, 80.5, 90.5, true};
  a += b;
  CHECK(a == satur::sampling_record{{.every = 3, .budget = 0.25}, 111, 46, 2, 5503, 66004, 7.5, 8.5, 9.5, false});
}

TEST_CASE("merge: reports of checks") {
  using satur::testing::report;
  auto const failing = [](char const* property, std::size_t times) {
    satur::testing::failure f;
    f.property = property;
    f.times = times;
    return f;
  };
  report a{"first", 10, {failing("p", 2)}, {"s", "t"}};
  report const b{"second", 200, {failing("q", 3), failing("r", 4)}, {"u"}};
  a += b;
  CHECK(a.name == "first");
  CHECK(a.checks == 210);
  REQUIRE(a.failures.size() == 3);
  CHECK(a.failures[0].property == "p");
  CHECK(a.failures[1].property == "q");
  CHECK(a.failures[2].times == 4);
  CHECK(a.skipped == std::vector<std::string>{"s", "t", "u"});
}
