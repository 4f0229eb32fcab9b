// The losses of a run as CSV: a row for each layer, phase and kind of numbers, and each number under its name.
#include "satur/report/format_csv.hpp"

#include "satur/activation/relu.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

TEST_CASE("format CSV: every number in its place, over all steps, of both phases") {
  namespace formats = satur::formats;
  satur::monitor mon({.formats = {.z = {formats::fp8_e4m3, 2.0}, .gradient = {formats::float16, 0.5}}});
  float const nan = std::numeric_limits<float>::quiet_NaN();
  float const inf = std::numeric_limits<float>::infinity();
  mon["a, b"].observe(satur::relu{}, std::vector<float>{448.0f, -225.0f, 0.0f, 1e-6f, 0.004f, nan});
  mon.end_step();
  mon["a, b"].observe(satur::relu{}, std::vector<float>{-448.0f, inf});
  mon["a, b"].gradient(std::vector<float>{1.0f, 65504.0f});
  mon["silent"].add(satur::observe(satur::relu{}, std::vector<float>{1.0f}));
  mon.end_step();
  mon.eval();
  mon["a, b"].observe(satur::relu{}, std::vector<float>{0.0f});
  mon.end_step();
  std::ostringstream out;
  write_format_csv(mon, out);
  CHECK(
      out.str() ==
      "layer,phase,numbers,format,scale,count,to_limit,before_rounding,to_zero,subnormal,zeros,nonfinite,"
      "to_limit_fraction,to_zero_of_nonzero,amax,smallest_nonzero,headroom_bits\n"
      "\"a, b\",training,z,fp8_e4m3,2,7,3,4,1,1,1,2,0.42857142857142855,0.16666666666666666,448,9.999999974752427e-07,"
      "-1\n"
      "\"a, b\",training,dL/dz,float16,0.5,2,0,0,0,0,0,0,0,0,65504,1,1\n"
      "\"a, b\",evaluation,z,fp8_e4m3,2,1,0,0,0,0,1,0,0,,0,0,inf\n");
}

TEST_CASE("format CSV: a monitor without formats is a header") {
  satur::monitor mon;
  mon["fc"].observe(satur::relu{}, std::vector<float>{1.0f});
  mon.end_step();
  std::ostringstream out;
  write_format_csv(mon, out);
  CHECK(out.str().find('\n') == out.str().size() - 1);
}

TEST_CASE("format CSV: docs/monitor.md has a row for each column") {
  std::ifstream page(std::string(SATUR_TESTS_DIR) + "/../docs/monitor.md");
  REQUIRE(page.good());
  std::stringstream all;
  all << page.rdbuf();
  for (satur::format_column const& column : satur::format_columns) {
    CAPTURE(column.name);
    std::string row = "| `" + std::string(column.name) + "` | " + std::string(column.unit) + " | " +
                      std::string(column.definition) + " |\n";
    CHECK(all.str().find(row) != std::string::npos);
  }
}
