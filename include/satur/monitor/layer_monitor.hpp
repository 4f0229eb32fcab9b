/// \file monitor/layer_monitor.hpp  One layer of a monitor: what it did in this step, the last one, and the whole run.
#pragma once

#include "satur/monitor/drawing.hpp"
#include "satur/monitor/history.hpp"
#include "satur/monitor/options.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/kernel/moments.hpp"
#include "satur/observe/units.hpp"
#include "satur/record/layer.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// One layer of a monitor. Each call adds to the step that is being made; `monitor::end_step` closes it. In a step that
/// is not sampled, `forward` computes its results, and nothing is recorded.
class layer_monitor {
public:
  layer_monitor(std::string_view name, any_rule const& rule) : layer_monitor(name, monitor_options{.rule = rule}) {}
  SATUR_COMPILED_MEMBER layer_monitor(std::string_view name, monitor_options const& options)
#if SATUR_COMPILED
      ;
#else
      : name_(name), rule_(options.rule), histograms_(options.histograms), updates_(options.updates),
        units_(options.units) {
    for (phase_records& p : phases_) {
      p.lines = satur::history(options.history);
    }
  }
#endif

  /// y = act(z), recorded; see satur::forward.
  template <class A, detail::numbers Z, class Y>
    requires detail::numbers<std::remove_cvref_t<Y>>
  void forward(A const& act, Z const& z, Y&& y) {
    make(act, z, y, layout_of(z));
  }
  /// The same of numbers without a shape, or with their units along another axis than the last.
  template <class A, detail::numbers Z, class Y>
    requires detail::numbers<std::remove_cvref_t<Y>>
  void forward(A const& act, Z const& z, Y&& y, unit_layout const& layout) {
    detail::require_layout("forward", "z", z, layout);
    make(act, z, y, recorded(layout));
  }
  /// y = act(z) and dy = act'(z), recorded.
  template <class A, detail::numbers Z, class Y, class D>
    requires detail::numbers<std::remove_cvref_t<Y>> && detail::numbers<std::remove_cvref_t<D>>
  void forward(A const& act, Z const& z, Y&& y, D&& dy) {
    make(act, z, y, dy, layout_of(z));
  }
  template <class A, detail::numbers Z, class Y, class D>
    requires detail::numbers<std::remove_cvref_t<Y>> && detail::numbers<std::remove_cvref_t<D>>
  void forward(A const& act, Z const& z, Y&& y, D&& dy, unit_layout const& layout) {
    detail::require_layout("forward", "z", z, layout);
    make(act, z, y, dy, recorded(layout));
  }
  /// Recorded only; see satur::observe.
  template <class A, detail::numbers Z> void observe(A const& act, Z const& z) {
    if (recording_) {
      timer const time(*this);
      record("observe", act, z, detail::not_wanted, detail::not_wanted, layout_of(z));
    }
  }
  template <class A, detail::numbers Z> void observe(A const& act, Z const& z, unit_layout const& layout) {
    detail::require_layout("observe", "z", z, layout);
    if (recording_) {
      timer const time(*this);
      record("observe", act, z, detail::not_wanted, detail::not_wanted, recorded(layout));
    }
  }
  /// A record made elsewhere (another thread; another rule's numbers are refused) joins this step. It has no histogram.
  void add(saturation const& record) {
    if (recording_) {
      here().now.saturation += record;
    }
  }

  /// dL/dz of this layer, any shape.
  template <detail::numbers G> void gradient(G const& dz) {
    detail::require_equal_rows("gradient", "dz", dz);
    if (recording_) {
      timer const time(*this);
      add_gradient(dz, layout_of(dz));
    }
  }
  template <detail::numbers G> void gradient(G const& dz, unit_layout const& layout) {
    detail::require_layout("gradient", "dz", dz, layout);
    if (recording_) {
      timer const time(*this);
      add_gradient(dz, recorded(layout));
    }
  }

  /// The step scale * dw that is about to change w (scale = -learning rate where dw is the gradient). w and dw have the
  /// same size (shape_error otherwise). See monitor_options::updates.
  template <detail::numbers W, detail::numbers D> void update(W const& w, D const& dw, double scale = 1.0) {
    detail::require_same_shape("update", "dw", dw, w);
    if (!recording_ || updates_ == 0 || here().turn % updates_ != 0) {
      return;
    }
    timer const time(*this);
    detail::array_summary const weights = summary_of(w);
    detail::array_summary const step = summary_of(dw);
    double const ratio = std::fabs(scale) * std::sqrt(step.finite.variance() / weights.finite.variance());
    bool const finite = weights.nan + weights.infinite + step.nan + step.infinite == 0;
    update_record& record = here().now.update;
    if (finite && ratio > 0.0 && ratio <= (std::numeric_limits<double>::max)()) {
      record.log_ratio += std::log10(ratio);
      ++record.steps;
    } else {
      ++record.unusable;
    }
  }

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] any_rule const& rule() const { return rule_; }
  /// The phase that is recorded at the moment.
  [[nodiscard]] satur::phase phase() const { return phase_; }
  /// The step that is being made.
  [[nodiscard]] layer_record const& current(satur::phase p = phase::train) const { return of(p).now; }
  /// The last closed step that was sampled.
  [[nodiscard]] layer_record const& last(satur::phase p = phase::train) const { return of(p).last; }
  /// All closed steps that were sampled.
  [[nodiscard]] layer_record const& total(satur::phase p = phase::train) const { return of(p).total; }
  /// Step by step, in bounded memory.
  [[nodiscard]] satur::history const& history(satur::phase p = phase::train) const { return of(p).lines; }

  /// Of the window: what was recorded since the last `monitor::start_window`, the step that is being made among it.
  /// Empty where the monitor draws none, or the phase was not entered.
  [[nodiscard]] std::optional<layer_histograms> const& histograms(satur::phase p = phase::train) const {
    return of(p).drawn;
  }
  /// Each unit of the window; empty as the histograms are. `unit_records::lifetime` and the silences go on from window
  /// to window.
  [[nodiscard]] std::optional<unit_records> const& units(satur::phase p = phase::train) const { return of(p).units; }
  /// Another `monitor_options::histograms` for this layer; what was drawn stays.
  void draw_histograms(std::size_t one_in) { histograms_ = one_in; }
  /// Another `monitor_options::units` for this layer; what was recorded stays.
  void record_units(bool on) { units_ = on; }

  bool operator==(layer_monitor const& o) const {
    return name_ == o.name_ && rule_ == o.rule_ && histograms_ == o.histograms_ && units_ == o.units_ &&
           phase_ == o.phase_ && recording_ == o.recording_ && phases_ == o.phases_;
  }

private:
  friend class monitor;
  friend class shared_monitor;
  friend struct detail::record_access;

  struct phase_records {
    layer_record now;
    layer_record last;
    layer_record total;
    satur::history lines;
    std::optional<layer_histograms> drawn;
    std::optional<unit_records> units;
    std::uint64_t turn = 0; ///< sampled steps: which blocks are drawn, and whether updates are read
    bool operator==(phase_records const&) const = default;
  };

  /// Adds the time of a call, where the monitor has a budget.
  class timer {
  public:
    explicit timer(layer_monitor& layer) : layer_(layer), start_(layer.clock_ == nullptr ? 0 : layer.clock_()) {}
    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;
    ~timer() {
      if (layer_.clock_ != nullptr) {
        layer_.calls_ns_ += layer_.clock_() - start_;
      }
    }

  private:
    layer_monitor& layer_;
    std::uint64_t start_;
  };

  template <class X> [[nodiscard]] static detail::array_summary summary_of(X const& x) {
    using T = detail::value_t<X>;
    detail::array_summary summary;
    detail::for_each_block(x, [&](T const* data, std::size_t n) { detail::summarize(data, n, summary); });
    return summary;
  }
  /// The layer's record of dL/dz, and its units' in the same pass where there is a layout.
  template <class G> void add_gradient(G const& dz, std::optional<unit_layout> const& layout) {
    gradient_record g;
    if (layout) {
      detail::observe_unit_gradients_into(dz, *layout, unit_record(), &g);
    } else {
      detail::array_summary const s = summary_of(dz);
      g.count = s.finite.count;
      g.zeros = s.zeros;
      g.nan = s.nan;
      g.infinite = s.infinite;
      g.square += s.finite.deviations;
      g.square += s.finite.mean * s.finite.mean * static_cast<double>(s.finite.count);
    }
    here().now.gradient += g;
    draw_into(&layer_histograms::gradient, dz);
  }
  [[nodiscard]] phase_records const& of(satur::phase p) const { return phases_[static_cast<std::size_t>(p)]; }
  [[nodiscard]] phase_records& here() { return phases_[static_cast<std::size_t>(phase_)]; }

  [[nodiscard]] unit_records& unit_record() {
    std::optional<unit_records>& u = here().units;
    return u ? *u : u.emplace();
  }
  /// How the units of x lie, where they are recorded.
  template <class X> [[nodiscard]] std::optional<unit_layout> layout_of(X const& x) const {
    if constexpr (detail::shaped<X>) {
      if (units_ && detail::rank_of(x) == 2) {
        return unit_layout::of(detail::shape_of(x));
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<unit_layout> recorded(unit_layout const& layout) const {
    return units_ ? std::optional(layout) : std::nullopt;
  }
  template <class A, class Z, class Y>
  void make(A const& act, Z const& z, Y& y, std::optional<unit_layout> const& layout) {
    timer const time(*this);
    if (recording_) {
      record("forward", act, z, std::addressof(y), detail::not_wanted, layout);
    } else {
      satur::apply(act, z, y);
    }
  }
  template <class A, class Z, class Y, class D>
  void make(A const& act, Z const& z, Y& y, D& dy, std::optional<unit_layout> const& layout) {
    timer const time(*this);
    if (recording_) {
      record("forward", act, z, std::addressof(y), std::addressof(dy), layout);
    } else {
      satur::apply(act, z, y, dy);
    }
  }
  /// The layer's record of z, its histograms, and its units' records if there is a layout, from one evaluation. y and
  /// dy may be null.
  template <class A, class Z, class Y, class D>
  void record(char const* function, A const& act, Z const& z, Y* y, D* dy, std::optional<unit_layout> const& layout) {
    using T = detail::value_t<Z>;
    if (!layout) {
      here().now.saturation += histograms_ == 0
                                   ? detail::record_into(function, act, z, y, dy, rule_, detail::no_block_visitor{})
                                   : detail::record_into(function, act, z, y, dy, rule_, drawing());
      return;
    }
    char const* const of_units = detail::is_array_v<Y> ? "forward_units" : "observe_units";
    detail::require_equal_rows(of_units, "z", z); // before a record of units is made
    satur::saturation whole;
    if constexpr (!detail::is_array_v<D>) {
      if (histograms_ != 0) {
        std::span<T> slopes(scratch_.template room<T>(layout->size()), layout->size());
        detail::units_into(of_units, act, z, y, &slopes, *layout, unit_record(), rule_, &whole);
        here().now.saturation += whole;
        draw_into(&layer_histograms::z, z);
        if constexpr (detail::plain_memory<Z>) {
          auto const view = as_array_view(z);
          if (view.data != nullptr && view.is_column_major() && !view.is_row_major()) { // z is drawn in that order
            detail::drawn_blocks blocks{histograms_, here().turn};
            detail::for_each_buffered_leaf(detail::with_axes_reversed(array_view<T>(slopes.data(), view.shape)),
                                           [&](T const* data, std::size_t n) {
                                             blocks.draw(here().drawn, &layer_histograms::slope, data, n);
                                             blocks.pass(n);
                                           });
            return;
          }
        }
        draw_into(&layer_histograms::slope, slopes);
        return;
      }
    }
    detail::units_into(of_units, act, z, y, dy, *layout, unit_record(), rule_, &whole);
    here().now.saturation += whole;
    draw_into(&layer_histograms::z, z);
    if constexpr (detail::is_array_v<D>) {
      draw_into(&layer_histograms::slope, *dy);
    }
  }
  template <class X> void draw_into(histogram layer_histograms::*which, X const& x) {
    if (histograms_ == 0) {
      return;
    }
    detail::drawn_blocks blocks{histograms_, here().turn};
    detail::for_each_block(x, [&](auto const* data, std::size_t n) {
      blocks.draw(here().drawn, which, data, n);
      blocks.pass(n);
    });
  }
  [[nodiscard]] detail::drawing drawing() { return {here().drawn, {histograms_, here().turn}, scratch_}; }

  /// Closes a sampled step.
  SATUR_COMPILED_MEMBER void end_step(std::uint64_t number)
#if SATUR_COMPILED
      ;
#else
  {
    phase_records& p = here();
    p.total += p.now;
    p.last = p.now;
    p.now = {};
    ++p.turn;
    p.lines.push(history_line(number, p.last));
  }
#endif
  void start_window() {
    if (here().drawn) {
      here().drawn->clear();
    }
    if (here().units) {
      here().units->start_window();
    }
  }
  void clear() {
    for (phase_records& p : phases_) {
      p.now = p.last = p.total = {};
      p.lines.clear();
      if (p.drawn) {
        p.drawn->clear();
      }
      if (p.units) {
        p.units->clear();
      }
    }
  }
  /// Throws std::invalid_argument where a record of the other cannot be added to ours.
  void require_mergeable(layer_monitor const& o) const {
    for (std::size_t i = 0; i < phases_.size(); ++i) {
      phases_[i].now.saturation.require_mergeable(o.phases_[i].now.saturation);
      phases_[i].last.saturation.require_mergeable(o.phases_[i].last.saturation);
      phases_[i].total.saturation.require_mergeable(o.phases_[i].total.saturation);
      if (phases_[i].units && o.phases_[i].units) {
        phases_[i].units->require_mergeable(*o.phases_[i].units);
      }
    }
  }
  void merge(layer_monitor const& o) {
    for (std::size_t i = 0; i < phases_.size(); ++i) {
      phases_[i].now += o.phases_[i].now;
      phases_[i].last += o.phases_[i].last;
      phases_[i].total += o.phases_[i].total;
      phases_[i].lines += o.phases_[i].lines;
      merge_window(phases_[i], o.phases_[i]);
      if (auto const& theirs = o.phases_[i].units; theirs) {
        phases_[i].units ? *phases_[i].units += *theirs : phases_[i].units.emplace(*theirs);
      }
    }
  }
  static void merge_window(phase_records& p, phase_records const& o) {
    if (o.drawn) {
      p.drawn ? * p.drawn += *o.drawn : p.drawn.emplace(*o.drawn);
    }
  }
  /// Moves what the other recorded in the step that is being made to the same step here.
  void absorb(layer_monitor& o) {
    phase_records& from = o.here();
    here().now += from.now;
    from.now = {};
    merge_window(here(), from);
    if (from.units) { // as if the other's samples came after ours
      unit_record().follow(*from.units);
      from.units->clear();
    }
    o.start_window();
  }

  std::string name_;
  any_rule rule_;
  std::size_t histograms_;
  std::size_t updates_;
  bool units_;
  std::array<phase_records, 2> phases_;
  satur::phase phase_ = phase::train;
  bool recording_ = true;
  detail::scratch_memory scratch_; ///< slopes that are drawn and not wanted
  clock_function clock_ = nullptr; ///< null where nothing is timed
  std::uint64_t calls_ns_ = 0;     ///< time inside the calls of this step
};

}} // namespace satur::SATUR_ABI
