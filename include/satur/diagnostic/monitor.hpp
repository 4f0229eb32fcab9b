/// \file monitor.hpp  A training run's memory, by layer name: activations, gradients, updates, per step and in all.
#pragma once

#include "satur/diagnostic/gradient_record.hpp"
#include "satur/diagnostic/half.hpp"
#include "satur/diagnostic/pass/moments.hpp"
#include "satur/diagnostic/update_record.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI {

/// All that is known of one layer over some stretch of training. Merge with +=, reset with `= {}`.
struct layer_record {
  satur::saturation saturation;
  gradient_record gradient;
  update_record update;

  [[nodiscard]] bool nonfinite() const { return saturation.nonfinite() || gradient.nonfinite(); }
  layer_record& operator+=(layer_record const& o) {
    saturation += o.saturation;
    gradient += o.gradient;
    update += o.update;
    return *this;
  }
  bool operator==(layer_record const&) const = default;
};

/// One layer of a monitor. Each call adds to the step that is being made; `monitor::end_step` closes it.
class layer_monitor {
public:
  layer_monitor(std::string_view name, any_rule const& rule) : name_(name), rule_(rule) {}

  /// y = act(z), recorded; see satur::forward.
  template <class A, class Z, class Y> void forward(A const& act, Z const& z, Y&& y) {
    now_.saturation += satur::forward(act, z, y, rule_);
  }
  /// y = act(z) and dy = act'(z), recorded.
  template <class A, class Z, class Y, class D> void forward(A const& act, Z const& z, Y&& y, D&& dy) {
    now_.saturation += satur::forward(act, z, y, dy, rule_);
  }
  /// Recorded only; see satur::observe.
  template <class A, class Z> void observe(A const& act, Z const& z) {
    now_.saturation += satur::observe(act, z, rule_);
  }
  /// A record made elsewhere (another thread, another rule's numbers are refused) joins this step.
  void add(saturation const& record) { now_.saturation += record; }

  /// dL/dz of this layer, any shape.
  template <detail::numbers G> void gradient(G const& dz) {
    detail::array_summary const s = summary_of(dz);
    gradient_record g;
    g.count = s.finite.count;
    g.zeros = s.zeros;
    g.nan = s.nan;
    g.infinite = s.infinite;
    g.square += s.finite.deviations;
    g.square += s.finite.mean * s.finite.mean * static_cast<double>(s.finite.count);
    now_.gradient += g;
  }

  /// The step scale * dw that is about to change w (scale = -learning rate where dw is the gradient). w and dw have the
  /// same size (shape_error otherwise).
  template <detail::numbers W, detail::numbers D> void update(W const& w, D const& dw, double scale = 1.0) {
    detail::require_same_shape("update", "dw", dw, w);
    detail::array_summary const weights = summary_of(w);
    detail::array_summary const step = summary_of(dw);
    double const ratio = std::fabs(scale) * std::sqrt(step.finite.variance() / weights.finite.variance());
    bool const finite = weights.nan + weights.infinite + step.nan + step.infinite == 0;
    if (finite && ratio > 0.0 && ratio <= std::numeric_limits<double>::max()) {
      now_.update.log_ratio += std::log10(ratio);
      ++now_.update.steps;
    } else {
      ++now_.update.unusable;
    }
  }

  [[nodiscard]] std::string const& name() const { return name_; }
  /// The step that is being made.
  [[nodiscard]] layer_record const& current() const { return now_; }
  /// The last closed step.
  [[nodiscard]] layer_record const& last() const { return last_; }
  /// All closed steps.
  [[nodiscard]] layer_record const& total() const { return total_; }

private:
  friend class monitor;
  template <class X> [[nodiscard]] static detail::array_summary summary_of(X const& x) {
    using T = detail::value_t<X>;
    detail::array_summary summary;
    detail::for_each_block(x, [&](T const* data, std::size_t n) { detail::summarise(data, n, summary); });
    return summary;
  }
  void end_step() {
    total_ += now_;
    last_ = now_;
    now_ = {};
  }

  std::string name_;
  any_rule rule_;
  layer_record now_;
  layer_record last_;
  layer_record total_;
};

/// A training run's memory, by layer name, in the order of first use. Allocates when a layer is first named and never
/// again. Not for several threads at once: give each its own and merge the records.
class monitor {
public:
  /// Every layer counts as saturated by the same rule.
  explicit monitor(any_rule const& rule = z_beyond{5.0}) : rule_(rule) {}

  /// The layer of that name, new where there is none. The reference stays valid.
  [[nodiscard]] layer_monitor& operator[](std::string_view name) {
    for (layer_monitor& layer : layers_) {
      if (layer.name() == name) {
        return layer;
      }
    }
    return layers_.emplace_back(name, rule_);
  }
  /// Throws std::invalid_argument, naming the known layers, where there is none of that name.
  [[nodiscard]] layer_monitor const& at(std::string_view name) const {
    std::string known;
    for (layer_monitor const& layer : layers_) {
      if (layer.name() == name) {
        return layer;
      }
      known += (known.empty() ? "" : ", ") + layer.name();
    }
    detail::bad_parameter("monitor::at", "layer", std::string(name), known.empty() ? "none seen yet" : known);
  }

  /// Closes the step: what was recorded since the last call becomes `last()` of each layer and joins `total()`.
  void end_step() {
    for (layer_monitor& layer : layers_) {
      layer.end_step();
    }
    ++steps_;
  }
  /// Forgets all records, keeps the names and the rule.
  void reset() {
    for (layer_monitor& layer : layers_) {
      layer.now_ = layer.last_ = layer.total_ = {};
    }
    steps_ = 0;
  }

  [[nodiscard]] any_rule const& rule() const { return rule_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::size_t size() const { return layers_.size(); }
  [[nodiscard]] auto begin() const { return layers_.begin(); }
  [[nodiscard]] auto end() const { return layers_.end(); }

private:
  any_rule rule_;
  std::deque<layer_monitor> layers_;
  std::uint64_t steps_ = 0;
};

} // namespace satur::inline SATUR_ABI
