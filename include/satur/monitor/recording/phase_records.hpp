/// \file monitor/recording/phase_records.hpp  What a layer recorded in one phase: the step that is being made, the last
/// one, the run, and the window.
#pragma once

#include "satur/monitor/history/unit_history.hpp"
#include "satur/record/format_records.hpp"
#include "satur/record/layer.hpp"
#include "satur/record/layer_histograms.hpp"
#include "satur/record/origin.hpp"
#include "satur/record/units/unit_records.hpp"

#include <cstdint>
#include <optional>

namespace satur::inline SATUR_ABI::detail {

/// What a layer recorded in one phase.
struct phase_records {
  layer_record now;                      ///< of the step that is being made
  layer_record last;                     ///< of the last sampled step
  layer_record total;                    ///< of all sampled steps
  layer_origin origin;                   ///< how it began
  satur::history lines;                  ///< step by step
  satur::unit_history unit_lines;        ///< groups of units, window by window
  std::optional<layer_histograms> drawn; ///< of the window
  std::optional<unit_records> units;     ///< of the window
  std::optional<format_records> formats; ///< where formats are watched
  std::uint64_t turn = 0;                ///< sampled steps: which blocks are drawn, and whether updates are read

  /// The records of units, made where there are none yet.
  [[nodiscard]] unit_records& made_units() { return units ? *units : units.emplace(); }

  /// The history of units up to now.
  [[nodiscard]] satur::unit_history by_unit() const { return units ? unit_lines.with_open_window(*units) : unit_lines; }

  /// Closes a sampled step.
  SATUR_COMPILED_MEMBER void close_step(std::uint64_t number)
#if SATUR_COMPILED
      ;
#else
  {
    origin.close_step(number, now, units ? &*units : nullptr);
    total += now;
    last = now;
    now = {};
    if (formats) {
      formats->close_step();
    }
    ++turn;
    lines.push(history_line(number, last));
    if (units) {
      unit_lines.push(number, *units);
    }
  }
#endif
  void start_window() {
    if (drawn) {
      drawn->clear();
    }
    if (units) {
      unit_lines.flush(*units);
      units->start_window();
      unit_lines.follow(*units);
    }
    if (formats) {
      formats->sizes.clear();
    }
  }
  void clear() {
    now = last = total = {};
    origin = {};
    lines.clear();
    unit_lines.clear();
    if (drawn) {
      drawn->clear();
    }
    if (units) {
      units->clear();
    }
    if (formats) {
      formats->clear();
    }
  }

  /// Throws std::invalid_argument where a record of the other cannot be added to ours.
  void require_mergeable(phase_records const& o) const {
    now.saturation.require_mergeable(o.now.saturation);
    last.saturation.require_mergeable(o.last.saturation);
    total.saturation.require_mergeable(o.total.saturation);
    if (units && o.units) {
      units->require_mergeable(*o.units);
    }
    unit_lines.require_mergeable(o.unit_lines);
    if (formats && o.formats) {
      formats->require_mergeable(*o.formats);
    }
  }
  void merge(phase_records const& o) {
    now += o.now;
    last += o.last;
    total += o.total;
    origin += o.origin;
    lines += o.lines;
    merge_drawn(o);
    if (o.units) {
      merge_units(o);
    }
    if (o.formats) {
      formats ? * formats += *o.formats : formats.emplace(*o.formats);
    }
  }
  void merge_units(phase_records const& o) {
    satur::unit_history theirs = o.unit_lines;
    theirs.flush(*o.units);
    if (units) {
      unit_lines.flush(*units);
    }
    unit_lines += theirs;
    units ? * units += *o.units : units.emplace(*o.units);
    unit_lines.follow(*units);
  }
  void merge_drawn(phase_records const& o) {
    if (o.drawn) {
      drawn ? * drawn += *o.drawn : drawn.emplace(*o.drawn);
    }
  }
  /// Moves what the other recorded in the step that is being made to the same step here; its window begins anew.
  void absorb(phase_records& o) {
    now += o.now;
    o.now = {};
    weight_record const& weights = o.origin.weights; // of this step, so they follow ours
    if (!weights.empty() && weights.whole() >= origin.weights.whole()) {
      origin.weights = weights;
    }
    origin.first_weights += o.origin.first_weights;
    origin.rows = (std::max)(origin.rows, o.origin.rows);
    o.origin = {};
    o.turn = turn + 1; // of the next step
    merge_drawn(o);
    if (o.formats) {
      format_records& ours = formats ? *formats : formats.emplace();
      ours.current += o.formats->current;
      ours.sizes += o.formats->sizes;
      o.formats->clear();
    }
    if (o.units) { // as if the other's samples came after ours
      made_units().follow(*o.units);
      o.units->clear();
    }
    o.start_window();
  }

  bool operator==(phase_records const&) const = default;
};

/// Training, evaluation.
using both_phases = std::array<phase_records, 2>;
inline void require_mergeable(both_phases const& ours, both_phases const& theirs) {
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ours[i].require_mergeable(theirs[i]);
  }
}
inline void merge(both_phases& ours, both_phases const& theirs) {
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ours[i].merge(theirs[i]);
  }
}

} // namespace satur::inline SATUR_ABI::detail
