// The old names of text functions still work and give the text of the new ones.
#include "satur/deprecated.hpp"
#include "satur/finding.hpp"
#include "satur/rule/presets.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

TEST_CASE("deprecated: describe and name_of equal to_text") {
  CHECK(satur::describe(satur::z_beyond{2.5}.definition()) == "|z| > 2.5");
  CHECK(describe(satur::dormancy(satur::off{7})) == "off: no active sample among the last 7");
  static_assert(satur::describe(satur::flow::vanishing) == "vanishing");
  CHECK(describe(satur::symptom::mean_shift) == "mean shift");
  CHECK(describe(satur::side::both) == "on both sides");
  CHECK(describe(satur::severity::alarm) == "alarm");
  CHECK(describe(satur::cause::bias) == "the bias");
  CHECK(name_of(satur::phase::eval) == "evaluation");
}

TEST_CASE("deprecated: functions with the stream as first argument") {
  satur::monitor mon;
  mon["fc1"].observe(satur::sigmoid{}, std::vector<float>{0.0f, 8.0f});
  mon.end_step();
  std::ostringstream before;
  std::ostringstream after;
  write_history(before, mon);
  write_history(mon, after);
  satur::rules::print_presets(before, satur::tanh{});
  satur::rules::print_presets(satur::tanh{}, after);
  print_percentiles(before, satur::readings::mean_z, satur::percentiles_of({1.0, 2.0}));
  print_percentiles(satur::readings::mean_z, satur::percentiles_of({1.0, 2.0}), after);
  CHECK(before.str() == after.str());
  CHECK(before.str().find("{\"layer\":\"fc1\"") == 0);
  CHECK(before.str().find("karpathy") != std::string::npos);
  CHECK(before.str().find("mean z over 2 units") != std::string::npos);
}
