// What is printed and written: every number under its own name. No two numbers of a text are equal, and none is 0.
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/diagnostic.hpp"
#include "satur/gated/gate_saturation.hpp"
#include "satur/monitor/saturation_table.hpp"
#include "satur/reading/gradient_flow.hpp"
#include "satur/reading/phi_b.hpp"
#include "satur/record/histogram_text.hpp"
#include "satur/report/json_lines.hpp"
#include "satur/rowwise/row_saturation.hpp"
#include "satur/rule/equivalents.hpp"
#include "satur/statistics/interval.hpp"
#include "satur/statistics/variance_test.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// z / 2 cut to [-3/2, 3/2]: a peak slope other than 1, and sums that are exact.
struct ramp {
  static constexpr std::string_view name = "ramp";
  static double value(double z) { return z < -3.0 ? -1.5 : z > 3.0 ? 1.5 : 0.5 * z; }
  static double derivative(double z) { return z > -3.0 && z < 3.0 ? 0.5 : 0.0; }
  static constexpr double peak_slope() { return 0.5; }
};

template <class... X> std::string printed(X const&... x) {
  std::ostringstream out;
  (out << ... << x);
  return out.str();
}

/// 20 numbers: 3 low, 7 high, of them 2 infinite; 4 NaN beside them.
std::vector<double> odd_numbers() {
  std::vector<double> z{-6.0, -8.0, -7.0, none, none, none, none, infinity, infinity};
  z.insert(z.end(), {9.0, 9.5, 10.0, 6.0, 7.0, -3.0, -2.0, -1.0, -0.5, 0.25, 0.5, 1.0, 2.0, 2.5, 3.5});
  return z;
}

} // namespace

TEST_CASE("text: a saturation record") {
  satur::saturation const s = satur::observe(ramp{}, odd_numbers());
  // By hand: the slope is 1/2 for |z| < 3, so for 8 of 20 numbers; z sums to 23.75 over 18 finite ones.
  CHECK(printed(s) == "ramp: 20 pre-activations z, saturated where |z| > 5\n"
                      "  saturated    50.0 %  (low 15.0 %, high 35.0 %)\n"
                      "  mean slope   0.2  (40.0 % of the peak 0.5)\n"
                      "  z            mean 1.319, std 5.333, from -8 to 10\n"
                      "  output       mean 0.2431, std 1.193\n"
                      "  NOT FINITE   4 NaN (in no other number), 2 infinite\n");
}

TEST_CASE("text: table of a monitor, last step or total, one phase or both") {
  using satur::saturation_table;
  satur::monitor mon;
  mon["fc1"].observe(ramp{}, std::vector<double>{-1.0});
  mon.end_step();
  mon["fc1"].observe(ramp{}, odd_numbers());
  mon["fc1"].gradient(
      std::vector<double>{3.0, 4.0, none, none, none, infinity, infinity, infinity, infinity, -infinity});
  mon["fc1"].update(std::vector<double>{1.0, 3.0}, std::vector<double>{0.1, -0.1}, 0.5);
  mon.end_step();
  std::string const head =
      "layer        activation         mean z    std z    low %   high %  slope %   grad rms   update\n";
  std::string const foot =
      "saturated: |z| > 5\n"
      "slope: mean f'(z) as a share of its peak; grad: of dL/dz; update: log10(std(step) / std(weights))\n";
  std::string const broken = "! fc1 is not finite: z has 4 NaN and 2 infinite, dL/dz has 3 NaN and 5 infinite values\n";
  std::string const last =
      "fc1          ramp                1.319    5.333     15.0     35.0     40.0   3.54e+00    -1.30  !\n";
  CHECK(printed(saturation_table(mon, saturation_table::stretch::last_step)) == head + last + foot + broken);
  CHECK(printed(saturation_table(mon, saturation_table::stretch::all_steps)) ==
        head + "fc1          ramp                1.197    5.217     14.3     33.3     42.9   3.54e+00    -1.30  !\n" +
            foot + broken);
  CHECK(printed(mon) == head + last + foot + broken);
  mon.eval();
  mon["fc1"].observe(ramp{}, std::vector<double>{6.0, 2.0, 1.0});
  mon.end_step();
  CHECK(printed(mon) ==
        "training, the last of 2 steps:\n" + head + last + foot + broken + "evaluation, the last of 1 step:\n" + head +
            "fc1          ramp                3.000    2.160        0     33.3     66.7          -        -\n" + foot);
}

TEST_CASE("text: the table of a monitor keeps its columns for z of any size") {
  for (double const size : {1e-300, 1.0, 1e5, 1e38, 1.7e308}) {
    satur::monitor mon;
    for (double const side : {-1.0, 1.0}) {
      mon[side < 0.0 ? "negative" : "positive"].observe(satur::sigmoid{}, std::vector<double>{side * size, 0.5 * size});
      mon[side < 0.0 ? "negative" : "positive"].gradient(std::vector<double>{side * size});
    }
    mon.end_step();
    std::ostringstream out;
    out << mon;
    std::istringstream lines(out.str());
    std::string head;
    std::string line;
    std::getline(lines, head);
    for (int row = 0; row < 2; ++row) {
      std::getline(lines, line);
      CAPTURE(line);
      CHECK(line.size() == head.size());
      CHECK(std::count(line.begin(), line.end(), ' ') >= 8); // no two numbers touch
    }
  }
}

TEST_CASE("text: a monitor that samples states it") {
  satur::monitor mon({.sampling = {.every = 3}});
  for (int i = 0; i < 5; ++i) {
    mon.end_step();
  }
  CHECK(printed(mon).ends_with("\nsampled: 2 of 5 steps\n"));
}

TEST_CASE("text: a line of a history as JSON") {
  satur::monitor mon;
  mon.end_step();
  mon["fc1"].observe(ramp{}, odd_numbers());
  mon["fc1"].gradient(std::vector<double>{3.0, 4.0, 5.0, 6.0, none, none, none, infinity, infinity});
  mon["fc1"].update(std::vector<double>{1.0, 3.0}, std::vector<double>{1.0, 3.0}, 0.001);
  mon.end_step();
  std::ostringstream out;
  satur::write_history(mon, out);
  CHECK(out.str() ==
        "{\"layer\":\"fc1\",\"phase\":\"training\",\"step\":1,\"count\":20,\"low\":3,\"high\":7,\"nonfinite\":11,"
        "\"low_fraction\":0.15,\"high_fraction\":0.35,\"mean_slope\":0.2,\"slope_share\":0.4,"
        "\"gradient_rms\":4.636809247747852,\"log10_update\":-3}\n");
}

TEST_CASE("text: gate and row records") {
  satur::gate_saturation gates{3, 7, satur::observe(ramp{}, odd_numbers()), {0.2}};
  CHECK(printed(gates).starts_with("gates: 20, closed below 0.2, open above 0.8\n"
                                   "  closed       15.0 %\n"
                                   "  open         35.0 %\n"
                                   "ramp: 20 pre-activations z"));
  satur::row_saturation const rows{50,         20,          10,         400,         3,           4,
                                   {5.0, 0.0}, {30.0, 0.0}, {8.0, 0.0}, {24.0, 0.0}, {14.0, 0.0}, {0.9}};
  CHECK(printed(rows) == "softmax: 50 rows, saturated where the largest p > 0.9\n"
                         "  saturated    40.0 %\n"
                         "  largest p    mean 0.9, 1 - p 0.1\n"
                         "  entropy      mean 0.6 nats  (20.0 % of equal probabilities)\n"
                         "  mean slope   0.06  (35.0 % of equal probabilities)\n"
                         "  one class    10 rows have no other that is not ruled out\n"
                         "  NOT FINITE   3 rows with NaN, 4 with +inf or -inf alone (in no other number)\n");
}

TEST_CASE("text: equivalents of a rule, as a sentence and as a row") {
  satur::rule_equivalents const e = satur::equivalents(satur::z_outside{-2.0, 3.5}, satur::sigmoid{});
  CHECK(printed(e) ==
        "sigmoid, z < -2 or > 3.5: left of z = -2 (output 0.1192, slope 42 % of its peak), right of z = 3.5 "
        "(output 0.9707, slope 11.4 % of its peak)");
  CHECK(satur::rule_equivalents::columns() ==
        "     z low      y low  slope %    z high     y high  slope %  saturated where");
  CHECK(e.row() == "        -2      0.119       42       3.5      0.971     11.4  z < -2 or > 3.5");
}

TEST_CASE("text: the three axes of a layer") {
  satur::saturation_axes a;
  a.elements = 200.0;
  a.low = 30.0;
  a.high = 50.0;
  a.unit_share = 0.75;
  a.units = 20;
  a.saturated_units = 12;
  a.low_units = 3;
  a.high_units = 5;
  a.sample_share = 0.25;
  a.samples = 10;
  a.saturated_samples = 7;
  a.rule = satur::z_beyond{4.0}.definition();
  CHECK(printed(a) == "elements  40.0 % of 200 saturated (low 15.0 %, high 25.0 %; |z| > 4)\n"
                      "units     12 of 20 saturated on >= 75 % of their samples (3 low, 5 high, 4 on both sides)\n"
                      "samples   7 of 10 with >= 25 % of the layer saturated\n");
}

TEST_CASE("text: dormant units, percentiles, phi_B, histogram") {
  satur::dormant_units d;
  d.definition = satur::saturated_unit{0.9};
  d.rule = satur::z_beyond{4.0}.definition();
  d.samples = 70.0;
  d.dormant = {true, false, false, false, true};
  d.judged = 4;
  d.mean_magnitude = 0.25;
  CHECK(printed(d) ==
        "2 of 4 units (50.0 %) dormant over 70 samples; saturated_unit: saturated on >= 90 % of the samples "
        "(|z| > 4); mean |a| of the layer 0.25");
  CHECK(to_text(satur::dormancy(satur::tau_dormant{0.25})) == "tau_dormant: mean |a| <= 0.25 of the layer's");

  std::ostringstream out;
  satur::print_percentiles(satur::readings::mean_z, satur::percentiles_of({1.0, 101.0, none, none, none}), out);
  CHECK(out.str() ==
        "mean z over 2 units: 0 % 1, 1 % 2, 2 % 3, 5 % 6, 10 % 11, 20 % 21, 30 % 31, 40 % 41, 50 % 51, 60 % 61, "
        "70 % 71, 80 % 81, 90 % 91, 95 % 96, 98 % 99, 99 % 100, 100 % 101; 3 unread\n");

  satur::phi_b p(-0.5, 1.5, 4);
  p.observe_output(std::vector<double>{0.0, 1.25, none, none, 9.0, -7.0, 8.0});
  CHECK(printed(p) == "phi_4 0.85 of 5 outputs scaled from [-0.5, 1.5], 2 NaN, 3 outside");

  satur::histogram h = satur::histogram::linear(-1.0, 2.0, 3);
  std::vector<double> x{-5.0, -0.5, -0.5, 0.0, 0.0, 0.0, 1.5, 1.5, 1.5, 1.5, 7.0, 8.0, 9.0, 10.0, 11.0};
  x.insert(x.end(), {-infinity, -infinity, infinity, infinity, infinity, none, none, none, none});
  h.observe(x);
  CHECK(printed(h) == "20 values, from -5 to 11, median 1.375 (in 1 to 2)\n"
                      "[-1, 0)                   10.0 %  ####################\n"
                      "[0, 1)                    15.0 %  ##############################\n"
                      "[1, 2)                    20.0 %  ########################################\n"
                      "below -1                   5.0 %\n"
                      "2 and above               25.0 %\n"
                      "exactly 0                 15.0 %\n"
                      "-inf                      10.0 %\n"
                      "inf                       15.0 %\n"
                      "NaN 4 (in no share)\n");
}

TEST_CASE("text: a histogram with many bins joins bins into rows") {
  satur::histogram h = satur::histogram::linear(0.0, 50.0, 50);
  for (int i = 0; i < 50; ++i) { // 1 in the first bin, 2 in the second, and so on
    h.observe(std::vector<double>(static_cast<std::size_t>(i + 1), i + 0.5));
  }
  std::string const text = printed(h);
  CHECK(text.find("\n[0, 3)                     0.5 %  #\n[3, 6)                     1.2 %  ##") != std::string::npos);
  CHECK(text.ends_with("\n[45, 48)                  11.1 %  ########################################\n"
                       "[48, 50)                   7.8 %  ############################\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1 + 17);
  satur::histogram o = satur::histogram::logarithmic(0, 20, 2); // in whole octaves
  o.observe(std::vector<double>{5.0, 6.0, 7.0, 100.0, 5e5});
  std::string const octaves = printed(o);
  CHECK(octaves.find("\n[4, 8)                    60.0 %") != std::string::npos);
  CHECK(octaves.find("\n[64, 128)                 20.0 %") != std::string::npos);
}

TEST_CASE("text: gradient flow, updates, losses, variances, intervals") {
  satur::gradient_record const small{1, 0, 0, 0, {0.0625, 0.0}};
  satur::gradient_record const large{4, 0, 0, 0, {4.0, 0.0}};
  satur::gradient_record const larger{1, 0, 0, 0, {9.0, 0.0}};
  CHECK(printed(satur::flow_of(small, large)) ==
        "gradient flow healthy: norm of dL/dz 0.25 in the first layer, 2 in the last, ratio 0.125");
  std::vector<satur::gradient_record> const layers{larger, small, large, larger};
  CHECK(printed(satur::layer_flow_of(layers)) ==
        "layer to layer healthy: rms of dL/dz over that of the next layer from 0.25 "
        "to 12, longest one-way stretch layers 1 to 3");
  satur::update_record const update{2, 3, {-2.0, 0.0}};
  CHECK(printed(satur::update_size_of(update)) ==
        "update:data 10^-1.00 is too large; learning rate x 0.01 would meet the target");
  satur::update_record const slow{2, 3, {-10.0, 0.0}};
  CHECK(printed(satur::update_size_of(slow)) ==
        "update:data 10^-5.00 is too small; learning rate x 1e+02 would meet the target");
  CHECK(printed(satur::check_initial_loss(3.5, 10)) == "initial loss 3.5, ln C = 2.303: suspicious");
  CHECK(printed(satur::check_initial_loss(2.5, 10)) == "initial loss 2.5, ln C = 2.303: as it should be");
  satur::variance_test v;
  v.measured = 3.0;
  v.expected = 2.0;
  v.p_value = 0.25;
  CHECK(printed(v) == "variance 3, expected 2 (ratio 1.5, p = 0.25)");
  satur::interval const i{0.5, 0.25, 0.875, 0.9, 31.0, false};
  CHECK(printed(i) == "0.5 (90 %: 0.25 to 0.875, worth 31 independent observations)");
  CHECK(i.width() == 0.625);
  CHECK(i.contains(0.25));
  CHECK(i.contains(0.875));
  CHECK_FALSE(i.contains(0.24));
  CHECK_FALSE(i.contains(0.88));
}
