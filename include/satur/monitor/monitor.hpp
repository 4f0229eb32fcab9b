/// \file monitor/monitor.hpp  A training run's memory, by layer name, per step and in all.
#pragma once

#include "satur/activation/identity.hpp"
#include "satur/monitor/observer.hpp"
#include "satur/monitor/recording/layer_list.hpp"
#include "satur/monitor/run_state.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// A training run's memory, by layer name, in the order of first use. Allocates when a layer is first named and in its
/// first step, and never again. A regular value: a copy is a snapshot of everything, == compares everything but the
/// clock, += merges. Not for several threads at once: see shared_monitor.
class monitor {
public:
  /// Every layer counts as saturated by the same rule.
  explicit monitor(any_rule const& rule = z_beyond{5.0}) : monitor(monitor_options{.rule = rule}) {}
  /// The clock is read only where the sampling has a budget. Throws std::invalid_argument where an option is out of
  /// range.
  SATUR_COMPILED_MEMBER explicit monitor(monitor_options const& options, clock_function clock = steady_nanoseconds)
#if SATUR_COMPILED
      ;
#else
      : options_(options), clock_(clock) {
    options_.require_valid();
    for (sampling_record& s : samplers_) {
      s.policy = options_.sampling;
    }
  }
#endif

  /// The layer of that name, new where there is none. The reference stays valid.
  [[nodiscard]] SATUR_COMPILED_MEMBER layer_monitor& operator[](std::string_view name)
#if SATUR_COMPILED
      ;
#else
  {
    if (layer_monitor* const known = lists_.layers.find(name); known != nullptr) {
      return *known;
    }
    return prepared(lists_.layers.add(name, options_));
  }
#endif
  /// Throws std::invalid_argument, naming the known layers, where there is none of that name.
  [[nodiscard]] layer_monitor const& at(std::string_view name) const { return lists_.layers.at(name); }

  /// Closes the step. Where it was sampled, what was recorded since the last call becomes `last()` of each layer and
  /// joins `total()` and the history; then each observer's `on_layer` and `on_step` are called, one observer after the
  /// other.
  template <observer... O> void end_step(O&&... observers) {
    if (close_step()) {
      (tell(observers), ...);
    }
  }

  /// The loss of the step that is being made, recorded in every step of training. Findings need it to tell a run that
  /// learns. `chance`: the loss of a model that knows nothing (ln C for cross entropy), if you know it; it is kept.
  void loss(double loss_of_step, double chance = std::numeric_limits<double>::quiet_NaN()) {
    if (phase_ == phase::train) {
      losses_.add(steps(), loss_of_step, chance);
    }
  }
  [[nodiscard]] loss_history const& losses() const { return losses_; }
  /// The data of the step that is being made: x (samples, features), or numbers with a layout. Each feature has a
  /// record of its own (mean, variance, NaN, infinity), so that findings can name inputs that are not standardized.
  template <detail::numbers X> void input(X const& x) { input_layer().observe(identity{}, x); }
  template <detail::numbers X> void input(X const& x, unit_layout const& layout) {
    input_layer().observe(identity{}, x, layout);
  }
  /// What `input` recorded; null if it was never called. Its units are the features.
  [[nodiscard]] layer_monitor const* inputs() const {
    return lists_.data.size() == 0 ? nullptr : &*lists_.data.begin();
  }

  /// What is recorded from now on belongs to training (as at the start), or to evaluation. The two have steps, records
  /// and a rhythm of sampling of their own; a step that was begun in the other phase waits there for its end.
  void train() { enter(phase::train); }
  void eval() { enter(phase::eval); }
  [[nodiscard]] satur::phase phase() const { return phase_; }

  /// Begins a new window of the phase: what is kept by window (histograms) is forgotten, the rest stays. Call it where
  /// an epoch begins, say.
  void start_window() {
    lists_.each([](layer_monitor& layer) { layer.records_.here().start_window(); });
  }

  /// Whether the step that is being made is sampled: where not, there is no need to prepare anything for the monitor.
  [[nodiscard]] bool sampling_now() const { return now().sampling_now; }
  /// How many steps were seen and sampled, and what that took.
  [[nodiscard]] sampling_record const& sampling(satur::phase p = phase::train) const {
    return samplers_[static_cast<std::size_t>(p)];
  }
  /// Steps closed, sampled or not.
  [[nodiscard]] std::uint64_t steps(satur::phase p = phase::train) const { return sampling(p).seen; }

  /// An observer, or the caller, asked for the end of the run. Cleared by `clear`.
  [[nodiscard]] bool stop_requested() const { return stop_; }
  void request_stop() { stop_ = true; }
  /// Calls `on_finding` of each observer for each finding of a diagnosis.
  template <class Findings, observer... O> void tell_findings(Findings const& findings, O&&... observers) {
    for (auto const& found : findings) {
      (hear(tell_finding(observers, found)), ...);
    }
  }

  /// Adds what another monitor recorded: layers of the same name are merged, the others join. Counters are exact, sums
  /// good to the last bits; the order shows in the order of the layers alone. Steps are added up: those of two threads
  /// too. Throws std::invalid_argument, with nothing changed, where the rules differ, or the activations of a layer.
  monitor& operator+=(monitor const& o) {
    if (&o == this) {
      return *this += monitor(o);
    }
    require_mergeable(o);
    lists_.merge(o.lists_, [this](layer_monitor& layer) { prepared(layer); });
    losses_ += o.losses_;
    for (std::size_t i = 0; i < samplers_.size(); ++i) {
      samplers_[i] += o.samplers_[i];
    }
    stop_ = stop_ || o.stop_;
    return *this;
  }
  [[nodiscard]] friend monitor operator+(monitor a, monitor const& b) { return a += b; }

  /// Forgets all records; keeps the names, the options, the phase and the rhythm of sampling.
  void clear() {
    lists_.each([](layer_monitor& layer) { layer.clear(); });
    losses_.clear();
    for (sampling_record& s : samplers_) {
      s.seen = s.sampled = s.record_ns = s.step_ns = 0;
    }
    stop_ = false;
  }
  [[deprecated("use clear")]] void reset() { clear(); }

  [[nodiscard]] monitor_options const& options() const { return options_; }
  [[nodiscard]] any_rule const& rule() const { return options_.rule; }
  /// Hands a rule of yours in again: a monitor that was loaded from a file knows it by its name and numbers alone.
  /// Throws std::invalid_argument if it is not the rule by which this monitor counts.
  void use_rule(any_rule const& rule) {
    if (!(rule == options_.rule)) {
      detail::raise(std::invalid_argument(detail::message(
          "satur::monitor::use_rule: the rule is ", to_text(rule.definition()), ", this monitor counts by ",
          to_text(options_.rule.definition()), "; hand in the rule that it counts by")));
    }
    options_.rule = rule;
    for (layer_monitor& layer : lists_.layers) {
      layer.records_.rule = rule;
    }
  }
  [[nodiscard]] std::size_t size() const { return lists_.layers.size(); }
  [[nodiscard]] auto begin() const { return lists_.layers.begin(); }
  [[nodiscard]] auto end() const { return lists_.layers.end(); }

  bool operator==(monitor const& o) const {
    return options_ == o.options_ && lists_ == o.lists_ && losses_ == o.losses_ && samplers_ == o.samplers_ &&
           phase_ == o.phase_ && stop_ == o.stop_;
  }

private:
  friend class shared_monitor;
  friend struct detail::monitor_access; // save and load
  friend struct detail::replica_access; // replicas

  [[nodiscard]] sampling_record const& now() const { return sampling(phase_); }
  [[nodiscard]] sampling_record& now() { return samplers_[static_cast<std::size_t>(phase_)]; }
  [[nodiscard]] bool timed() const { return options_.sampling.timed(); }
  [[nodiscard]] layer_monitor& input_layer() {
    detail::layer_list& data = lists_.data;
    return data.size() != 0 ? *data.begin() : prepared(data.add("input", options_.of_data()));
  }
  layer_monitor& prepared(layer_monitor& layer) const {
    layer.records_.phase = phase_;
    layer.recording_ = sampling_now();
    layer.clock_ = timed() ? clock_ : nullptr;
    layer.calls_ns_ = 0;
    return layer;
  }
  void enter(satur::phase p) {
    phase_ = p;
    lists_.each([this](layer_monitor& layer) { prepared(layer); });
    began_ns_ = timed() ? clock_() : 0;
    began_ = timed();
  }

  /// Whether the step was sampled. calls: nanoseconds spent in calls elsewhere.
  SATUR_COMPILED_MEMBER bool close_step(std::uint64_t calls = 0)
#if SATUR_COMPILED
      ;
#else
  {
    sampling_record& s = now();
    bool const sampled = s.sampling_now;
    std::uint64_t const closing = timed() ? clock_() : 0;
    lists_.each([&](layer_monitor& layer) {
      calls += layer.calls_ns_;
      layer.calls_ns_ = 0;
      if (sampled) {
        layer.records_.here().close_step(s.seen);
      }
    });
    if (timed()) { // the first step's beginning is not known: it lasted as long as the calls at least
      std::uint64_t const end = clock_();
      calls += end - closing;
      s.close(began_ ? end - began_ns_ : calls, calls);
      began_ns_ = end;
      began_ = true;
    } else {
      s.close(0, 0);
    }
    if (s.sampling_now != sampled) {
      lists_.each([&s](layer_monitor& layer) { layer.recording_ = s.sampling_now; });
    }
    return sampled;
  }
#endif
  template <class O> void tell(O& o) {
    for (layer_monitor const& layer : lists_.layers) {
      hear(tell_layer(o, layer));
    }
    hear(tell_step(o, *this));
  }
  void hear(verdict v) { stop_ = stop_ || v == verdict::stop; }

  void require_mergeable(monitor const& o) {
    if (!(rule() == o.rule())) {
      detail::raise(std::invalid_argument(
          detail::message("satur::monitor: cannot merge a monitor that counts ", to_text(rule().definition()),
                          " with one that counts ", to_text(o.rule().definition()), "; give both the same rule")));
    }
    lists_.require_mergeable(o.lists_);
  }

  monitor_options options_;
  clock_function clock_;
  detail::layer_lists lists_;
  loss_history losses_;
  std::array<sampling_record, 2> samplers_;
  satur::phase phase_ = phase::train;
  bool stop_ = false;
  bool began_ = false; ///< began_ns_ is known
  std::uint64_t began_ns_ = 0;
};

}} // namespace satur::SATUR_ABI
