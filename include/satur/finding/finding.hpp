/// \file finding/finding.hpp  One finding of a diagnosis: a root cause, its evidence, what follows from it, and a cure.
#pragma once

#include "satur/finding/expectation.hpp"
#include "satur/finding/words.hpp"
#include "satur/record/format_losses.hpp"
#include "satur/rule/all.hpp"
#include "satur/text/label.hpp"
#include "satur/text/number.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// What a cure is predicted to make of the number that its finding measures.
struct predicted_effect {
  std::string measure; ///< "share of dead units"
  double now = std::numeric_limits<double>::quiet_NaN();
  double after = std::numeric_limits<double>::quiet_NaN();
  bool of_slope = false; ///< a slope should grow, everything else should shrink
  /// The factor by which it gets better: after / now of a slope (one below 0 counts as 0), now / after of anything
  /// else. NaN if both are 0.
  [[nodiscard]] double improvement() const { return of_slope ? after / (now > 0.0 ? now : 0.0) : now / after; }
};

/// A remedy, its wording, and its predicted effect. Without a known remedy `what` is `none`; `advice` then says where
/// to look, or why no cure that is known helps.
struct cure {
  remedy what = remedy::none;
  /// What to multiply weights or learning rate by; for new weights, fan-in times their variance; for a number format,
  /// its new scale; NaN: none.
  double factor = std::numeric_limits<double>::quiet_NaN();
  std::string advice{}; ///< "multiply w and b by 0.2 (satur::rescale)"
  /// Readings of `finding::layer` after the cure, if z is then normal; empty if nothing can be predicted.
  std::optional<layer_state> predicted{};
  /// What the cure does to what the finding measures; empty for another architecture, other code or other data, which
  /// nothing predicts.
  std::optional<predicted_effect> effect{};
  /// For `rescale`: what to multiply w and b by in each of `finding::layers`; for `format_scale`: the new scale in each
  /// of them; otherwise empty.
  std::vector<double> factors{};
  /// Units of `finding::layer` that get new weights, or whose bias is recentered; empty: all units.
  std::vector<std::size_t> units{};
  /// For `recenter` in several layers: the same for each of `finding::layers`; empty if there is one, or all units are
  /// meant.
  std::vector<std::vector<std::size_t>> layer_units{};
  /// Units of `finding::layers[k]`; empty: all units.
  [[nodiscard]] std::vector<std::size_t> const& units_of(std::size_t k) const {
    return k < layer_units.size() ? layer_units[k] : units;
  }
  /// True: go back to the weights of the start first. Training has changed them so much that the cure alone does not
  /// help.
  bool restart = false;
};

/// A unit that a finding names.
struct unit_evidence {
  std::size_t unit;
  double reading; ///< finding::unit_reading names it
  satur::side side = satur::side::none;
};

/// What a root cause brings about in another layer. It goes away with the root.
struct consequence {
  std::string layer;
  satur::symptom symptom;
  bool operator==(consequence const&) const = default;
};

/// Something began in one of these steps. `first` and `last` are the same if every step and every row was observed.
struct step_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(step_range const&) const = default;
};

/// One finding of a diagnosis: one root cause. Prints as two lines, what is wrong and why, and what to do; `details()`
/// has the evidence.
struct finding {
  std::string layer;               ///< where the root is, the first one of `layers`; "data" or "loss" for these
  std::vector<std::string> layers; ///< all layers that have this root, in the order of the forward pass
  satur::symptom symptom = satur::symptom::nonfinite;
  satur::severity severity = satur::severity::warning;
  satur::side side = satur::side::none;
  std::optional<layer_numbers> numbers{}; ///< what leaves its number format; empty if the finding is about none
  double value = std::numeric_limits<double>::quiet_NaN(); ///< the number that crossed its limit; `evidence` names it
  double limit = std::numeric_limits<double>::quiet_NaN();
  double value_low = std::numeric_limits<double>::quiet_NaN();  ///< 95 % interval of `value`; NaN if it is exact
  double value_high = std::numeric_limits<double>::quiet_NaN(); ///< or unknown
  double samples = 0.0;                                         ///< numbers behind `value`; 0 if not counted
  rule_definition rule;                                         ///< when a unit counted as saturated
  std::string evidence;                                         ///< the measured numbers, in words
  layer_state now;                                              ///< measured; NaN if the layer has no activation
  satur::cause cause = satur::cause::unknown;
  std::string reason; ///< the numbers behind the cause, in words
  satur::cure cure;
  std::vector<unit_evidence> units;  ///< the worst first
  std::string unit_reading;          ///< the reading in `units`: "mean slope share"
  std::vector<consequence> behind;   ///< what follows from it elsewhere
  std::optional<step_range> since{}; ///< when it started, if that is known

  /// The numbers behind the finding, one a line: reason, interval, units, what follows from it.
  [[nodiscard]] SATUR_COMPILED_MEMBER std::string details() const
#if SATUR_COMPILED
      ;
#else
  {
    std::string all;
    auto const line = [&all](std::string const& words) { all += (all.empty() ? "  " : "\n  ") + words; };
    if (!reason.empty()) {
      line(reason);
    }
    if (!detail::is_nan(value)) {
      line(detail::message(
          "measured ", text::significant(value, 3),
          detail::is_nan(value_low) ? std::string()
                                    : detail::message(" (95 % interval ", text::significant(value_low, 3), " to ",
                                                      text::significant(value_high, 3), ")"),
          detail::is_nan(limit) ? std::string() : " against a limit of " + text::significant(limit, 3),
          samples > 0.0 ? ", from " + detail::count_text(text::significant(samples, 6), "number") : std::string()));
    }
    if (cure.effect) {
      std::string const today = detail::is_finite(cure.effect->now) ? text::significant(cure.effect->now, 3)
                                                                    : std::string("more than any number");
      line("the cure is predicted to bring the " + cure.effect->measure + " from " + today + " to " +
           text::significant(cure.effect->after, 3));
    }
    if (!units.empty()) {
      std::string list;
      for (unit_evidence const& u : units) {
        list += detail::message(list.empty() ? "" : ", ", u.unit, " (", text::significant(u.reading, 3),
                                u.side == satur::side::none ? "" : " ", to_text(u.side), ")");
      }
      line("units: " + list + ": " + unit_reading);
    }
    for (consequence const& c : behind) {
      line("behind it: " + c.layer + ": " + std::string(to_text(c.symptom)));
    }
    return all;
  }
#endif

  SATUR_COMPILED_MEMBER friend std::ostream& operator<<(std::ostream& out, finding const& f)
#if SATUR_COMPILED
      ;
#else
  {
    out << '[' << to_text(f.severity) << "] " << f.layer << ": " << (f.numbers ? to_text(*f.numbers) : "")
        << (f.numbers ? " " : "") << to_text(f.symptom);
    if (f.side != satur::side::none) {
      out << ' ' << to_text(f.side);
    }
    out << ": " << f.evidence;
    if (f.cause != satur::cause::unknown) {
      out << "; cause: " << to_text(f.cause);
    }
    if (f.layers.size() > 1) {
      out << ", in " << f.layers.size() << " layers up to " << f.layers.back();
    }
    if (!f.behind.empty()) {
      out << "; behind it: " << f.behind.front().layer;
      if (f.behind.size() > 1) {
        out << " and " << f.behind.size() - 1 << " more";
      }
    }
    if (!f.cure.advice.empty()) {
      out << "\n  cure: " << f.cure.advice;
      if (f.cure.predicted) {
        out << "; predicted: " << *f.cure.predicted;
      }
    }
    return out;
  }
#endif
};

}} // namespace satur::SATUR_ABI
