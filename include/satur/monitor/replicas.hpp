/// \file monitor/replicas.hpp  Monitors of replicas as one: each saw other samples of the same steps of one network.
#pragma once

#include "satur/monitor/monitor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// Adds another replica of a network to a monitor; see `replicas`.
struct replica_access {
  static void merge(monitor& run, std::uint64_t replicas, monitor const& other, std::uint64_t other_replicas) {
    run.require_mergeable(other);
    for (auto const& [ours, theirs] :
         {std::pair{&run.lists_.layers, &other.lists_.layers}, std::pair{&run.lists_.data, &other.lists_.data}}) {
      for (layer_monitor const& layer : *theirs) {
        if (layer_monitor* const known = ours->find(layer.name()); known != nullptr) {
          for (std::size_t p = 0; p < layer.records_.phases.size(); ++p) {
            merge(known->records_.phases[p], layer.records_.phases[p]);
          }
        } else {
          run.prepared(ours->add(layer));
        }
      }
    }
    merge(run.losses_, static_cast<double>(replicas), other.losses_, static_cast<double>(other_replicas));
    for (std::size_t p = 0; p < run.samplers_.size(); ++p) {
      sampling_record& s = run.samplers_[p];
      sampling_record const& o = other.samplers_[p];
      s.seen = (std::max)(s.seen, o.seen);
      s.sampled = (std::max)(s.sampled, o.sampled);
      s.record_ns += o.record_ns;
      s.step_ns += o.step_ns;
    }
    run.stop_ = run.stop_ || other.stop_;
  }

private:
  static bool has_updates(layer_record const& r) { return r.update.steps + r.update.unusable != 0; }
  static layer_record without_updates(layer_record r) {
    r.update = {};
    return r;
  }
  static void merge(phase_records& run, phase_records const& o) {
    // All replicas have the same weights, so they record the same updates: those of one of them count.
    bool const updates_known = has_updates(run.total) || has_updates(run.now);
    auto const theirs = [updates_known](layer_record const& r) { return updates_known ? without_updates(r) : r; };
    std::uint64_t const last_step = run.origin.last_step;
    bool const begun = run.origin.sampled != 0;
    bool const other_begun = o.origin.sampled != 0;
    run.now += theirs(o.now);
    run.total += theirs(o.total);
    bool const newer = other_begun && (!begun || o.origin.last_step > last_step);
    bool const older = begun && (!other_begun || o.origin.last_step < last_step);
    if (newer) {
      run.last = o.last;
    } else if (!older) {
      run.last += theirs(o.last);
    }
    merge(run.origin, o.origin, updates_known);
    history lines = o.lines;
    if (updates_known) {
      for (history_line& line : lines.lines_) {
        line.updates = 0;
        line.log_update = 0.0;
      }
    }
    run.lines += lines;
    run.merge_drawn(o);
    if (o.units) {
      run.merge_units(o);
    }
    if (o.formats) {
      format_records theirs_by_format = *o.formats;
      if (run.formats && newer) {
        run.formats->last = {};
      } else if (older) {
        theirs_by_format.last = {};
      }
      run.formats ? * run.formats += theirs_by_format : run.formats.emplace(theirs_by_format);
    }
    run.turn = (std::max)(run.turn, o.turn);
  }
  static void merge(layer_origin& run, layer_origin const& o, bool updates_known) {
    run.first += updates_known ? without_updates(o.first) : o.first;
    run.weights += o.weights;
    run.first_weights += o.first_weights;
    if (o.onset && run.onset && o.onset->step == run.onset->step) {
      nonfinite_onset& on = *run.onset;
      on.after = (std::max)(on.after, o.onset->after);
      on.nan += o.onset->nan;
      on.infinite += o.onset->infinite;
      on.finite += o.onset->finite;
      on.gradients += o.onset->gradients;
      on.weights = (std::max)(on.weights, o.onset->weights);
      on.first_unit = on.units == 0         ? o.onset->first_unit
                      : o.onset->units == 0 ? on.first_unit
                                            : (std::min)(on.first_unit, o.onset->first_unit);
      on.units = (std::max)(on.units, o.onset->units);
      on.all_alike = on.all_alike && o.onset->all_alike;
      on.largest_z = (std::max)(on.largest_z, o.onset->largest_z);
    } else if (o.onset) {
      run.onset ? * run.onset += *o.onset : run.onset.emplace(*o.onset);
    }
    merge_units(run, o);
    run.sampled = (std::max)(run.sampled, o.sampled);
    run.last_step = (std::max)(run.last_step, o.last_step);
    run.rows = (std::max)(run.rows, o.rows);
  }
  /// The first samples of both.
  static void merge_units(layer_origin& run, layer_origin const& o) {
    if (run.units.empty()) {
      run.units = o.units;
      run.unit_samples = o.unit_samples;
    } else if (run.units.size() == o.units.size()) {
      double const share = static_cast<double>(o.unit_samples) / static_cast<double>(run.unit_samples + o.unit_samples);
      for (std::size_t u = 0; u < run.units.size(); ++u) {
        unit_origin& ours = run.units[u];
        double const d = o.units[u].mean_z - ours.mean_z;
        ours.mean_z += share * d;
        ours.variance_z += share * (o.units[u].variance_z - ours.variance_z) + share * (1.0 - share) * d * d;
      }
      run.unit_samples += o.unit_samples;
    }
  }

  /// The number of replicas that handed over losses is that of each.
  static void merge(loss_history& run, double replicas, loss_history const& other, double other_replicas) {
    loss_history o = other;
    run.chance_ = is_nan(run.chance_) ? o.chance_ : run.chance_;
    o.chance_ = run.chance_;
    if (run.empty() || o.empty()) {
      run = run.empty() ? o : run;
      return;
    }
    while (run.length_ != o.length_) {
      coarsen(run.length_ < o.length_ ? run : o);
    }
    double const share = other_replicas / (replicas + other_replicas);
    for (std::size_t i = 0; i < o.size_; ++i) {
      if (i < run.size_) {
        merge(run.blocks_[i], o.blocks_[i], share);
      } else {
        run.blocks_[i] = o.blocks_[i];
      }
    }
    run.size_ = (std::max)(run.size_, o.size_);
    run.last_ = run.seen_ > o.seen_   ? run.last_
                : run.seen_ < o.seen_ ? o.last_
                                      : run.last_ + share * (o.last_ - run.last_);
    run.seen_ = (std::max)(run.seen_, o.seen_);
    run.broke_at_ = run.broke_ && o.broke_ ? (std::min)(run.broke_at_, o.broke_at_) : run.broke_at_ + o.broke_at_;
    run.broke_ = run.broke_ || o.broke_;
  }
  /// Blocks of twice as many losses.
  static void coarsen(loss_history& h) {
    std::size_t const half = (h.size_ + 1) / 2;
    for (std::size_t i = 0; i < half; ++i) {
      loss_block pair = h.blocks_[2 * i];
      if (2 * i + 1 < h.size_) {
        pair += h.blocks_[2 * i + 1];
        pair.first_step = h.blocks_[2 * i].first_step;
      }
      h.blocks_[i] = pair;
    }
    std::fill(h.blocks_.begin() + static_cast<std::ptrdiff_t>(half), h.blocks_.end(), loss_block{});
    h.size_ = half;
    h.length_ *= 2;
  }
  /// The loss of a step is the mean over the replicas; not finite where one of them is not. How their losses vary
  /// together is not known: the deviations are the largest that are possible, exact where all have the same losses.
  static void merge(loss_block& run, loss_block const& o, double share) {
    std::uint64_t const steps = run.count + run.nonfinite;
    if (steps != o.count + o.nonfinite) { // one of them has not come to its end
      run = steps < o.count + o.nonfinite ? o : run;
      return;
    }
    if (run.count == 0 || o.count == 0) {
      run.mean = run.count == 0 ? o.mean : run.mean;
      run.deviations = run.count == 0 ? o.deviations : run.deviations;
    } else {
      run.mean += share * (o.mean - run.mean);
      if (run.deviations != o.deviations) {
        double const ours = std::sqrt(run.deviations);
        double const both = ours + share * (std::sqrt(o.deviations) - ours);
        run.deviations = both * both;
      }
    }
    run.first_step = (std::min)(run.first_step, o.first_step);
    run.nonfinite = (std::max)(run.nonfinite, o.nonfinite);
    run.count = steps - run.nonfinite;
  }
};

} // namespace satur::inline SATUR_ABI::detail

namespace satur { inline namespace SATUR_ABI {

/// One network that was trained as several replicas, each of which saw its own samples in the same steps: processes of
/// data-parallel training, say. Unlike `monitor::operator+=`, which adds steps that were made one after the other:
///
/// - Records of z and of dL/dz, histograms, units and number formats are added, step by step, as if one monitor had
/// seen
///   all samples: counters are exact, means good to the last bits.
/// - A step is one step: `steps()` is that of the replica with the most steps. `last()` is the newest sampled step of
///   any replica.
/// - The loss of a step is the mean over the replicas that handed one over. Where one of them has fewer losses, its
/// last
///   block is that of the others.
/// - Weights and updates are the same in all replicas: those of the first replica that recorded them are kept.
/// - Of the first values that are not finite: `nonfinite_onset::units` is the most that one replica has.
/// - The options, the phase and the rhythm of sampling are those of the first replica.
///
/// Let every replica sample the same steps (`sampling_options::every`, not `budget`, which depends on the time).
class replicas {
public:
  /// One replica. with_losses: in how many replicas' losses `mon.losses()` is the mean; 0 without losses.
  explicit replicas(monitor const& mon) : replicas(mon, mon.losses().empty() ? 0 : 1) {}
  replicas(monitor const& mon, std::uint64_t with_losses) : run_(mon), with_losses_(with_losses) {}

  /// Throws std::invalid_argument, with nothing changed, where the rules, or the activations of a layer, differ, and
  /// shape_error where its numbers of units do.
  replicas& operator+=(replicas const& o) {
    if (&o == this) {
      return *this += replicas(o);
    }
    detail::replica_access::merge(run_, with_losses_, o.run_, o.with_losses_);
    with_losses_ += o.with_losses_;
    return *this;
  }
  [[nodiscard]] monitor const& merged() const { return run_; }
  [[nodiscard]] std::uint64_t with_losses() const { return with_losses_; }

private:
  monitor run_;
  std::uint64_t with_losses_;
};

}} // namespace satur::SATUR_ABI
