/// \file record/units/unit_records.hpp  What each unit of a layer did: 64 bytes a unit, streaming, mergeable.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/record/units/unit_store.hpp"
#include "satur/rule/all.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// What a record of units is asked beside the units.
struct unit_options {
  /// A sample counts as saturated where at least this share of the layer's units is: the third axis of
  /// `saturation_axes`. NaN is no saturated unit.
  double sample_share = 0.5;

  /// Throws std::invalid_argument where a number is out of range.
  void require_valid() const {
    if (detail::is_nan(sample_share) || !(sample_share > 0.0 && sample_share <= 1.0)) {
      detail::bad_parameter("unit_options", "sample_share", sample_share,
                            "a share of the layer in (0, 1], such as 0.5");
    }
  }
  bool operator==(unit_options const&) const = default;
};

namespace detail {
struct unit_access;
struct unit_record_access;
} // namespace detail

/// What each unit of a layer did. A regular value: copy it, compare it, merge it with +=, reset it with `= {}`. It
/// takes the number of units, the rule and the activation of the first block that it sees (`observe_units`,
/// `forward_units`, `observe_unit_gradients`), and refuses others.
///
/// A unit takes 64 bytes: six means in double (f'(z), z, the variance of z, f(z), |f(z)|, the square of dL/dz) and four
/// counters (low, high, active, samples since the last active one). Means, not sums: a mean that is moved by a share of
/// its distance keeps its digits over 10^9 samples, where a sum of 0.1 would lose eight. 24 bytes a unit more are kept
/// once a layer has seen NaN, infinity, or 2^32 samples; counters end at 2^48.
///
/// A sample is active where f(z) is not the value of the flat side. The flat side is the one beyond the activation's
/// first kink (relu: active means f(z) > 0; relu6, hard_sigmoid and hard_tanh: not at their lower end), or else beyond
/// its last one, if the slope there is exactly 0; any other activation, and one that states no kinks, counts as active
/// where f(z) != 0: a sigmoid always, a soft_shrink outside its dead zone. NaN is never active.
class unit_records {
public:
  static constexpr std::size_t bytes_a_unit = detail::unit_bytes;

  unit_records() = default;
  /// Throws std::invalid_argument where an option is out of range.
  explicit unit_records(unit_options const& options) : options_(options) { options_.require_valid(); }

  /// Units; 0 before the first block.
  [[nodiscard]] std::size_t size() const { return store_.units; }
  /// Samples of the window, those with NaN among them.
  [[nodiscard]] std::uint64_t samples() const { return store_.samples; }
  /// Samples of dL/dz of the window.
  [[nodiscard]] std::uint64_t gradient_samples() const { return store_.gradient_samples; }
  /// Samples on which at least `options().sample_share` of the units was saturated.
  [[nodiscard]] std::uint64_t saturated_samples() const { return saturated_samples_; }
  /// Samples since the record was made, of windows before this one too.
  [[nodiscard]] std::uint64_t lifetime() const { return store_.lifetime; }
  /// Nothing was seen in this window.
  [[nodiscard]] bool empty() const { return store_.samples == 0 && store_.gradient_samples == 0; }
  [[nodiscard]] unit_options const& options() const { return options_; }
  [[nodiscard]] rule_definition const& rule() const { return rule_; }
  [[nodiscard]] label const& activation() const { return activation_; }
  [[nodiscard]] double peak_slope() const { return peak_slope_; }
  /// Memory that its units take.
  [[nodiscard]] std::size_t bytes() const { return store_.bytes(); }

  /// Unit u, u < size().
  [[nodiscard]] unit_summary operator[](std::size_t u) const {
    unit_summary s;
    s.unit = u;
    s.nan = static_cast<double>(store_.nan(u));
    s.infinite = static_cast<double>(store_.infinite(u));
    s.samples = static_cast<double>(store_.samples - store_.nan(u));
    s.low = static_cast<double>(store_.count(detail::of_low, u));
    s.high = static_cast<double>(store_.count(detail::of_high, u));
    s.active = static_cast<double>(store_.count(detail::of_active, u));
    std::uint32_t const silence = store_.count_row(detail::of_silence)[u];
    s.ever_active = silence != detail::never_active;
    s.silent = static_cast<double>(s.ever_active ? silence : store_.lifetime);
    s.bad_gradients = static_cast<double>(store_.bad_gradients(u));
    s.gradients = static_cast<double>(store_.gradient_samples - store_.bad_gradients(u));
    for (std::size_t row = 0; row < detail::unit_statistics.size(); ++row) {
      s.*detail::unit_statistics[row].summary = store_.statistic(row, u);
    }
    s.peak_slope = peak_slope_;
    return s;
  }

  /// All units as one: counts added, means over all, `unit` is size(), `silent` the shortest. What `observe` gives of
  /// the same numbers.
  [[nodiscard]] unit_summary layer() const {
    unit_summary all;
    std::array<moments, detail::unit_statistics.size()> statistics;
    all.silent = static_cast<double>(store_.lifetime);
    for (std::size_t u = 0; u < size(); ++u) {
      unit_summary const s = (*this)[u];
      for (double unit_summary::*const count :
           {&unit_summary::samples, &unit_summary::low, &unit_summary::high, &unit_summary::active, &unit_summary::nan,
            &unit_summary::infinite, &unit_summary::gradients, &unit_summary::bad_gradients}) {
        all.*count += s.*count;
      }
      all.ever_active = all.ever_active || s.ever_active;
      all.silent = (std::min)(all.silent, s.silent);
      for (std::size_t row = 0; row < statistics.size(); ++row) {
        if (detail::is_mean(row)) {
          double const n = detail::sizes_of(s)[detail::unit_statistics[row].over];
          double const variance = detail::has_variance(row) ? s.*detail::unit_statistics[row + 1].summary : 0.0;
          statistics[row] += {static_cast<std::uint64_t>(n), s.*detail::unit_statistics[row].summary, variance * n};
        }
      }
    }
    for (std::size_t row = 0; row < statistics.size(); ++row) {
      moments const& m = statistics[detail::is_mean(row) ? row : row - 1];
      all.*detail::unit_statistics[row].summary = detail::is_mean(row) ? m.mean : m.count == 0 ? 0.0 : m.variance();
    }
    all.unit = size();
    all.peak_slope = peak_slope_;
    return all;
  }

  /// Forgets everything but the layer (its units, rule and activation) and how long each unit has been silent.
  void start_window() {
    store_.start_window();
    saturated_samples_ = 0;
  }

  /// Forgets the silences too; keeps the units, and their memory.
  void clear() {
    store_.clear();
    saturated_samples_ = 0;
  }

  /// Adds what another record saw at the same time (threads, machines): counters are exact, means good to their last
  /// bits. The two windows overlap in time, so the shorter silence of a unit is kept; `follow` is for records made one
  /// after the other. Throws std::invalid_argument where rules, activations or options differ, and
  /// shape_error where the numbers of units do.
  unit_records& operator+=(unit_records const& o) { return join(o, false); }
  /// Adds what another record saw after this one.
  unit_records& follow(unit_records const& later) { return join(later, true); }
  [[nodiscard]] friend unit_records operator+(unit_records a, unit_records const& b) { return a += b; }

  /// Throws what += would throw.
  void require_mergeable(unit_records const& o) const {
    if (size() == 0 || o.size() == 0) {
      return;
    }
    if (size() != o.size()) {
      detail::raise(shape_error(detail::message("satur::unit_records: cannot merge a record of ",
                                                detail::count_text(size(), "unit"), " with one of ", o.size(),
                                                "; merge records of one layer")));
    }
    if (!(options_ == o.options_)) {
      detail::raise(std::invalid_argument(detail::message(
          "satur::unit_records: cannot merge records that call a sample saturated at ", options_.sample_share, " and ",
          o.options_.sample_share, " of the layer; give both the same unit_options")));
    }
    if (lifetime() != 0 && o.lifetime() != 0 &&
        (!(rule_ == o.rule_) || activation_ != o.activation_ || peak_slope_ != o.peak_slope_)) {
      detail::raise(std::invalid_argument(detail::message("satur::unit_records: cannot merge a record of ", title(),
                                                          " with one of ", o.title(),
                                                          "; merge records of one activation and one rule")));
    }
  }

  /// "sigmoid (|z| > 5)"
  [[nodiscard]] std::string title() const { return detail::message(activation_, " (", to_text(rule_), ')'); }
  bool operator==(unit_records const&) const = default;

private:
  friend struct detail::unit_access;
  friend struct detail::unit_record_access;

  unit_records& join(unit_records const& o, bool later) {
    if (o.size() == 0) {
      return *this;
    }
    if (size() == 0) {
      return *this = o;
    }
    if (&o == this) {
      return join(unit_records(o), later);
    }
    require_mergeable(o);
    if (lifetime() == 0) {
      rule_ = o.rule_;
      activation_ = o.activation_;
      peak_slope_ = o.peak_slope_;
    }
    store_.join(o.store_, later);
    saturated_samples_ += o.saturated_samples_;
    return *this;
  }

  unit_options options_;
  rule_definition rule_;
  label activation_;
  double peak_slope_ = 0.0;
  std::uint64_t saturated_samples_ = 0;
  detail::unit_store store_;
};

inline std::ostream& operator<<(std::ostream& out, unit_records const& r) { // "relu (|z| > 5): 64 units, 512 samples"
  return out << detail::message(r.title(), ": ", detail::count_text(r.size(), "unit"), ", ",
                                detail::count_text(r.samples(), "sample"));
}

}} // namespace satur::SATUR_ABI
