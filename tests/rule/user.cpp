// A user's rule: with two functions it counts, prints, enters a monitor, and is saved, merged and diagnosed.
#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

/// z < low or z >= 3: asymmetric, and the upper limit counts.
struct lopsided {
  double low = -2.0;
  [[nodiscard]] satur::rule_definition definition() const { return {"lopsided", low, 3.0}; }
  [[nodiscard]] satur::rule_limits limits(auto const&) const {
    return {satur::rule_limits::quantity::z, std::nextafter(low, -10.0), 3.0, true};
  }
};
/// The output within a twentieth of the range of an asymptote: it asks the activation for its facts.
struct close_to_an_end {
  [[nodiscard]] satur::rule_definition definition() const { return {"close_to_an_end", 0.05}; }
  [[nodiscard]] satur::rule_limits limits(auto const& act) const {
    double const margin = 0.05 * (act.upper() - act.lower());
    return satur::rule_limits::of_output(act.lower() + margin, act.upper() - margin);
  }
};
/// Limits in the wrong order.
struct inside_out {
  [[nodiscard]] satur::rule_definition definition() const { return {"inside_out"}; }
  [[nodiscard]] satur::rule_limits limits(auto const&) const { return satur::rule_limits::of_z(1.0, -1.0); }
};

std::vector<double> some_z() {
  std::vector<double> z;
  for (int i = -40; i <= 50; ++i) {
    z.push_back(0.1 * i);
  }
  z.push_back(3.0);
  z.push_back(-2.0);
  return z;
}

satur::monitor recorded(satur::any_rule const& rule) {
  satur::monitor mon(rule);
  mon["fc1"].observe(satur::tanh{}, some_z());
  mon.end_step();
  return mon;
}

} // namespace

TEST_CASE("user's rule: counts as defined, directly and in any_rule") {
  std::vector<double> const z = some_z();
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  for (double const x : z) {
    low += x < -2.0 ? 1u : 0u;
    high += x >= 3.0 ? 1u : 0u;
  }
  REQUIRE(low != high);
  satur::saturation const s = satur::observe(satur::tanh{}, z, lopsided{});
  CHECK(s.low == low);
  CHECK(s.high == high);
  CHECK(satur::observe(satur::tanh{}, z, satur::any_rule(lopsided{})) == s);
  CHECK(s.title() == "tanh (lopsided(-2, 3))");

  satur::saturation const ends = satur::observe(satur::sigmoid{}, z, close_to_an_end{});
  CHECK(ends == satur::observe(satur::sigmoid{}, z, satur::any_rule(close_to_an_end{})));
  std::uint64_t below = 0;
  for (double const x : z) {
    below += 1.0 / (1.0 + std::exp(-x)) < 0.05 ? 1u : 0u;
  }
  CHECK(ends.low == below);
  CHECK(below > 0);
}

TEST_CASE("user's rule: limits in the wrong order throw with its name") {
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(satur::tanh{}, some_z(), inside_out{})),
                       doctest::Contains("inside_out: (low, high) is (1, -1); allowed: low <= high"),
                       std::invalid_argument);
}

TEST_CASE("user's rule: a monitor counts by it, merges, and diagnoses") {
  satur::monitor mon = recorded(lopsided{});
  CHECK(mon.at("fc1").last().saturation == satur::observe(satur::tanh{}, some_z(), lopsided{}));
  satur::monitor const same = recorded(lopsided{});
  mon += same;
  CHECK(mon.at("fc1").total().saturation.count == 2 * some_z().size());
  CHECK_THROWS_WITH_AS(mon += recorded(lopsided{-1.0}), doctest::Contains("lopsided"), std::invalid_argument);

  satur::monitor wide(lopsided{});
  std::vector<double> z = some_z();
  for (double& x : z) {
    x *= 30.0;
  }
  wide["fc1"].observe(satur::tanh{}, z);
  wide.end_step();
  std::vector<satur::finding> const found = satur::diagnose(wide);
  REQUIRE(!found.empty());
  CHECK(found[0].rule == lopsided{}.definition());
  CHECK(found[0].cure.predicted.has_value());

  satur::named_record bare{"fc1",
                           wide.at("fc1").last()}; // without the rule itself there is no prediction, and no throw
  std::vector<satur::finding> const unpredicted = satur::diagnose(std::vector<satur::named_record>{bare});
  REQUIRE(!unpredicted.empty());
  CHECK(!unpredicted[0].cure.predicted.has_value());
}

TEST_CASE("user's rule: a loaded monitor knows its name and numbers, and counts after use_rule") {
  satur::monitor const mon = recorded(lopsided{});
  std::stringstream file;
  satur::save(mon, file);
  satur::monitor loaded = satur::load_monitor(file);
  CHECK(loaded.rule() == satur::any_rule(lopsided{}));
  CHECK_FALSE(loaded.rule().can_count());
  CHECK(loaded.at("fc1").last().saturation == mon.at("fc1").last().saturation);
  satur::monitor merged = loaded;
  merged += mon;
  CHECK(merged.at("fc1").total().saturation.count == 2 * some_z().size());

  CHECK_THROWS_WITH_AS(loaded["fc1"].observe(satur::tanh{}, some_z()), doctest::Contains("hand the rule itself in"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(loaded.use_rule(lopsided{-1.5}), doctest::Contains("this monitor counts by lopsided(-2, 3)"),
                       std::invalid_argument);
  loaded.use_rule(lopsided{});
  CHECK(loaded.rule().can_count());
  loaded["fc1"].observe(satur::tanh{}, some_z());
  loaded.end_step();
  CHECK(loaded.at("fc1").last().saturation == mon.at("fc1").last().saturation);
  loaded["fc2"].observe(satur::tanh{}, some_z());
}
