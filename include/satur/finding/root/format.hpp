/// \file finding/root/format.hpp  Numbers that are too large or too small for the number format that is watched.
#pragma once

#include "satur/finding/evidence/format_case.hpp"
#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Cases of the same numbers with the same format, scale and cause: one finding.
struct format_group {
  layer_numbers which;
  satur::cause why;
  bool large; ///< too large; else too small
  std::vector<format_case> cases;
  std::vector<double> scales; ///< that cure each; empty if none is offered
};

/// "31.0 % of those that are not 0 round to zero in fp8_e4m3 at scale 1".
[[nodiscard]] inline std::string loss_text(format_case const& c, bool large) {
  format_loss const& l = *c.loss;
  return large ? message(text::percent(l.to_limit_fraction()), " % are rounded beyond the largest number of ",
                         l.title(), " (", beyond_text(l.scale, lower_edge(l.format), upper_edge(l.format)), ')')
               : message(text::percent(l.to_zero_of_nonzero()), " % of those that are not 0 are rounded to zero in ",
                         l.title());
}

/// One scale for all layers, if the group has one now and one is enough for each of them and for the layers beside it.
inline void take_one_scale(format_group& g, std::vector<format_case> const& all) {
  if (g.scales.empty()) {
    return;
  }
  double least = *std::min_element(g.scales.begin(), g.scales.end());
  for (format_case const& c : all) { // none becomes too large
    double const largest = c.scale_by_largest();
    least = !is_nan(largest) && largest < least && c.excess(c.at(least)) > 1.0 ? largest : least;
  }
  auto const kept = [least](format_case const& c) { return c.excess(c.at(least)) <= 1.0; };
  if (std::all_of(all.begin(), all.end(), kept)) {
    g.scales.assign(g.scales.size(), least);
  }
}

[[nodiscard]] inline finding format_finding(format_group const& g) {
  format_case const& first = g.cases.front();
  format_loss const& l = *first.loss;
  finding_limits const& limits = first.limits;
  double const alarm =
      g.large ? (first.limit() > 0.0 ? limits.format_to_limit_alarm : 0.0) : limits.format_to_zero_alarm;
  finding f = first.layer->finding_of(symptom::leaves_format, severity::warning, g.why);
  f.numbers = g.which;
  f.layers.clear();
  double most = 0.0;
  double bits = 0.0;
  for (format_case const& c : g.cases) {
    double const share = g.large ? c.loss->to_limit_fraction() : c.loss->to_zero_of_nonzero();
    f.layers.push_back(c.layer->name);
    f.severity = share > alarm ? severity::alarm : f.severity;
    most = share > most ? share : most;
    bits = c.loss->dynamic_range_bits() > bits ? c.loss->dynamic_range_bits() : bits;
  }
  f.value = g.large ? l.to_limit_fraction() : l.to_zero_of_nonzero();
  f.limit = g.large ? first.limit() : limits.format_to_zero;
  set_share_interval(f, static_cast<double>(g.large ? l.count : l.count - l.zeros));
  f.evidence = loss_text(first, g.large);
  std::string const range =
      message("sizes of ", to_text(g.which), " go from ", text::significant(l.smallest_nonzero, 2), " to ",
              text::significant(l.amax, 2), ": ", text::decimals(l.dynamic_range_bits(), 1), " bits, the format has ",
              text::decimals(first.format_bits(), 1));
  double const room = l.headroom_bits();
  f.reason = range +
             (room >= 0.0 ? message("; the scale leaves ", text::decimals(room, 1), " bits above the largest unused")
                          : message("; the largest is ", text::decimals(-room, 1), " bits too large")) +
             (most > f.value ? message("; in a layer ", text::percent(most), " %") : std::string());
  std::string const other = "another format, or a scale for each block of numbers";
  if (g.scales.empty()) {
    refuse_cure(f, first.negative()
                       ? message("the format has no number below 0, and ", text::percent(l.to_limit_fraction()),
                                 " % are beyond its ends; take a format with a sign, or a zero point")
                       : message("no scale keeps numbers that span ", text::decimals(bits, 1), " bits in a format of ",
                                 text::decimals(first.format_bits(), 1), "; take ", other));
    return f;
  }
  format_forecast const after = first.at(g.scales.front());
  auto const [least, greatest] = std::minmax_element(g.scales.begin(), g.scales.end());
  f.cure.what = remedy::format_scale;
  f.cure.factor = g.scales.front();
  f.cure.factors = g.scales;
  f.cure.advice =
      *least == *greatest
          ? message("store ", to_text(g.which), " times ", text::number(*least), " instead of ", text::number(l.scale))
          : message("store ", to_text(g.which), " of each layer at its own scale, ", text::number(*least), " to ",
                    text::number(*greatest), " (`cure.factors` has each), instead of ", text::number(l.scale));
  f.cure.advice += message(": ", text::percent(after.to_limit), " % would then be too large, ",
                           text::percent(after.to_zero), " % of those that are not 0 would become zero",
                           first.sizes != nullptr ? "" : " (estimated; with monitor_options::histograms it is known)",
                           g.why == cause::format_range ? message("; ", other, " would lose less") : std::string());
  f.cure.effect = {g.large ? message("share of ", to_text(g.which), " beyond the largest number")
                           : message("share of ", to_text(g.which), " that becomes zero"),
                   f.value, g.large ? after.to_limit : after.to_zero};
  return f;
}

/// Whether such numbers follow from a symptom and its cause: it makes numbers large, or gradients small.
[[nodiscard]] inline bool explains(symptom s, satur::cause why, format_group const& g) {
  bool const enlarges = s == symptom::signal_grows || s == symptom::exploding_gradient || s == symptom::rising_loss ||
                        s == symptom::update_too_large || s == symptom::odd_inputs || s == symptom::odd_units ||
                        why == cause::weight_norm || why == cause::logits || why == cause::bias ||
                        why == cause::input_scale || why == cause::input_mean || why == cause::learning_rate ||
                        why == cause::overflow;
  bool const lessens = s == symptom::signal_lost || why == cause::small_weights;
  bool const of_gradient =
      s == symptom::vanishing_gradient || s == symptom::saturated_layer || s == symptom::zero_gradient;
  return g.large ? enlarges : lessens || (of_gradient && g.which == layer_numbers::gradient);
}
/// The same of a finding, and of what is behind it.
[[nodiscard]] inline bool explains(finding const& root, format_group const& g) {
  return explains(root.symptom, root.cause, g) ||
         std::any_of(root.behind.begin(), root.behind.end(),
                     [&g](consequence const& c) { return explains(c.symptom, cause::unknown, g); });
}

/// Numbers that leave their formats: of one cause and scale in one finding. They go behind a finding that explains
/// them, and else after all others. Where some are not finite, a layer's format is not judged.
inline void add_formats(run_case const& run, std::span<named_record const> records, finding_limits const& limits,
                        std::vector<finding>& all) {
  std::vector<format_group> groups;
  std::size_t const roots = all.size();
  for (layer_numbers const which : format_losses::each) {
    std::vector<format_case> watched;
    for (std::size_t i = 0; i < records.size(); ++i) {
      format_loss const* const loss = records[i].formats != nullptr ? &records[i].formats->of(which) : nullptr;
      if (loss != nullptr && loss->count != 0 && loss->nan + loss->infinite == 0) {
        format_histograms const* const sizes = records[i].sizes;
        watched.emplace_back(run.layers[i], *loss, sizes != nullptr && sizes->of(which) ? &*sizes->of(which) : nullptr,
                             limits);
      }
    }
    for (format_case const& c : watched) {
      if (!c.too_large() && !c.too_small()) {
        continue;
      }
      std::pair<satur::cause, double> const why = cause_and_scale(c);
      bool const large = c.too_large();
      auto g = std::find_if(groups.begin(), groups.end(), [&](format_group const& other) {
        return other.which == which && other.why == why.first && other.large == large &&
               other.scales.empty() == is_nan(why.second) && other.cases.front().is_like(c);
      });
      if (g == groups.end()) {
        groups.push_back({which, why.first, large, {}, {}});
        g = groups.end() - 1;
      }
      g->cases.push_back(c);
      if (!is_nan(why.second)) {
        g->scales.push_back(why.second);
      }
    }
    for (format_group& g : groups) {
      if (g.which == which) {
        std::vector<format_case> beside; // layers of the same format and scale
        std::copy_if(watched.begin(), watched.end(), std::back_inserter(beside),
                     [&g](format_case const& c) { return g.cases.front().is_like(c); });
        take_one_scale(g, beside);
      }
    }
  }
  for (format_group const& g : groups) {
    auto const root = std::find_if(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(roots),
                                   [&g](finding const& f) { return explains(f, g); });
    if (root == all.begin() + static_cast<std::ptrdiff_t>(roots)) {
      all.push_back(format_finding(g));
      continue;
    }
    for (format_case const& c : g.cases) {
      consequence const follows{c.layer->name, symptom::leaves_format};
      if (std::find(root->behind.begin(), root->behind.end(), follows) == root->behind.end()) {
        root->behind.push_back(follows);
      }
    }
  }
}

} // namespace satur::inline SATUR_ABI::detail
#endif
