/// \file monitor/history.hpp  How a layer changed over a run, in bounded memory: one line for each sampled step that is
/// kept.
#pragma once

#include "satur/record/layer.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct record_access;
struct replica_access;
} // namespace detail

/// One step of one layer in 88 bytes: counters and sums, so that two lines of the same step (two threads, two machines)
/// add. The readers are those of the records, NaN where nothing was seen.
struct history_line {
  std::uint64_t step = 0;  ///< number of the step, the first is 0
  std::uint64_t count = 0; ///< see saturation
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::uint64_t nonfinite = 0; ///< NaN and infinite values of z and of dL/dz
  std::uint64_t gradients = 0; ///< finite values of dL/dz
  std::uint64_t updates = 0;   ///< updates with a finite ratio
  double slope = 0.0;          ///< sum of f'(z)
  double gradient_square = 0.0;
  double log_update = 0.0; ///< sum of log10(std(step) / std(weights))
  double peak_slope = 0.0; ///< 0 where the activation does not state it

  history_line() = default;
  history_line(std::uint64_t number, layer_record const& r)
      : step(number), count(r.saturation.count), low(r.saturation.low), high(r.saturation.high),
        nonfinite(r.saturation.nan + r.saturation.infinite + r.gradient.nan + r.gradient.infinite),
        gradients(r.gradient.count), updates(r.update.steps),
        slope(r.saturation.slope.mean * static_cast<double>(r.saturation.slope.count)),
        gradient_square(r.gradient.square.value()), log_update(r.update.log_ratio.value()),
        peak_slope(r.saturation.peak_slope) {}

  [[nodiscard]] double mean_derivative() const { return ratio(slope, count); }
  [[nodiscard]] double slope_share() const {
    return peak_slope > 0.0 ? mean_derivative() / peak_slope : std::numeric_limits<double>::quiet_NaN();
  }
  [[nodiscard]] double low_fraction() const { return ratio(static_cast<double>(low), count); }
  [[nodiscard]] double high_fraction() const { return ratio(static_cast<double>(high), count); }
  [[nodiscard]] double fraction() const { return ratio(static_cast<double>(low + high), count); }
  [[nodiscard]] double gradient_rms() const { return std::sqrt(ratio(gradient_square, gradients)); }
  [[nodiscard]] double log10_update() const { return ratio(log_update, updates); }

  /// Adds another line of the same step.
  history_line& operator+=(history_line const& o) {
    count += o.count;
    low += o.low;
    high += o.high;
    nonfinite += o.nonfinite;
    gradients += o.gradients;
    updates += o.updates;
    slope += o.slope;
    gradient_square += o.gradient_square;
    log_update += o.log_update;
    peak_slope = (std::max)(peak_slope, o.peak_slope);
    return *this;
  }
  bool operator==(history_line const&) const = default;

private:
  [[nodiscard]] static double ratio(double sum, std::uint64_t n) {
    return n == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(n);
  }
};

/// Which lines stay once there are more than fit.
enum class history_keeps : std::uint8_t {
  evenly, ///< of the whole run, evenly spaced: every 2^k-th line, and the newest
  newest  ///< the newest
};

/// How much of a run is remembered, for each layer and phase.
struct history_options {
  std::size_t lines = 256; ///< sampled steps, 88 bytes each; 0: none; at most 2^20
  history_keeps keeps = history_keeps::evenly;
  /// Where units are recorded (`monitor_options::units`): windows of the run that remember groups of units
  /// (`unit_history`), 24 bytes a group and window: 154 kB for 100 and 64. 0: none; at most 4096.
  std::size_t unit_windows = 100;
  std::size_t unit_groups = 64; ///< groups of neighboring units, 1 to 4096; a layer with fewer units has one for each

  /// Throws std::invalid_argument where a number is out of range.
  void require_valid() const {
    if (lines == 1 || lines > std::size_t{1} << 20) {
      detail::bad_parameter("history_options", "lines", lines, "0 for no history, or 2 to 1048576");
    }
    if (unit_windows == 1 || unit_windows > 4096) {
      detail::bad_parameter("history_options", "unit_windows", unit_windows, "0 for none, or 2 to 4096");
    }
    if (unit_groups == 0 || unit_groups > 4096) {
      detail::bad_parameter("history_options", "unit_groups", unit_groups, "1 to 4096");
    }
  }
  bool operator==(history_options const&) const = default;
};

/// The lines of one layer, oldest first. Memory is taken with the first line and never grows.
class history {
public:
  history() = default;
  explicit history(history_options const& options) : options_(options) { options_.require_valid(); }

  /// Lines are pushed in the order of their steps.
  SATUR_COMPILED_MEMBER void push(history_line const& line)
#if SATUR_COMPILED
      ;
#else
  {
    if (options_.lines == 0) {
      return;
    }
    lines_.reserve(options_.lines);
    if (options_.keeps == history_keeps::evenly) {
      push_evenly(line);
    } else if (lines_.size() < options_.lines) {
      lines_.push_back(line);
    } else {
      lines_[head_] = line;
      head_ = head_ + 1 == lines_.size() ? 0 : head_ + 1;
    }
    ++seen_;
  }
#endif

  /// Forgets the lines, keeps the memory.
  void clear() {
    lines_.clear();
    head_ = 0;
    seen_ = 0;
    stride_ = 1;
    tail_ = false;
  }
  [[nodiscard]] history_options const& options() const { return options_; }
  /// Lines pushed so far; size() of them are kept.
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// The i-th line that is kept, the oldest first; i < size().
  [[nodiscard]] history_line const& operator[](std::size_t i) const {
    std::size_t const at = head_ + i;
    return lines_[at < lines_.size() ? at : at - lines_.size()];
  }
  [[nodiscard]] history_line const& back() const { return (*this)[size() - 1]; }
  /// Lines pushed for each one kept (evenly), but for the newest, which is always kept.
  [[nodiscard]] std::uint64_t stride() const { return stride_; }

  /// Adds another history: lines of the same step become one, the others are put in between, and where there are more
  /// than fit, they are thinned (evenly) or the oldest are dropped (newest). Where both have the same steps the result
  /// has them too. Takes memory.
  history& operator+=(history const& o) {
    if (options_.lines == 0 || o.empty()) {
      return *this;
    }
    std::vector<history_line> all;
    all.reserve(size() + o.size());
    for (std::size_t i = 0, k = 0; i < size() || k < o.size();) {
      bool const mine = k == o.size() || (i < size() && (*this)[i].step <= o[k].step);
      bool const theirs = i == size() || (k < o.size() && o[k].step <= (*this)[i].step);
      all.push_back(mine ? (*this)[i] : o[k]);
      if (mine && theirs) {
        all.back() += o[k];
      }
      i += mine ? 1 : 0;
      k += theirs ? 1 : 0;
    }
    bool const same_steps = all.size() == size() && all.size() == o.size() && seen_ == o.seen_;
    if (same_steps) { // the spacing goes on as it was
      std::rotate(all.begin(), all.end() - static_cast<std::ptrdiff_t>(head_), all.end());
      std::copy(all.begin(), all.end(), lines_.begin());
      return *this;
    }
    clear();
    for (history_line const& line : all) {
      push(line);
    }
    return *this;
  }
  bool operator==(history const& o) const {
    if (!(options_ == o.options_ && size() == o.size() && seen_ == o.seen_ && stride_ == o.stride_)) {
      return false;
    }
    for (std::size_t i = 0; i < size(); ++i) {
      if (!((*this)[i] == o[i])) {
        return false;
      }
    }
    return true;
  }

private:
  friend struct detail::record_access;  // save and load
  friend struct detail::replica_access; // replicas

  void push_evenly(history_line const& line) {
    if (tail_) { // the newest was kept for being the newest
      lines_.pop_back();
    }
    if (lines_.size() == options_.lines) {
      for (std::size_t i = 0; 2 * i < lines_.size(); ++i) {
        lines_[i] = lines_[2 * i];
      }
      lines_.resize((lines_.size() + 1) / 2);
      stride_ *= 2;
    }
    lines_.push_back(line);
    tail_ = seen_ % stride_ != 0;
  }

  history_options options_{0, history_keeps::evenly};
  std::vector<history_line> lines_;
  std::size_t head_ = 0; ///< the oldest, where a full ring was overwritten
  std::uint64_t seen_ = 0;
  std::uint64_t stride_ = 1;
  bool tail_ = false; ///< the newest is not one of the evenly spaced
};

}} // namespace satur::SATUR_ABI
