/// \file layer/named_readings.hpp  The saturation of a layer with several pre-activations, each by its name: gates.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/observe/masked_units.hpp"
#include "satur/observe/observe.hpp"
#include "satur/observe/units.hpp"
#include "satur/rule/z_beyond.hpp"
#include "satur/theory/units.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
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
/// What theory expects, and of what.
struct named_prediction {
  std::string name;
  theory::unit_prediction prediction;
};

/// What a layer with several z inherits: `struct lstm : named_z_readings<lstm<T>>`. Each has its name and its own
/// activation. Before the first forward nothing was seen: the numbers are NaN and the records are empty.
///
/// The layer has each_z(f), which calls f(std::string_view name, act, z) for each in a fixed order; z is an array with
/// its units along the last axis. It may have each_z_law(f, input_mean, input_variance), which calls
/// f(name, act, theory::unit_laws) for each in the same order, for predicted().
///
/// A mask has one entry for each sample of every z; see sample_mask.
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
  template <class Rule = z_beyond>
  [[nodiscard]] std::vector<named_saturation> observe(sample_mask const& mask, Rule const& rule = Rule{}) const {
    std::vector<named_saturation> found;
    layer().each_z([&](std::string_view name, auto const& act, auto const& z) {
      found.push_back({std::string(name), satur::observe(act, z, mask, rule)});
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
  /// Adds each unit's z of the last forward to its record. `units` is empty at first, or was filled by this function:
  /// throws std::invalid_argument if its names are not the layer's.
  template <class Rule = z_beyond>
  void observe_units(std::vector<named_units>& units, Rule const& rule = Rule{}) const {
    name_units(units);
    std::size_t k = 0;
    layer().each_z([&](std::string_view, auto const& act, auto const& z) {
      satur::observe_units(units[k].units, act, z, rule);
      ++k;
    });
  }
  template <class Rule = z_beyond>
  void observe_units(std::vector<named_units>& units, sample_mask const& mask, Rule const& rule = Rule{}) const {
    name_units(units);
    std::size_t k = 0;
    layer().each_z([&](std::string_view, auto const& act, auto const& z) {
      satur::observe_units(units[k].units, act, z, mask, rule);
      ++k;
    });
  }
  /// What to expect of each z from the weights as they are; see z_readings::predicted. Only if the layer has
  /// each_z_law.
  template <detail::number_or_list M = double, detail::number_or_list V = double>
  [[nodiscard]] std::vector<named_prediction> predicted(M const& input_mean = 0.0, V const& input_variance = 1.0,
                                                        double threshold = 5.0) const {
    std::vector<named_prediction> found;
    layer().each_z_law(
        [&](std::string_view name, auto const& act, theory::unit_laws const& z) {
          found.push_back({std::string(name), theory::predicted(z, act, threshold)});
        },
        input_mean, input_variance);
    return found;
  }
  /// Records each z in a monitor, as the layer "<name>.<name of z>": record_in(mon, "lstm") gives "lstm.input", ….
  template <class Monitor> void record_in(Monitor& mon, std::string_view name) const {
    layer().each_z(
        [&](std::string_view part, auto const& act, auto const& z) { mon[full_name(name, part)].observe(act, z); });
  }
  template <class Monitor> void record_in(Monitor& mon, std::string_view name, sample_mask const& mask) const {
    layer().each_z([&](std::string_view part, auto const& act, auto const& z) {
      mon[full_name(name, part)].observe(act, z, mask);
    });
  }

private:
  [[nodiscard]] Layer const& layer() const { return static_cast<Layer const&>(*this); }
  [[nodiscard]] static std::string full_name(std::string_view layer, std::string_view part) {
    return detail::message(layer, '.', part);
  }
  /// Gives an empty list the names of the z. Throws std::invalid_argument if a list has others.
  void name_units(std::vector<named_units>& units) const {
    bool const first = units.empty();
    std::size_t k = 0;
    layer().each_z([&](std::string_view name, auto const&, auto const&) {
      if (first) {
        units.push_back({std::string(name), {}});
      } else if (k >= units.size() || units[k].name != name) {
        other_list(k, units, name);
      }
      ++k;
    });
    if (k != units.size()) {
      other_list(k, units, "none");
    }
  }
  [[noreturn]] static void other_list(std::size_t k, std::vector<named_units> const& units, std::string_view name) {
    detail::raise(std::invalid_argument(
        detail::message("satur::observe_units: entry ", k, " of the list is ",
                        k < units.size() ? std::string_view(units[k].name) : std::string_view("none"),
                        ", and of the layer it is ", name, "; give each layer a list of its own")));
  }
};

}} // namespace satur::SATUR_ABI
