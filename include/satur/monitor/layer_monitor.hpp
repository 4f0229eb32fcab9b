/// \file monitor/layer_monitor.hpp  One layer of a monitor: what it did in this step, the last one, and the whole run.
#pragma once

#include "satur/monitor/recording/call_timer.hpp"
#include "satur/monitor/recording/kept_rows.hpp"
#include "satur/monitor/recording/layer_recorder.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/masked.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct monitor_access;
struct replica_access;
class layer_list;
} // namespace detail

/// One layer of a monitor. Each call adds to the step that is being made; `monitor::end_step` closes it. In a step that
/// is not sampled, `forward` computes its results, and nothing is recorded. With `monitor_options::rows` the rows that
/// are not observed are only computed too; the results have the same bits.
class layer_monitor {
public:
  layer_monitor(std::string_view name, any_rule const& rule) : layer_monitor(name, monitor_options{.rule = rule}) {}
  SATUR_COMPILED_MEMBER layer_monitor(std::string_view name, monitor_options const& options)
#if SATUR_COMPILED
      ;
#else
      : name_(name),
        records_{options.rule, options.histograms, options.updates, options.units, options.rows, {options.formats}} {
    for (detail::phase_records& p : records_.phases) {
      p.lines = satur::history(options.history);
      p.unit_lines = satur::unit_history(options.history);
    }
  }
#endif

  /// y = act(z), recorded; see satur::forward.
  template <class A, detail::numbers Z, class Y>
    requires detail::numbers<std::remove_cvref_t<Y>>
  void forward(A const& act, Z const& z, Y&& y) {
    make(act, z, y, detail::not_wanted, records_.layout_of(z));
  }
  /// The same of numbers without a shape, or with their units along another axis than the last.
  template <class A, detail::numbers Z, class Y>
    requires detail::numbers<std::remove_cvref_t<Y>>
  void forward(A const& act, Z const& z, Y&& y, unit_layout const& layout) {
    detail::require_layout("forward", "z", z, layout);
    make(act, z, y, detail::not_wanted, layout);
  }
  /// y = act(z) and dy = act'(z), recorded.
  template <class A, detail::numbers Z, class Y, class D>
    requires detail::numbers<std::remove_cvref_t<Y>> && detail::numbers<std::remove_cvref_t<D>>
  void forward(A const& act, Z const& z, Y&& y, D&& dy) {
    make(act, z, y, detail::address_of(dy), records_.layout_of(z));
  }
  template <class A, detail::numbers Z, class Y, class D>
    requires detail::numbers<std::remove_cvref_t<Y>> && detail::numbers<std::remove_cvref_t<D>>
  void forward(A const& act, Z const& z, Y&& y, D&& dy, unit_layout const& layout) {
    detail::require_layout("forward", "z", z, layout);
    make(act, z, y, detail::address_of(dy), layout);
  }
  /// Recorded only; see satur::observe.
  template <class A, detail::numbers Z> void observe(A const& act, Z const& z) {
    if (recording_) {
      detail::call_timer const time(clock_, calls_ns_);
      records_.pass("observe", act, z, detail::not_wanted, detail::not_wanted, records_.layout_of(z));
    }
  }
  template <class A, detail::numbers Z> void observe(A const& act, Z const& z, unit_layout const& layout) {
    detail::require_layout("observe", "z", z, layout);
    if (recording_) {
      detail::call_timer const time(clock_, calls_ns_);
      records_.pass("observe", act, z, detail::not_wanted, detail::not_wanted, layout);
    }
  }
  /// With a mask: y is computed everywhere, and the samples that the mask keeps are recorded, as if they had been
  /// gathered into a matrix; see sample_mask. Throws shape_error if the mask does not fit.
  template <class A, detail::numbers Z, class Y>
    requires detail::numbers<std::remove_cvref_t<Y>>
  void forward(A const& act, Z const& z, Y&& y, sample_mask const& mask, std::optional<unit_layout> layout = {}) {
    make_kept("forward", act, z, detail::address_of(y), detail::not_wanted, layout, mask);
  }
  template <class A, detail::numbers Z, class Y, class D>
    requires detail::numbers<std::remove_cvref_t<Y>> && detail::numbers<std::remove_cvref_t<D>>
  void forward(A const& act, Z const& z, Y&& y, D&& dy, sample_mask const& mask,
               std::optional<unit_layout> layout = {}) {
    make_kept("forward", act, z, detail::address_of(y), detail::address_of(dy), layout, mask);
  }
  template <class A, detail::numbers Z>
  void observe(A const& act, Z const& z, sample_mask const& mask, std::optional<unit_layout> layout = {}) {
    make_kept("observe", act, z, detail::not_wanted, detail::not_wanted, layout, mask);
  }
  /// Of numbers whose type is known at run time alone: their as_array_view gives a std::variant of views.
  template <class A, detail::numbers_of_any_type Z, class... More>
  void observe(A const& act, Z const& z, More const&... more) {
    detail::visit_numbers([&](auto const& numbers) { observe(act, numbers, more...); }, z);
  }
  /// A record made elsewhere (another thread; another rule's numbers are refused) joins this step. It has no histogram.
  void add(saturation const& record) {
    if (recording_) {
      records_.here().now.saturation += record;
    }
  }

  /// dL/dz of this layer, any shape.
  template <detail::numbers G> void gradient(G const& dz) {
    detail::require_equal_rows("gradient", "dz", dz);
    if (recording_) {
      detail::call_timer const time(clock_, calls_ns_);
      records_.gradient(dz, records_.layout_of(dz));
    }
  }
  template <detail::numbers G> void gradient(G const& dz, unit_layout const& layout) {
    detail::require_layout("gradient", "dz", dz, layout);
    if (recording_) {
      detail::call_timer const time(clock_, calls_ns_);
      records_.gradient(dz, layout);
    }
  }
  /// Of the samples that the mask keeps.
  template <detail::numbers G>
  void gradient(G const& dz, sample_mask const& mask, std::optional<unit_layout> layout = {}) {
    detail::call_timer const time(clock_, calls_ns_);
    auto const samples = detail::samples_of("gradient", "dz", dz, layout, mask);
    if (recording_) {
      detail::kept_rows<G> const kept(dz, samples, mask, records_.kept);
      records_.gradient(kept.numbers, kept.layout);
    }
  }
  template <detail::numbers_of_any_type G, class... More> void gradient(G const& dz, More const&... more) {
    detail::visit_numbers([&](auto const& numbers) { gradient(numbers, more...); }, dz);
  }

  /// The step scale * dw that is about to change w (scale = -learning rate where dw is the gradient). w and dw have the
  /// same size (shape_error otherwise). See monitor_options::updates.
  template <detail::numbers W, detail::numbers D> void update(W const& w, D const& dw, double scale = 1.0) {
    detail::require_same_shape("update", "dw", dw, w);
    if (recording_ && records_.reads_updates()) {
      detail::call_timer const time(clock_, calls_ns_);
      records_.update(w, dw, scale);
    }
  }
  template <detail::numbers_of_any_type W> void update(W const& w, W const& dw, double scale = 1.0) {
    detail::visit_numbers([&](auto const& a, auto const& b) { update(a, b, scale); }, w, dw);
  }
  /// Whether `update` reads its arrays in this step: it is sampled, and its turn has come (monitor_options::updates).
  [[nodiscard]] bool reads_updates() { return recording_ && records_.reads_updates(); }

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] any_rule const& rule() const { return records_.rule; }
  /// The phase that is recorded at the moment.
  [[nodiscard]] satur::phase phase() const { return records_.phase; }
  /// The step that is being made.
  [[nodiscard]] layer_record const& current(satur::phase p = phase::train) const { return records_.of(p).now; }
  /// The last one that was closed and sampled; all of them.
  [[nodiscard]] layer_record const& last(satur::phase p = phase::train) const { return records_.of(p).last; }
  [[nodiscard]] layer_record const& total(satur::phase p = phase::train) const { return records_.of(p).total; }
  /// How it began: the first closed step that was sampled, the weights before the first and the last recorded `update`,
  /// and the first step that was not finite.
  [[nodiscard]] layer_origin const& origin(satur::phase p = phase::train) const { return records_.of(p).origin; }
  /// Step by step, in bounded memory.
  [[nodiscard]] satur::history const& history(satur::phase p = phase::train) const { return records_.of(p).lines; }
  /// Groups of units, window by window, up to now.
  [[nodiscard]] satur::unit_history unit_history(satur::phase p = phase::train) const {
    return records_.of(p).by_unit();
  }
  /// Of the window: what was recorded since the last `monitor::start_window`, the step that is being made among it.
  /// Empty where the monitor draws none, or the phase was not entered.
  [[nodiscard]] std::optional<layer_histograms> const& histograms(satur::phase p = phase::train) const {
    return records_.of(p).drawn;
  }
  /// Each unit of the window; empty as the histograms are. `lifetime` and the silences go on from window to window.
  [[nodiscard]] std::optional<unit_records> const& units(satur::phase p = phase::train) const {
    return records_.of(p).units;
  }
  /// What of its numbers leaves the formats that are watched, and the sizes of these numbers in the window; empty if no
  /// format is watched, or the phase was not entered.
  [[nodiscard]] std::optional<format_records> const& formats(satur::phase p = phase::train) const {
    return records_.of(p).formats;
  }
  /// Another `monitor_options::formats` for this layer. What was recorded of numbers whose format or scale changes is
  /// forgotten, in both phases; sizes stay. Throws std::invalid_argument for a format or scale that cannot be.
  void watch_formats(watched_formats const& wanted) {
    wanted.require_valid();
    records_.watch_formats(wanted);
  }
  [[nodiscard]] watched_formats const& watched() const { return records_.formats.wanted; }
  /// Another `monitor_options::histograms` or `units` for this layer; what was recorded stays.
  void draw_histograms(std::size_t one_in) { records_.histograms = one_in; }
  void record_units(bool on) { records_.units = on; }

  bool operator==(layer_monitor const& o) const {
    return name_ == o.name_ && recording_ == o.recording_ && records_ == o.records_;
  }

private:
  friend class monitor;
  friend class shared_monitor;
  friend class detail::layer_list;
  friend struct detail::monitor_access; // save and load
  friend struct detail::replica_access; // replicas

  /// dy may be null.
  template <class A, class Z, class Y, class D>
  void make(A const& act, Z const& z, Y& y, D* dy, std::optional<unit_layout> const& layout) {
    detail::call_timer const time(clock_, calls_ns_);
    if (recording_) {
      records_.pass("forward", act, z, detail::address_of(y), dy, layout);
    } else if constexpr (detail::is_array_v<D>) {
      satur::apply(act, z, y, *dy);
    } else {
      satur::apply(act, z, y);
    }
  }
  /// y and dy may be null.
  template <class A, class Z, class Y, class D>
  void make_kept(char const* function, A const& act, Z const& z, Y* y, D* dy, std::optional<unit_layout> const& layout,
                 sample_mask const& mask) {
    detail::call_timer const time(clock_, calls_ns_);
    auto const samples = detail::samples_of(function, "z", z, layout, mask);
    detail::results_into(function, act, z, y, dy);
    if (recording_) {
      detail::kept_rows<Z> const kept(z, samples, mask, records_.kept);
      records_.pass("observe", act, kept.numbers, detail::not_wanted, detail::not_wanted, kept.layout);
    }
  }
  void clear() {
    std::ranges::for_each(records_.phases, [](auto& p) { p.clear(); });
  }
  /// Throws std::invalid_argument where a record of the other cannot be added to ours.
  void require_mergeable(layer_monitor const& o) const {
    detail::require_mergeable(records_.phases, o.records_.phases);
  }
  void merge(layer_monitor const& o) { detail::merge(records_.phases, o.records_.phases); }
  std::string name_;
  detail::layer_recorder records_;
  bool recording_ = true;          ///< whether the step that is being made is sampled
  clock_function clock_ = nullptr; ///< null where nothing is timed
  std::uint64_t calls_ns_ = 0;     ///< time inside the calls of this step
};

}} // namespace satur::SATUR_ABI
