// What each record prints. tests/headers shows that each prints after its own header alone; tests/monitor/print.cpp has
// the other texts.
#include "satur/activation/relu.hpp"
#include "satur/observe/units.hpp"
#include "satur/reading/dormancy/change.hpp"
#include "satur/reading/unit_readings.hpp"
#include "satur/record/layer.hpp"
#include "satur/record/layer_histograms.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

template <class X> std::string printed(X const& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

} // namespace

TEST_CASE("saturation: text, each number in its place") {
  CHECK(printed(satur::saturation{}) == "nothing observed: 0 pre-activations z, saturated where no rule yet\n"
                                        "  saturated    - %  (low - %, high - %)\n"
                                        "  mean slope   -\n"
                                        "  z            mean -, std -, from - to -\n"
                                        "  output       mean -, std -\n");
  satur::saturation s;
  s.count = 40;
  s.low = 2;
  s.high = 8;
  s.nan = 3;
  s.infinite = 4;
  s.slope = {40, 0.125, 0.1};
  s.z = {36, 1.5, 36.0 * 6.25};
  s.output = {36, 0.75, 36.0 * 0.0625};
  s.lowest_z = -6.5;
  s.highest_z = 7.25;
  s.rule = satur::z_beyond{6.0}.definition();
  s.activation = "ramp";
  s.peak_slope = 0.5;
  CHECK(printed(s) == "ramp: 40 pre-activations z, saturated where |z| > 6\n"
                      "  saturated    25.0 %  (low 5.0 %, high 20.0 %)\n"
                      "  mean slope   0.125  (25.0 % of the peak 0.5)\n"
                      "  z            mean 1.5, std 2.5, from -6.5 to 7.25\n"
                      "  output       mean 0.75, std 0.25\n"
                      "  NOT FINITE   3 NaN (in no other number), 4 infinite\n");
  s.nan = 0; // either is told
  CHECK(printed(s).ends_with("  NOT FINITE   0 NaN (in no other number), 4 infinite\n"));
  s.nan = 3;
  s.infinite = 0;
  CHECK(printed(s).ends_with("  NOT FINITE   3 NaN (in no other number), 0 infinite\n"));
}

TEST_CASE("gradient record: text") {
  CHECK(printed(satur::gradient_record{}) == "dL/dz of 0 finite values: rms -, - % exactly 0");
  CHECK(printed(satur::gradient_record{8, 1, 0, 0, {50.0, 0.0}}) ==
        "dL/dz of 8 finite values: rms 2.5, 12.5 % exactly 0");
  CHECK(printed(satur::gradient_record{8, 1, 3, 4, {50.0, 0.0}}) ==
        "dL/dz of 8 finite values: rms 2.5, 12.5 % exactly 0; NOT FINITE: 3 NaN, 4 infinite");
}

TEST_CASE("update record: text") {
  CHECK(printed(satur::update_record{}) == "update: log10(std(step) / std(weights)) -, steps 0");
  CHECK(printed(satur::update_record{4, 0, {-12.5, 0.0}}) == "update: log10(std(step) / std(weights)) -3.12, steps 4");
  CHECK(printed(satur::update_record{4, 2, {-12.0, 0.0}}) ==
        "update: log10(std(step) / std(weights)) -3.00, steps 4; without a ratio 2");
}

TEST_CASE("layer record: text of its three records") {
  satur::layer_record r;
  r.gradient = {8, 1, 0, 0, {50.0, 0.0}};
  r.update = {4, 0, {-12.0, 0.0}};
  CHECK(printed(r) == printed(r.saturation) + "  dL/dz of 8 finite values: rms 2.5, 12.5 % exactly 0\n" +
                          "  update: log10(std(step) / std(weights)) -3.00, steps 4\n");
}

TEST_CASE("histograms of a layer: each text under its name") {
  satur::layer_histograms const h;
  std::string const text = printed(h);
  CHECK(text == "z: " + printed(h.z) + "f'(z): " + printed(h.slope) + "dL/dz: " + printed(h.gradient));
  CHECK(text.find("z: 0 values, from - to -") == 0);
}

TEST_CASE("unit records: text of a unit, of all units and of percentiles") {
  // two samples of two units: z is -6 and 2, and 1 and 3
  satur::unit_records units;
  observe_units(units, satur::relu{}, std::vector<double>{-6.0, 1.0, 2.0, 3.0}, satur::unit_layout::matrix(2, 2));
  CHECK(printed(units) == "relu (|z| > 5): 2 units, 2 samples");
  CHECK(printed(units[0]) ==
        "unit 0: 2 samples, 50.0 % saturated (low 50.0 %, high 0 %), 50.0 % active, mean slope 0.5, "
        "z mean -2, std 4, rms dL/dz -");
  CHECK(printed(units[1]) == "unit 1: 2 samples, 0 % saturated (low 0 %, high 0 %), 100 % active, mean slope 1, "
                             "z mean 2, std 1, rms dL/dz -");
  satur::unit_percentiles p = satur::percentiles_of({7.0, std::numeric_limits<double>::quiet_NaN()});
  CHECK(printed(p).starts_with("1 unit: 0 % 7, 1 % 7, "));
  CHECK(printed(p).ends_with(", 100 % 7; 1 unread"));
  p.unread = 0;
  CHECK(printed(p).ends_with(", 100 % 7"));
}

TEST_CASE("changes of dormant units: text") {
  CHECK(printed(satur::dormancy_change{3, 5, 2, 1, 4}) ==
        "3 units dormant before, 5 after, 2 in both; 1 revived, 4 fallen; overlap 66.7 %");
  CHECK(printed(satur::dormancy_change{}).ends_with("overlap - %"));
}
