/// \file reading/decayed_units.hpp  Statistics of each unit over an exponentially decaying window.
#pragma once

#include "satur/reading/unit_readings.hpp"
#include "satur/record/units/unit_statistics.hpp"

#include <cmath>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Statistics of each unit over a window with decay. The weight of a sample halves each time `half_life` further
/// samples are added. All samples of one `add` have the weight of the newest.
///
/// Counters and means are weighted. `unit_summary::samples` is the sum of weights; it tends to about half_life / ln 2
/// for batches much smaller than that. 144 bytes a unit.
///
///     decayed_units recent(10000);          // half-life in samples
///     unit_records batch;
///     forward_units(batch, relu{}, z, a);
///     observe_unit_gradients(batch, dz);
///     lately.add(batch);
///     batch.start_window();                 // the silences go on
///
/// A regular value. It has no +=, because two windows over different samples cannot be added.
class decayed_units {
public:
  /// Throws std::invalid_argument unless half_life is finite and > 0.
  explicit decayed_units(double half_life) : half_life_(half_life) {
    if (!(half_life > 0.0 && detail::is_finite(half_life))) {
      detail::bad_parameter("decayed_units", "half_life", half_life, "a finite number of samples > 0, such as 10000");
    }
  }

  [[nodiscard]] double half_life() const { return half_life_; }
  [[nodiscard]] std::size_t size() const { return units_.size(); }
  [[nodiscard]] rule_definition const& rule() const { return rule_; }
  [[nodiscard]] label const& activation() const { return activation_; }
  /// Unit u, u < size().
  [[nodiscard]] unit_summary const& operator[](std::size_t u) const { return units_[u]; }

  /// Adds the samples of `batch`, which are newer than all added before. Throws shape_error if the number of units
  /// differs, std::invalid_argument if the rule or the activation differs.
  void add(unit_records const& batch) {
    if (batch.empty()) {
      return;
    }
    if (units_.empty()) {
      units_.resize(batch.size());
    }
    if (batch.size() != units_.size()) {
      detail::raise(
          shape_error(detail::message("satur::decayed_units: cannot add ", detail::count_text(batch.size(), "unit"),
                                      " to ", units_.size(), "; give each layer a window of its own")));
    }
    if (batch.samples() != 0) {
      if (named_ && (!(rule_ == batch.rule()) || activation_ != batch.activation())) {
        detail::raise(std::invalid_argument(
            detail::message("satur::decayed_units: cannot add a batch of ", batch.title(), " to one of ", activation_,
                            " (", to_text(rule_), "); give each activation and rule a window of its own")));
      }
      rule_ = batch.rule();
      activation_ = batch.activation();
      named_ = true;
    }
    double const kept = std::exp2(-static_cast<double>(batch.samples()) / half_life_);
    double const gradients_kept = std::exp2(-static_cast<double>(batch.gradient_samples()) / half_life_);
    for (std::size_t u = 0; u < units_.size(); ++u) {
      unit_summary const s = batch[u];
      unit_summary& w = units_[u];
      detail::unit_sizes before = detail::sizes_of(w);
      before = {before.samples * kept, before.finite * kept, before.gradients * gradients_kept};
      detail::join_unit(
          detail::shares_of(detail::sizes_of(s), before),
          [&](std::size_t row) -> double& { return w.*detail::unit_statistics[row].summary; },
          [&](std::size_t row) { return s.*detail::unit_statistics[row].summary; });
      for (double unit_summary::*const count : {&unit_summary::samples, &unit_summary::low, &unit_summary::high,
                                                &unit_summary::active, &unit_summary::nan, &unit_summary::infinite}) {
        w.*count = w.*count * kept + s.*count;
      }
      w.gradients = w.gradients * gradients_kept + s.gradients;
      w.bad_gradients = w.bad_gradients * gradients_kept + s.bad_gradients;
      w.unit = u;
      w.silent = s.silent;
      w.ever_active = s.ever_active;
      w.peak_slope = s.peak_slope;
    }
  }
  bool operator==(decayed_units const&) const = default;

private:
  double half_life_;
  bool named_ = false;
  rule_definition rule_;
  label activation_;
  std::vector<unit_summary> units_;
};

}} // namespace satur::SATUR_ABI
