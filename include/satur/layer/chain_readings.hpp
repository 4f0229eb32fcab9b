/// \file layer/chain_readings.hpp  The saturation of a chain of layers: of all its activations, and of one by its name.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/named_readings.hpp"
#include "satur/observe/observe.hpp"
#include "satur/rule/z_beyond.hpp"

#include <concepts>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// What sequential inherits: the readings of a layer with several z, and each of them by its name.
template <class Net> class chain_readings : public named_z_readings<Net> {
  using all = named_z_readings<Net>;

public:
  using all::mean_derivative;
  using all::saturated_fraction;
  /// The records of all activations and gates; see named_z_readings.
  template <class... More>
    requires(!(std::convertible_to<More const&, std::string_view> || ...))
  [[nodiscard]] auto observe(More const&... mask_or_rule) const {
    return all::observe(mask_or_rule...);
  }
  /// The record of the z that a monitor has under that name. Throws std::invalid_argument, with the known names, if
  /// there is none.
  template <class Rule = z_beyond>
  [[nodiscard]] saturation observe(std::string_view name, Rule const& rule = Rule{}) const {
    saturation found;
    std::string known;
    bool is_known = false;
    static_cast<Net const&>(*this).each_z([&](std::string_view own, auto const& act, auto const& z) {
      known.append(known.empty() ? "" : ", ").append(own);
      if (own == name) {
        found = satur::observe(act, z, rule);
        is_known = true;
      }
    });
    if (!is_known) {
      bad_parameter("sequential", "the layer", name, known.empty() ? "none: no layer has an activation" : known);
    }
    return found;
  }
  [[nodiscard]] double saturated_fraction(std::string_view name, double threshold = 5.0) const {
    return observe(name, z_beyond{threshold}).fraction();
  }
  [[nodiscard]] double mean_derivative(std::string_view name) const { return observe(name).mean_derivative(); }
};

} // namespace satur::inline SATUR_ABI::detail
