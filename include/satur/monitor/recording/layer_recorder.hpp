/// \file monitor/recording/layer_recorder.hpp  The passes over a layer's arrays, and the records that they add to.
#pragma once

#include "satur/monitor/options.hpp"
#include "satur/monitor/recording/drawing.hpp"
#include "satur/monitor/recording/format_watch.hpp"
#include "satur/monitor/recording/phase_records.hpp"
#include "satur/monitor/recording/rows.hpp"
#include "satur/monitor/recording/weights.hpp"
#include "satur/observe/kernel/moments.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/units.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// The records of one layer in both phases, and what is recorded: each function reads arrays once and adds to the step
/// that is being made. A regular value.
struct layer_recorder {
  any_rule rule;
  std::size_t histograms = 0; ///< as in monitor_options
  std::size_t updates = 1;
  bool units = false;
  std::size_t rows = 1;
  format_watch formats = {};
  satur::phase phase = satur::phase::train; ///< the one that is recorded at the moment
  both_phases phases = {};
  scratch_memory scratch = {};  ///< slopes that are drawn and not wanted
  scratch_memory gathered = {}; ///< rows that are observed
  scratch_memory kept = {};     ///< rows that a mask keeps

  [[nodiscard]] phase_records const& of(satur::phase p) const { return phases[static_cast<std::size_t>(p)]; }
  [[nodiscard]] phase_records& here() { return phases[static_cast<std::size_t>(phase)]; }

  /// How the rows and units of x lie, where either matters: x has two axes (batch, units).
  template <class X> [[nodiscard]] std::optional<unit_layout> layout_of(X const& x) const {
    if constexpr (shaped<X>) {
      if ((units || rows > 1) && rank_of(x) == 2) {
        return unit_layout::of(shape_of(x));
      }
    }
    return std::nullopt;
  }

  /// The layer's record of z, its histograms, and its units' records if they are recorded and there is a layout, from
  /// one evaluation. y and dy may be null. With `rows` and a layout, some rows of z are observed, and the results are
  /// applied.
  template <class A, class Z, class Y, class D>
  void pass(char const* function, A const& act, Z const& z, Y* y, D* dy, std::optional<unit_layout> const& layout) {
    drawn_places const drawn = drawn_rows(layout);
    if (drawn.one_in == 1) {
      observe(function, act, z, y, dy, units ? layout : std::nullopt, here().turn);
      formats.add_pass(act, z, y, here().formats, {histograms, here().turn});
      return;
    }
    if (units) {
      unit_access::prepare(is_array_v<Y> ? "forward_units" : "observe_units", here().made_units(), *layout);
    }
    results_into("forward", act, z, y, dy);
    observe_rows(act, z, y, dy, *layout, drawn);
  }

  /// The layer's record of dL/dz, its histogram, and its units' if they are recorded and there is a layout. With `rows`
  /// the rows whose z were observed in this step.
  template <class G> void gradient(G const& dz, std::optional<unit_layout> const& layout) {
    drawn_places const drawn = drawn_rows(layout);
    if (drawn.one_in == 1) {
      observe_gradient(dz, units ? layout : std::nullopt, here().turn);
      return;
    }
    if (units) {
      unit_access::prepare("observe_unit_gradients", here().made_units(), *layout, "dz");
    }
    using T = value_t<G>;
    std::size_t const length = layout->units * layout->inner;
    row_room<T> const some(drawn.most() * length, gathered);
    copy_rows(dz, length, drawn, some.data());
    here().origin.rows = (std::max)(here().origin.rows, std::uint64_t{drawn.one_in});
    unit_layout const part{drawn.count(), layout->units, layout->inner};
    observe_gradient(std::span<T const>(some.data(), part.size()), units ? std::optional(part) : std::nullopt,
                     here().turn / drawn.one_in);
  }

  /// Whether this step's updates are read.
  [[nodiscard]] bool reads_updates() { return updates != 0 && here().turn % updates == 0; }
  /// The size of the step scale * dw beside that of w.
  template <class W, class D> void update(W const& w, D const& dw, double scale) {
    array_summary const weights = summary_of_blocks(w, rows, here().turn / updates, gathered);
    array_summary const step = summary_of_blocks(dw, rows, here().turn / updates, gathered);
    double const ratio = std::fabs(scale) * std::sqrt(step.finite.variance() / weights.finite.variance());
    bool const finite = weights.nan + weights.infinite + step.nan + step.infinite == 0;
    layer_origin& origin = here().origin;
    origin.weights = {weights.finite.count, weights.nan, weights.infinite, weights.finite.mean,
                      weights.finite.count == 0 ? 0.0 : weights.finite.variance()};
    if (std::uint64_t const size = size_of(w); origin.weights.whole() < size) { // some blocks of them
      origin.weights.size = size;
    }
    if (origin.first_weights.empty()) {
      origin.first_weights = origin.weights;
    }
    formats.add_weights(w, here().formats, {histograms, here().turn / updates}, rows, gathered);
    update_record& record = here().now.update;
    if (finite && ratio > 0.0 && ratio <= (std::numeric_limits<double>::max)()) {
      record.log_ratio += std::log10(ratio);
      ++record.steps;
    } else {
      ++record.unusable;
    }
  }

  void watch_formats(watched_formats const& wanted) {
    for (phase_records& p : phases) {
      formats.forget_others(wanted, p.formats);
    }
    formats.wanted = wanted;
  }

  bool operator==(layer_recorder const& o) const {
    return rule == o.rule && histograms == o.histograms && units == o.units && formats == o.formats &&
           phase == o.phase && phases == o.phases;
  }

private:
  [[nodiscard]] drawn_places drawn_rows(std::optional<unit_layout> const& layout) {
    return {layout ? layout->outer : 0, rows, here().turn};
  }
  /// The drawn rows of z. y and dy have f(z) and f'(z) by now; they may be null.
  template <class A, class Z, class Y, class D>
  void observe_rows(A const& act, Z const& z, Y* y, D* dy, unit_layout const& layout, drawn_places const& drawn) {
    using T = value_t<Z>;
    std::size_t const length = layout.units * layout.inner;
    unit_layout const part{drawn.count(), layout.units, layout.inner};
    row_room<T> const rows_z(drawn.most() * length, gathered);
    row_room<T> const rows_dy(histograms != 0 ? drawn.most() * length : 0, scratch);
    copy_rows(z, length, drawn, rows_z.data());
    T const* known_y = nullptr;
    T const* known_dy = nullptr;
    if constexpr (is_array_v<Y> && is_array_v<D>) { // not if they were rounded to 16 bits
      known_y = row_major_data(*y);
      known_dy = row_major_data(*dy);
    }
    auto const bound = limits_of<T>(rule, act);
    satur::saturation const nothing = empty_record(act, rule);
    satur::saturation record = nothing;
    known_results<T> const results{evaluator_of<T>(act), rows_z.data(), known_y, known_dy, length, drawn};
    evaluator<T> const values = known_y != nullptr && known_dy != nullptr ? results.as_evaluator() : results.act;
    T* const slopes = histograms != 0 ? rows_dy.data() : nullptr;
    if (units) {
      unit_access::prepare("observe_units", here().made_units(), part, nothing.rule, nothing.activation,
                           nothing.peak_slope);
      unit_pass<T> pass{
          {values, rows_z.data(), nullptr, slopes, part}, bound, output_when_off<T>(act), *here().units, &record};
      math::run<T>(pass);
    } else {
      observe_arrays(
          values, bound, plain_arrays<T>{rows_z.data(), nullptr, slopes}, part.size(), [&nothing] { return nothing; },
          record);
    }
    here().origin.rows = (std::max)(here().origin.rows, std::uint64_t{drawn.one_in});
    here().now.saturation += record;
    std::uint64_t const turn = here().turn / drawn.one_in;
    formats.add_pass(act, std::span<T const>(rows_z.data(), part.size()), not_wanted, here().formats,
                     {histograms, turn});
    if (histograms == 0) {
      return;
    }
    draw_into(&layer_histograms::z, std::span<T const>(rows_z.data(), part.size()), turn);
    draw_into(&layer_histograms::slope, std::span<T const>(slopes, part.size()), turn);
  }
  /// The body of `pass`, with all of z observed. `turn`: which blocks are drawn.
  template <class A, class Z, class Y, class D>
  void observe(char const* function, A const& act, Z const& z, Y* y, D* dy, std::optional<unit_layout> const& layout,
               std::uint64_t turn) {
    using T = value_t<Z>;
    if (!layout) {
      here().now.saturation += histograms == 0 ? record_into(function, act, z, y, dy, rule, no_block_visitor{})
                                               : record_into(function, act, z, y, dy, rule, drawing(turn));
      return;
    }
    char const* const of_units = is_array_v<Y> ? "forward_units" : "observe_units";
    require_equal_rows(of_units, "z", z); // before a record of units is made
    satur::saturation whole;
    if constexpr (!is_array_v<D>) {
      if (histograms != 0) {
        std::span<T> slopes(scratch.template room<T>(layout->size()), layout->size());
        units_into(of_units, act, z, y, &slopes, *layout, here().made_units(), rule, &whole);
        here().now.saturation += whole;
        draw_into(&layer_histograms::z, z, turn);
        if constexpr (plain_memory<Z>) {
          auto const view = as_array_view(z);
          if (view.data != nullptr && view.is_column_major() && !view.is_row_major()) { // z is drawn in that order
            drawn_blocks blocks{histograms, turn};
            for_each_buffered_leaf(with_axes_reversed(array_view<T>(slopes.data(), view.shape)),
                                   [&](T const* data, std::size_t n) {
                                     blocks.draw(here().drawn, &layer_histograms::slope, data, n);
                                     blocks.pass(n);
                                   });
            return;
          }
        }
        draw_into(&layer_histograms::slope, slopes, turn);
        return;
      }
    }
    units_into(of_units, act, z, y, dy, *layout, here().made_units(), rule, &whole);
    here().now.saturation += whole;
    draw_into(&layer_histograms::z, z, turn);
    if constexpr (is_array_v<D>) {
      draw_into(&layer_histograms::slope, *dy, turn);
    }
  }
  /// The body of `gradient`, with all of dz observed.
  template <class G> void observe_gradient(G const& dz, std::optional<unit_layout> const& layout, std::uint64_t turn) {
    gradient_record g;
    if (layout) {
      observe_unit_gradients_into(dz, *layout, here().made_units(), &g);
    } else {
      array_summary const s = summary_of(dz);
      g.count = s.finite.count;
      g.zeros = s.zeros;
      g.nan = s.nan;
      g.infinite = s.infinite;
      g.square += s.finite.deviations;
      g.square += s.finite.mean * s.finite.mean * static_cast<double>(s.finite.count);
    }
    here().now.gradient += g;
    draw_into(&layer_histograms::gradient, dz, turn);
    formats.add(layer_numbers::gradient, dz, here().formats, {histograms, turn});
  }

  template <class X> void draw_into(histogram layer_histograms::*which, X const& x, std::uint64_t turn) {
    if (histograms == 0) {
      return;
    }
    drawn_blocks blocks{histograms, turn};
    for_each_block(x, [&](auto const* data, std::size_t n) {
      blocks.draw(here().drawn, which, data, n);
      blocks.pass(n);
    });
  }
  [[nodiscard]] detail::drawing drawing(std::uint64_t turn) { return {here().drawn, {histograms, turn}, scratch}; }
};

} // namespace satur::inline SATUR_ABI::detail
