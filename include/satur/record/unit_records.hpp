/// \file record/unit_records.hpp  What each unit of a layer did: 64 bytes a unit, streaming, mergeable.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/record/unit_rows.hpp"
#include "satur/record/unit_summary.hpp"
#include "satur/rule/all.hpp"
#include "satur/simd/run.hpp"
#include "satur/statistics/moments.hpp"

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
    if (!(sample_share > 0.0 && sample_share <= 1.0)) {
      detail::bad_parameter("unit_options", "sample_share", sample_share,
                            "a share of the layer in (0, 1], such as 0.5");
    }
  }
  bool operator==(unit_options const&) const = default;
};

namespace detail {
struct unit_access;
struct record_access;
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
  [[nodiscard]] std::size_t size() const { return units_; }
  /// Samples of the window, those with NaN among them.
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  /// Samples of dL/dz of the window.
  [[nodiscard]] std::uint64_t gradient_samples() const { return gradient_samples_; }
  /// Samples on which at least `options().sample_share` of the units was saturated.
  [[nodiscard]] std::uint64_t saturated_samples() const { return saturated_samples_; }
  /// Samples since the record was made, of windows before this one too.
  [[nodiscard]] std::uint64_t lifetime() const { return lifetime_; }
  /// Nothing was seen in this window.
  [[nodiscard]] bool empty() const { return samples_ == 0 && gradient_samples_ == 0; }
  [[nodiscard]] unit_options const& options() const { return options_; }
  [[nodiscard]] rule_definition const& rule() const { return rule_; }
  [[nodiscard]] label const& activation() const { return activation_; }
  [[nodiscard]] double peak_slope() const { return peak_slope_; }
  /// Memory that its units take.
  [[nodiscard]] std::size_t bytes() const {
    return means_.size() * sizeof(double) + counts_.size() * sizeof(std::uint32_t) +
           rarities_.size() * sizeof(detail::unit_rarities);
  }

  /// Unit u, u < size().
  [[nodiscard]] unit_summary operator[](std::size_t u) const {
    unit_summary s;
    s.unit = u;
    s.nan = static_cast<double>(nan(u));
    s.infinite = static_cast<double>(infinite(u));
    s.samples = static_cast<double>(samples_ - nan(u));
    s.low = static_cast<double>(count(detail::of_low, u));
    s.high = static_cast<double>(count(detail::of_high, u));
    s.active = static_cast<double>(count(detail::of_active, u));
    std::uint32_t const silence = counts_[detail::of_silence * units_ + u];
    s.ever_active = silence != detail::never_active;
    s.silent = s.ever_active ? static_cast<double>(silence) : static_cast<double>(lifetime_);
    s.bad_gradients = static_cast<double>(bad_gradients(u));
    s.gradients = static_cast<double>(gradient_samples_ - bad_gradients(u));
    s.mean_slope = mean(detail::of_slope, u);
    s.z_mean = mean(detail::of_z, u);
    s.z_variance = mean(detail::of_deviation, u);
    s.output = mean(detail::of_output, u);
    s.magnitude = mean(detail::of_magnitude, u);
    s.gradient_mean_square = mean(detail::of_gradient, u);
    s.peak_slope = peak_slope_;
    return s;
  }

  /// All units as one: counts added, means over all, `unit` is size(), `silent` the shortest. What `observe` gives of
  /// the same numbers.
  [[nodiscard]] unit_summary layer() const {
    unit_summary all;
    moments z;
    moments slope;
    moments output;
    moments magnitude;
    moments gradient;
    double silent = static_cast<double>(lifetime_);
    for (std::size_t u = 0; u < units_; ++u) {
      unit_summary const s = (*this)[u];
      auto const seen = static_cast<std::uint64_t>(s.samples);
      auto const finite = static_cast<std::uint64_t>(s.samples - s.infinite);
      all.samples += s.samples;
      all.low += s.low;
      all.high += s.high;
      all.active += s.active;
      all.nan += s.nan;
      all.infinite += s.infinite;
      all.gradients += s.gradients;
      all.bad_gradients += s.bad_gradients;
      all.ever_active = all.ever_active || s.ever_active;
      silent = (std::min)(silent, s.silent);
      slope += moments{seen, s.mean_slope, 0.0};
      z += moments{finite, s.z_mean, s.z_variance * static_cast<double>(finite)};
      output += moments{finite, s.output, 0.0};
      magnitude += moments{finite, s.magnitude, 0.0};
      gradient += moments{static_cast<std::uint64_t>(s.gradients), s.gradient_mean_square, 0.0};
    }
    all.unit = units_;
    all.silent = silent;
    all.mean_slope = slope.mean;
    all.z_mean = z.mean;
    all.z_variance = z.count == 0 ? 0.0 : z.variance();
    all.output = output.mean;
    all.magnitude = magnitude.mean;
    all.gradient_mean_square = gradient.mean;
    all.peak_slope = peak_slope_;
    return all;
  }

  /// Forgets everything but the layer (its units, rule and activation) and how long each unit has been silent.
  void start_window() {
    std::fill(means_.begin(), means_.end(), 0.0);
    std::fill(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(detail::of_silence * units_), 0u);
    rarities_.clear();
    samples_ = gradient_samples_ = saturated_samples_ = 0;
  }

  /// Forgets the silences too; keeps the units, and their memory.
  void clear() {
    start_window();
    std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(detail::of_silence * units_), counts_.end(),
              detail::never_active);
    lifetime_ = 0;
  }

  /// Adds what another record saw at the same time (threads, machines): counters are exact, means good to their last
  /// bits. Neither is before the other, so a unit has been silent for the shorter of its two silences; `follow` is for
  /// records made one after the other. Throws std::invalid_argument where rules, activations or options differ, and
  /// shape_error where the numbers of units do.
  unit_records& operator+=(unit_records const& o) { return join(o, false); }
  /// Adds what another record saw after this one.
  unit_records& follow(unit_records const& later) { return join(later, true); }
  [[nodiscard]] friend unit_records operator+(unit_records a, unit_records const& b) { return a += b; }

  /// Throws what += would throw.
  void require_mergeable(unit_records const& o) const {
    if (units_ == 0 || o.units_ == 0) {
      return;
    }
    if (units_ != o.units_) {
      throw shape_error(detail::message("satur::unit_records: cannot merge a record of ", units_, " units with one of ",
                                        o.units_, "; merge records of one layer"));
    }
    if (!(options_ == o.options_)) {
      throw std::invalid_argument(detail::message(
          "satur::unit_records: cannot merge records that call a sample saturated at ", options_.sample_share, " and ",
          o.options_.sample_share, " of the layer; give both the same unit_options"));
    }
    if (lifetime_ != 0 && o.lifetime_ != 0 &&
        (!(rule_ == o.rule_) || activation_ != o.activation_ || peak_slope_ != o.peak_slope_)) {
      throw std::invalid_argument(detail::message("satur::unit_records: cannot merge a record of ", title(),
                                                  " with one of ", o.title(),
                                                  "; merge records of one activation and one rule"));
    }
  }

  /// "sigmoid (|z| > 5)"
  [[nodiscard]] std::string title() const { return detail::message(activation_, " (", to_text(rule_), ')'); }
  bool operator==(unit_records const&) const = default;

private:
  friend struct detail::unit_access;
  friend struct detail::record_access;

  [[nodiscard]] double mean(detail::unit_mean m, std::size_t u) const { return means_[m * units_ + u]; }
  [[nodiscard]] std::uint64_t count(detail::unit_count c, std::size_t u) const {
    std::uint64_t const carry = rarities_.empty() ? 0 : rarities_[u].carry[c];
    return counts_[c * units_ + u] + (carry << 32);
  }
  [[nodiscard]] std::uint64_t rare(detail::unit_rarity k, std::size_t u) const {
    return rarities_.empty() ? 0 : rarities_[u].count(k);
  }
  [[nodiscard]] std::uint64_t nan(std::size_t u) const { return rare(detail::of_nan, u); }
  [[nodiscard]] std::uint64_t infinite(std::size_t u) const { return rare(detail::of_infinite, u); }
  [[nodiscard]] std::uint64_t bad_gradients(std::size_t u) const { return rare(detail::of_bad_gradients, u); }
  detail::unit_rarities& rarities(std::size_t u) {
    if (rarities_.empty()) {
      rarities_.resize(units_);
    }
    return rarities_[u];
  }
  void add_count(detail::unit_count c, std::size_t u, std::uint64_t n) {
    std::uint64_t const sum = counts_[c * units_ + u] + n;
    counts_[c * units_ + u] = static_cast<std::uint32_t>(sum);
    if (sum >> 32 != 0) {
      std::uint16_t& carry = rarities(u).carry[c];
      carry = static_cast<std::uint16_t>(carry + (sum >> 32));
    }
  }

  void size_for(std::size_t units) {
    units_ = units;
    means_.assign(detail::unit_means * units, 0.0);
    counts_.assign(detail::unit_counts * units, 0u);
    std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(detail::of_silence * units), counts_.end(),
              detail::never_active);
  }

  /// Moves the means of unit u toward those of `more` numbers; `before` of each kind were seen.
  struct unit_sizes {
    std::uint64_t samples;
    std::uint64_t finite;
  };
  void move_means(std::size_t u, unit_sizes const& before, unit_sizes const& more, double slope, moments const& z,
                  double output, double magnitude) {
    toward(detail::of_slope, u, weight_of(before.samples, more.samples), slope);
    double const w = weight_of(before.finite, more.finite);
    toward(detail::of_output, u, w, output);
    toward(detail::of_magnitude, u, w, magnitude);
    if (more.finite != 0) {
      double& mean = means_[detail::of_z * units_ + u];
      double& variance = means_[detail::of_deviation * units_ + u];
      variance = detail::joint_variance(variance, z.variance(), z.mean - mean, w);
      mean = detail::moved_mean(mean, z.mean, w);
    }
  }
  void move_gradient(std::size_t u, std::uint64_t before, std::uint64_t more, double mean_square) {
    toward(detail::of_gradient, u, weight_of(before, more), mean_square);
  }
  void toward(detail::unit_mean m, std::size_t u, double w, double value) {
    if (w > 0.0) {
      double& mean = means_[m * units_ + u];
      mean = detail::moved_mean(mean, value, w);
    }
  }
  [[nodiscard]] static double weight_of(std::uint64_t before, std::uint64_t more) {
    return more == 0 ? 0.0 : static_cast<double>(more) / static_cast<double>(before + more);
  }

  unit_records& join(unit_records const& o, bool later) {
    if (o.units_ == 0) {
      return *this;
    }
    if (units_ == 0) {
      return *this = o;
    }
    if (&o == this) {
      return join(unit_records(o), later);
    }
    require_mergeable(o);
    if (lifetime_ == 0) {
      rule_ = o.rule_;
      activation_ = o.activation_;
      peak_slope_ = o.peak_slope_;
    }
    bool const alike = rarities_.empty() && o.rarities_.empty(); // every unit has seen as many numbers
    if (alike) {
      detail::unit_merging_pass pass{means_.data(), o.means_.data(), units_, weight_of(samples_, o.samples_),
                                     weight_of(gradient_samples_, o.gradient_samples_)};
      math::run<double>(pass);
    } else {
      for (std::size_t u = 0; u < units_; ++u) {
        join_means(u, o);
      }
    }
    std::size_t const counters = detail::of_silence * units_;
    if (alike && samples_ + o.samples_ <= detail::never_active) {
      for (std::size_t i = 0; i < counters; ++i) {
        counts_[i] += o.counts_[i];
      }
    } else {
      for (std::size_t u = 0; u < units_; ++u) {
        for (detail::unit_count const c : {detail::of_low, detail::of_high, detail::of_active}) {
          add_count(c, u, o.count(c, u));
        }
      }
    }
    join_silences(o, later);
    samples_ += o.samples_;
    gradient_samples_ += o.gradient_samples_;
    saturated_samples_ += o.saturated_samples_;
    lifetime_ += o.lifetime_;
    return *this;
  }
  void join_means(std::size_t u, unit_records const& o) {
    unit_sizes const before{samples_ - nan(u), samples_ - nan(u) - infinite(u)};
    unit_sizes const more{o.samples_ - o.nan(u), o.samples_ - o.nan(u) - o.infinite(u)};
    double const n = static_cast<double>(more.finite);
    move_means(u, before, more, o.mean(detail::of_slope, u),
               {more.finite, o.mean(detail::of_z, u), o.mean(detail::of_deviation, u) * n},
               o.mean(detail::of_output, u), o.mean(detail::of_magnitude, u));
    move_gradient(u, gradient_samples_ - bad_gradients(u), o.gradient_samples_ - o.bad_gradients(u),
                  o.mean(detail::of_gradient, u));
    if (!o.rarities_.empty()) {
      detail::unit_rarities& r = rarities(u);
      for (detail::unit_rarity const k : {detail::of_nan, detail::of_infinite, detail::of_bad_gradients}) {
        r.add(k, o.rare(k, u));
      }
    }
  }
  void join_silences(unit_records const& o, bool later) {
    std::uint32_t* const ours = counts_.data() + detail::of_silence * units_;
    std::uint32_t const* const theirs = o.counts_.data() + detail::of_silence * units_;
    if (!later) {
      for (std::size_t u = 0; u < units_; ++u) {
        ours[u] = (std::min)(ours[u], theirs[u]);
      }
      return;
    }
    for (std::size_t u = 0; u < units_; ++u) {
      ours[u] = theirs[u] != detail::never_active ? theirs[u] : longer_silence(ours[u], o.lifetime_);
    }
  }
  [[nodiscard]] static std::uint32_t longer_silence(std::uint32_t silence, std::uint64_t more) {
    auto const room = static_cast<std::uint32_t>((std::min<std::uint64_t>)(more, detail::longest_silence));
    std::uint32_t const longer = silence < detail::longest_silence - room ? silence + room : detail::longest_silence;
    return silence == detail::never_active ? silence : longer;
  }

  unit_options options_;
  rule_definition rule_;
  label activation_;
  double peak_slope_ = 0.0;
  std::size_t units_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t gradient_samples_ = 0;
  std::uint64_t saturated_samples_ = 0;
  std::uint64_t lifetime_ = 0;
  std::vector<double> means_;         ///< unit_means rows of units_
  std::vector<std::uint32_t> counts_; ///< unit_counts rows of units_
  std::vector<detail::unit_rarities> rarities_;
};

inline std::ostream& operator<<(std::ostream& out, unit_records const& r) { // "relu (|z| > 5): 64 units, 512 samples"
  return out << detail::message(r.title(), ": ", r.size(), " units, ", r.samples(), " samples");
}

}} // namespace satur::SATUR_ABI
