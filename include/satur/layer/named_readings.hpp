/// \file layer/named_readings.hpp  The saturation of a layer with several pre-activations, each by its name: gates.
#pragma once

#include "satur/config.hpp"
#include "satur/observe/observe.hpp"
#include "satur/observe/units.hpp"
#include "satur/rule/z_beyond.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// A record, and what it is of: a gate, a head.
struct named_saturation {
  std::string name;
  saturation record;
};
/// The records of units, and what they are of.
struct named_units {
  std::string name;
  unit_records units;
};

/// What a layer with several z inherits: `struct lstm : named_z_readings<lstm<T>>`. Each has its name and its own
/// activation. Before the first forward nothing was seen: the numbers are NaN and the records are empty.
///
/// The layer has each_z(f), which calls f(std::string_view name, act, z) for each in a fixed order; z is an array with
/// its units along the last axis.
template <class Layer> class named_z_readings {
public:
  /// One record for each z of the last forward; see satur::observe.
  template <class Rule = z_beyond>
  [[nodiscard]] std::vector<named_saturation> observe(Rule const& rule = Rule{}) const {
    std::vector<named_saturation> found;
    layer().each_z([&](std::string_view name, auto const& act, auto const& z) {
      found.push_back({std::string(name), satur::observe(act, z, rule)});
    });
    return found;
  }
  /// Share of all z with |z| > threshold, NaN left out of both.
  [[nodiscard]] double saturated_fraction(double threshold = 5.0) const {
    std::uint64_t beyond = 0;
    std::uint64_t seen = 0;
    for (named_saturation const& one : observe(z_beyond{threshold})) {
      beyond += one.record.low + one.record.high;
      seen += one.record.count;
    }
    return seen == 0 ? std::numeric_limits<double>::quiet_NaN()
                     : static_cast<double>(beyond) / static_cast<double>(seen);
  }
  /// Mean slope over all z, each by its own activation.
  [[nodiscard]] double mean_derivative() const {
    double sum = 0.0;
    std::uint64_t seen = 0;
    for (named_saturation const& one : observe()) {
      sum += one.record.count == 0 ? 0.0 : one.record.mean_derivative() * static_cast<double>(one.record.count);
      seen += one.record.count;
    }
    return seen == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(seen);
  }
  /// Adds each unit's z of the last forward to its record. `units` is empty at first, or was filled by this function.
  template <class Rule = z_beyond>
  void observe_units(std::vector<named_units>& units, Rule const& rule = Rule{}) const {
    std::size_t k = 0;
    layer().each_z([&](std::string_view name, auto const& act, auto const& z) {
      if (k == units.size()) {
        units.push_back({std::string(name), {}});
      }
      satur::observe_units(units[k].units, act, z, rule);
      ++k;
    });
  }
  /// Records each z in a monitor, as the layer "<name>.<name of z>": record_in(mon, "lstm") gives "lstm.input", ….
  template <class Monitor> void record_in(Monitor& mon, std::string_view name) const {
    layer().each_z([&](std::string_view part, auto const& act, auto const& z) {
      mon[std::string(name) + "." + std::string(part)].observe(act, z);
    });
  }

private:
  [[nodiscard]] Layer const& layer() const { return static_cast<Layer const&>(*this); }
};

}} // namespace satur::SATUR_ABI
