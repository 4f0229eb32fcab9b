#include "records.hpp"

#include <sstream>

namespace digest {

void put(line& l, satur::saturation const& s) {
  l.number(s.count, s.low, s.high, s.nan, s.infinite);
  l.number(s.fraction(), s.low_fraction(), s.high_fraction(), s.mean_derivative(), s.mean_squared_derivative(),
           s.slope_share(), s.slope_saturation(), s.mean_z(), s.variance_z(), s.stddev_z(), s.min_z(), s.max_z(),
           s.mean_output(), s.mean_squared_output(), s.variance_output(), s.stddev_output(), s.peak_slope);
  l.number(s.empty(), s.nonfinite());
  l.printed(s);
  l.words(s.title());
}

void put(line& l, satur::moments const& m) { l.number(m.count, m.mean_or_nan(), m.variance()); }

void put(line& l, satur::gradient_record const& g) {
  l.number(g.count, g.zeros, g.nan, g.infinite, g.rms(), g.norm(), g.zero_fraction(), g.nonfinite());
}

void put(line& l, satur::update_record const& u) { l.number(u.steps, u.unusable, u.log10_ratio()); }

void put(line& l, satur::layer_record const& r) {
  put(l, r.saturation);
  put(l, r.gradient);
  put(l, r.update);
}

void put(line& l, satur::unit_summary const& u) {
  l.number(u.unit, u.samples, u.low, u.high, u.active, u.nan, u.infinite, u.silent, u.ever_active, u.gradients,
           u.bad_gradients, u.peak_slope);
  l.number(u.fraction(), u.low_fraction(), u.high_fraction(), u.active_fraction(), u.mean_derivative(), u.slope_share(),
           u.mean_z(), u.variance_z(), u.stddev_z(), u.mean_output(), u.mean_magnitude(), u.gradient_rms(),
           u.gradient_sum_of_squares(), u.gradient_is_zero(), u.silent_samples());
}

void put(line& l, satur::unit_records const& u) {
  l.number(u.size(), u.samples(), u.gradient_samples(), u.saturated_samples(), u.lifetime(), u.empty(), u.peak_slope());
  for (std::size_t i = 0; i < u.size(); ++i) {
    put(l, u[i]);
  }
  put(l, u.layer());
  l.words(u.title());
}

void put(line& l, satur::histogram const& h) {
  for (std::size_t i = 0; i < h.bins(); ++i) {
    l.number(h.edge(i), h.count(i));
  }
  l.number(h.edge(h.bins()), h.below(), h.above(), h.zeros(), h.nan(), h.minus_infinite(), h.plus_infinite(), h.total(),
           h.lowest(), h.highest());
  for (double const p : {0.0, 0.01, 0.07, 0.14, 0.25, 0.28, 0.5, 0.55, 0.56, 0.75, 0.9, 0.99, 1.0}) {
    auto const q = h.quantile(p);
    l.number(q.value, q.low, q.high);
  }
  l.printed(h);
}

void put(line& l, satur::interval const& i) {
  l.number(i.estimate, i.low, i.high, i.level, i.effective, i.independent, i.width(), i.contains(0.5));
  l.printed(i);
}

namespace {

void put(line& l, satur::history const& h) {
  l.number(h.size(), h.seen(), h.stride());
  for (std::size_t i = 0; i < h.size(); ++i) {
    satur::history_line const& one = h[i];
    l.number(one.step, one.count, one.low, one.high, one.nonfinite, one.mean_derivative(), one.slope_share(),
             one.low_fraction(), one.high_fraction(), one.fraction(), one.gradient_rms(), one.log10_update());
  }
}

} // namespace

void put(line& l, satur::monitor const& m) {
  using satur::phase;
  l.number(m.size(), m.stop_requested(), m.sampling_now());
  for (phase const p : {phase::train, phase::eval}) {
    l.number(m.steps(p), m.sampling(p).sampled, m.sampling(p).since);
    for (satur::layer_monitor const& layer : m) {
      digest::put(l, layer.current(p));
      digest::put(l, layer.last(p));
      digest::put(l, layer.total(p));
      put(l, layer.history(p));
      if (layer.histograms(p)) {
        digest::put(l, layer.histograms(p)->z);
        digest::put(l, layer.histograms(p)->slope);
        digest::put(l, layer.histograms(p)->gradient);
      }
      if (layer.units(p)) {
        digest::put(l, *layer.units(p));
      }
    }
    l.printed(satur::saturation_table(m, satur::saturation_table::stretch::all_steps, p));
  }
  l.printed(m);
  std::ostringstream lines;
  satur::write_history(m, lines);
  l.words(lines.str());
  std::ostringstream file(std::ios::binary);
  satur::save(m, file);
  l.bytes(file.str());
}

} // namespace digest
