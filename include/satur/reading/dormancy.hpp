/// \file reading/dormancy.hpp  Dead and dormant units, by a definition that the caller picks and the result names.
#pragma once

#include "satur/reading/unit_readings.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// No active sample in the window. With `silent` > 0, no active sample in the last `silent` samples, which may reach
/// back before the window. For activations with a flat side (relu); `unit_records` defines active. In a window with
/// decay: weight 0.
struct off {
  std::uint64_t silent = 0; ///< 0: the whole window
  bool operator==(off const&) const = default;
};
/// Active on less than `share` of the samples of the window.
struct rarely_on {
  double share = 0.01;
  bool operator==(rarely_on const&) const = default;
};
/// Saturated, by the rule of the record, on at least `share` of the samples of the window.
struct saturated_unit {
  double share = 0.95;
  bool operator==(saturated_unit const&) const = default;
};
/// mean |a| / (mean of it over the layer + 1e-9) <= tau. It does not notice a layer that dies evenly, so
/// `dormant_units` also reports the layer's mean |a|. Both tau 0.025 and 0.1 are in use.
///
/// Source: Sokar, Agarwal, Castro, Evci 2023.
struct tau_dormant {
  double tau = 0.025;
  bool operator==(tau_dormant const&) const = default;
};
/// dL/dz is exactly 0 over the window.
struct dead_gradient {
  bool operator==(dead_gradient const&) const = default;
};
/// mean |dL/dz| / (mean of it over the layer + 1e-9) <= tau: units that learn little. Of a record of dL/dz alone
/// (`observe_gradient_magnitudes`). It does not notice a layer whose gradients vanish evenly, so `dormant_units` also
/// reports the layer's mean |dL/dz|. With tau 0, the default of a public implementation, it means a gradient of exactly
/// 0.
///
/// Source: Liu, Wu, Obando-Ceron, Castro, Courville, Pan 2025, arXiv 2505.24061 (GraMa); 1e-9 and tau from a public
/// implementation (GradientReDo). It takes the gradient of the batch's loss by a unit's weights in the place of dL/dz:
/// hand that in, (inputs, units).
struct gra_ma {
  double tau = 0.0;
  bool operator==(gra_ma const&) const = default;
};

/// One of these definitions.
using dormancy = std::variant<off, rarely_on, saturated_unit, tau_dormant, dead_gradient, gra_ma>;

/// "off: no active sample", "tau_dormant: mean |a| <= 0.025 of the layer's", …
[[nodiscard]] inline std::string to_text(dormancy const& d) {
  using detail::message;
  struct {
    std::string operator()(off const& o) const {
      return o.silent == 0 ? "off: no active sample" : message("off: no active sample among the last ", o.silent);
    }
    std::string operator()(rarely_on const& r) const {
      return message("rarely_on: active on < ", text::limit_percent(r.share), " % of the samples");
    }
    std::string operator()(saturated_unit const& s) const {
      return message("saturated_unit: saturated on >= ", text::limit_percent(s.share), " % of the samples");
    }
    std::string operator()(tau_dormant const& t) const {
      return message("tau_dormant: mean |a| <= ", text::number(t.tau), " of the layer's");
    }
    std::string operator()(dead_gradient const&) const { return "dead_gradient: dL/dz exactly 0"; }
    std::string operator()(gra_ma const& g) const {
      return message("gra_ma: mean |dL/dz| <= ", text::number(g.tau), " of the layer's");
    }
  } const text;
  return std::visit(text, d);
}

/// The dead or dormant units of a layer, by one definition, over one window.
struct dormant_units {
  dormancy definition;
  rule_definition rule;        ///< the rule that saturated_unit uses
  double samples = 0.0;        ///< length of the window (its weight in a window with decay)
  std::vector<bool> dormant;   ///< for each unit
  std::size_t judged = 0;      ///< units with observations; the others do not count as dormant
  double mean_magnitude = 0.0; ///< mean |a| of the layer, the reference of tau_dormant; of gra_ma mean |dL/dz|

  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::count(dormant.begin(), dormant.end(), true));
  }
  /// Dormant units as a share of the judged units.
  [[nodiscard]] double fraction() const {
    return judged == 0 ? std::numeric_limits<double>::quiet_NaN()
                       : static_cast<double>(count()) / static_cast<double>(judged);
  }
  /// The indices of the dormant units.
  [[nodiscard]] std::vector<std::size_t> units() const {
    std::vector<std::size_t> numbers;
    for (std::size_t u = 0; u < dormant.size(); ++u) {
      if (dormant[u]) {
        numbers.push_back(u);
      }
    }
    return numbers;
  }
  /// "12 of 256 units (4.7 %) dormant over 12800 samples; off: no active sample; mean |a| of the layer 0.31"
  friend std::ostream& operator<<(std::ostream& out, dormant_units const& d) {
    bool const by_rule = std::holds_alternative<saturated_unit>(d.definition);
    char const* const magnitude = std::holds_alternative<gra_ma>(d.definition) ? "|dL/dz|" : "|a|";
    return out << detail::message(d.count(), " of ", detail::count_text(d.judged, "unit"), " (",
                                  text::percent(d.fraction()), " %) dormant over ",
                                  detail::count_text(text::decimals(d.samples, 0), "sample"), "; ",
                                  to_text(d.definition), by_rule ? " (" + to_text(d.rule) + ")" : std::string(),
                                  "; mean ", magnitude, " of the layer ", text::significant(d.mean_magnitude, 3));
  }
  bool operator==(dormant_units const&) const = default;
};

namespace detail {
inline void require_valid(dormancy const& d) {
  if (auto const* const r = std::get_if<rarely_on>(&d);
      r != nullptr && (is_nan(r->share) || !(r->share > 0.0 && r->share <= 1.0))) {
    bad_parameter("rarely_on", "share", r->share, "a share of the samples in (0, 1], such as 0.01");
  }
  if (auto const* const s = std::get_if<saturated_unit>(&d);
      s != nullptr && (is_nan(s->share) || !(s->share > 0.0 && s->share <= 1.0))) {
    bad_parameter("saturated_unit", "share", s->share, "a share of the samples in (0, 1], such as 0.95");
  }
  if (auto const* const t = std::get_if<tau_dormant>(&d); t != nullptr && !(t->tau >= 0.0 && is_finite(t->tau))) {
    bad_parameter("tau_dormant", "tau", t->tau, "a finite number >= 0, such as 0.025");
  }
  if (auto const* const g = std::get_if<gra_ma>(&d); g != nullptr && !(g->tau >= 0.0 && is_finite(g->tau))) {
    bad_parameter("gra_ma", "tau", g->tau, "a finite number >= 0, such as 0.025");
  }
}
/// Throws if the definition needs a record of dL/dz, and this is none, or the other way round.
template <class U> void require_judged_by(U const& units, dormancy const& d) {
  if constexpr (requires { std::string_view(units.activation()); }) {
    bool const of_gradients = std::string_view(units.activation()) == gradient_record_name;
    bool const wanted = std::holds_alternative<gra_ma>(d);
    if (units.size() != 0 && of_gradients != wanted) {
      bad_parameter("find_dormant", "the record", wanted ? "one of z" : "one of dL/dz alone",
                    message("for '", to_text(d),
                            wanted ? "' one made by observe_gradient_magnitudes(units, dz)"
                                   : "' one made by observe_units or forward_units"));
    }
  }
}
} // namespace detail

/// Finds the dead or dormant units of a window. A unit without observations (only NaN, or no gradient) is not judged.
/// Throws std::invalid_argument if a parameter of the definition is out of range, or the record is not what it needs:
/// gra_ma takes a record of dL/dz, the others one of z.
template <unit_source U> [[nodiscard]] dormant_units find_dormant(U const& units, dormancy const& definition) {
  detail::require_valid(definition);
  detail::require_judged_by(units, definition);
  dormant_units d;
  d.definition = definition;
  d.rule = units.rule();
  d.dormant.resize(units.size());
  std::vector<unit_summary> all;
  all.reserve(units.size());
  moments magnitudes;
  for (std::size_t u = 0; u < units.size(); ++u) {
    all.push_back(units[u]);
    unit_summary const& s = all.back();
    d.samples = (std::max)(d.samples, s.samples + s.nan);
    if (s.samples > s.infinite) {
      magnitudes += moments{1, s.magnitude, 0.0};
    }
  }
  d.mean_magnitude = magnitudes.mean_or_nan();
  for (std::size_t u = 0; u < all.size(); ++u) {
    unit_summary const& s = all[u];
    struct unit_verdict {
      bool judged;
      bool dormant;
    };
    auto const seen = [&](bool dormant) { return unit_verdict{s.samples > 0.0, dormant}; };
    struct {
      unit_summary const& s;
      decltype(seen) const& by_samples;
      double mean;
      unit_verdict operator()(off const& o) const {
        return by_samples(o.silent == 0 ? s.active == 0.0 : s.silent >= static_cast<double>(o.silent));
      }
      unit_verdict operator()(rarely_on const& r) const { return by_samples(s.active_fraction() < r.share); }
      unit_verdict operator()(saturated_unit const& r) const { return by_samples(s.fraction() >= r.share); }
      unit_verdict operator()(tau_dormant const& t) const {
        return {s.samples > s.infinite, s.magnitude / (mean + 1e-9) <= t.tau};
      }
      unit_verdict operator()(gra_ma const& g) const { return (*this)(tau_dormant{g.tau}); } // |a| is |dL/dz| here
      unit_verdict operator()(dead_gradient const&) const {
        return {s.gradients + s.bad_gradients > 0.0, s.gradient_is_zero()};
      }
    } const judge{s, seen, d.mean_magnitude};
    unit_verdict const v = std::visit(judge, definition);
    d.judged += v.judged;
    d.dormant[u] = v.judged && v.dormant;
  }
  return d;
}

/// The probability that a relu network without biases is dead at birth for one input: that at least one of its layers
/// of these widths is entirely off. Each unit is off with probability 1/2, so it is 1 - prod(1 - 2^-n). 0 without
/// layers.
///
/// Source: Lu, Shin, Su, Karniadakis 2020, for symmetric weights.
///
/// Throws std::invalid_argument if a width is 0.
[[nodiscard]] inline double born_dead_probability(std::span<std::size_t const> widths) {
  double log_alive = 0.0;
  for (std::size_t const n : widths) {
    if (n == 0) {
      detail::bad_parameter("born_dead_probability", "a width", n, "a number of units >= 1");
    }
    log_alive += std::log1p(-std::exp2(-static_cast<double>(n)));
  }
  return -std::expm1(log_alive);
}

}} // namespace satur::SATUR_ABI
