/// \file record/format_records.hpp  The losses of a layer in number formats over a run, and how its numbers are spread.
#pragma once

#include "satur/record/format_losses.hpp"
#include "satur/record/histogram.hpp"

#include <optional>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// How the sizes |x| of a layer's watched numbers are spread, without the scale: from them follows the loss in any
/// other format at any scale. From 2^-126 to 2^127, four bins to an octave: 8 kB for each of the four that is watched.
struct format_histograms {
  std::optional<histogram> z;
  std::optional<histogram> outputs;
  std::optional<histogram> gradient;
  std::optional<histogram> weights;

  [[nodiscard]] static histogram of_sizes() { return histogram::logarithmic(-126, 127); }
  [[nodiscard]] std::optional<histogram> const& of(layer_numbers which) const {
    return detail::numbers_of(*this, which);
  }
  [[nodiscard]] std::optional<histogram>& of(layer_numbers which) { return detail::numbers_of(*this, which); }
  /// Merges exactly.
  format_histograms& operator+=(format_histograms const& o) {
    for (layer_numbers const which : format_losses::each) {
      if (std::optional<histogram> const& theirs = o.of(which); theirs) {
        of(which) ? *of(which) += *theirs : of(which).emplace(*theirs);
      }
    }
    return *this;
  }
  /// Forgets what was seen, keeps the memory.
  void clear() {
    for (layer_numbers const which : format_losses::each) {
      if (of(which)) {
        of(which)->clear();
      }
    }
  }
  bool operator==(format_histograms const&) const = default;
};

/// What of a layer's numbers leaves the watched formats: in the step that is being made, in the last sampled one, in
/// all sampled ones; and histograms of the window, if the monitor draws any.
struct format_records {
  format_losses current;
  format_losses last;
  format_losses total;
  format_histograms sizes;

  /// Closes a sampled step.
  void close_step() {
    total += current;
    last = current;
    current = {};
  }
  void clear() {
    current = last = total = {};
    sizes.clear();
  }
  /// Forgets the losses of these numbers, which get another format or scale; their histogram has no scale and stays.
  void forget(layer_numbers which) { current.of(which) = last.of(which) = total.of(which) = {}; }
  /// Throws std::invalid_argument if the losses of the other cannot be added to ours.
  void require_mergeable(format_records const& o) const {
    current.require_mergeable(o.current);
    last.require_mergeable(o.last);
    total.require_mergeable(o.total);
  }
  format_records& operator+=(format_records const& o) {
    require_mergeable(o);
    current += o.current;
    last += o.last;
    total += o.total;
    sizes += o.sizes;
    return *this;
  }
  bool operator==(format_records const&) const = default;
};

/// The losses of all sampled steps.
inline std::ostream& operator<<(std::ostream& out, format_records const& r) { return out << r.total; }

}} // namespace satur::SATUR_ABI
