/// \file reading/spike.hpp  Spikes of any series: a loss, a gradient norm, a saturated share.
#pragma once

#include "satur/error.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// When a value counts as a spike. The defaults are those of OLMo-core's stability monitor.
struct spike_options {
  std::size_t window = 128; ///< so many finite values before the new one are compared with
  double deviations = 6.0;  ///< a spike is more than so many standard deviations above their mean
  std::size_t least = 0;    ///< no value is judged before so many; 0: a full window

  bool operator==(spike_options const&) const = default;
};

enum class spike_state : std::uint8_t {
  gathering, ///< too few values so far to judge this one
  usual,
  spike,
  nonfinite ///< NaN or infinity: it joins no window
};

/// What `spike_detector::add` says of a value. Converts to true if it is a spike.
struct spike_verdict {
  spike_state state = spike_state::gathering;
  double value = std::numeric_limits<double>::quiet_NaN();
  double mean = std::numeric_limits<double>::quiet_NaN(); ///< of the window before the value; NaN if it was not judged
  double stddev = std::numeric_limits<double>::quiet_NaN(); ///< of the same numbers (divides by their number)

  explicit operator bool() const { return state == spike_state::spike; }
  /// Standard deviations above the mean; NaN if it was not judged, or if the window does not vary.
  [[nodiscard]] double score() const {
    return stddev > 0.0 ? (value - mean) / stddev : std::numeric_limits<double>::quiet_NaN();
  }
};

/// Finds the spikes of a series, value by value. A regular value. Allocates when it is made, and never again.
///
/// A spike is a value above mean + 6 std of the 128 finite values before it. The standard deviation divides by their
/// number (population). The value itself is not among them, and joins the window afterwards, a spike too. No value is
/// judged before the window has `least` values. If the window does not vary (std at most 1e-12 |mean|, which is
/// rounding), nothing is a spike: there is no usual size to compare with. Low values are no spikes. The sums are made
/// anew for each value, so that no error accumulates.
///
/// Special values: NaN and infinity are counted, are no spikes, and join no window. Nothing is a spike while the window
/// varies by more than 1e154, whose square overflows.
/// Source: OLMo-core, `StabilityMonitorCallback`: the same window, mean and standard deviation; it takes a window of
/// std below 1e-10 for one that does not vary. llm.c's `OutlierDetector` gives the score of the value within a window
/// that holds the value itself, where no score of 128 values can be above 11.3.
class spike_detector {
public:
  /// Throws std::invalid_argument if the window has fewer than 2 values or more than 2^24, `least` is 1 or above the
  /// window, or the deviations are not above 0.
  explicit spike_detector(spike_options const& options = {}) : options_(options) {
    if (options.window < 2 || options.window > (std::size_t{1} << 24)) {
      detail::bad_parameter("spike_detector", "window", options.window, "2 to 16777216 values");
    }
    if (options.least == 1 || options.least > options.window) {
      detail::bad_parameter("spike_detector", "least", options.least, "0 for a full window, or 2 to the window");
    }
    if (!(options.deviations > 0.0) || !detail::is_finite(options.deviations)) {
      detail::bad_parameter("spike_detector", "deviations", options.deviations, "a finite number > 0");
    }
    values_.resize(options.window); // a copy has all of its memory too
  }

  /// Judges the next value of the series by those before it.
  spike_verdict add(double x) {
    spike_verdict v;
    v.value = x;
    if (!detail::is_finite(x)) {
      ++nonfinite_;
      v.state = spike_state::nonfinite;
      return v;
    }
    std::size_t const least = options_.least == 0 ? options_.window : options_.least;
    if (seen_ >= least) {
      judge(v);
    }
    values_[static_cast<std::size_t>(seen_ % options_.window)] = x; // in the place of the oldest
    ++seen_;
    return v;
  }

  [[nodiscard]] std::uint64_t seen() const { return seen_; }           ///< finite values
  [[nodiscard]] std::uint64_t judged() const { return judged_; }       ///< of these, compared with a window
  [[nodiscard]] std::uint64_t spikes() const { return spikes_; }       ///< of these, spikes
  [[nodiscard]] std::uint64_t nonfinite() const { return nonfinite_; } ///< NaN and infinite values
  /// Share of the judged values that are spikes; NaN if none was judged.
  [[nodiscard]] double spike_share() const {
    return judged_ == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(spikes_) / static_cast<double>(judged_);
  }
  [[nodiscard]] spike_options const& options() const { return options_; }
  /// Forgets the series, keeps the options and the memory.
  void clear() {
    std::fill(values_.begin(), values_.end(), 0.0);
    seen_ = judged_ = spikes_ = nonfinite_ = 0;
  }
  bool operator==(spike_detector const&) const = default;

  /// "spikes: 2 of 900 values are above mean + 6 std of the last 128", and how many are not finite.
  friend std::ostream& operator<<(std::ostream& out, spike_detector const& d) {
    out << "spikes: " << text::number(d.spikes_) << " of " << detail::count_text(d.judged_, "value")
        << (d.spikes_ == 1 ? " is" : " are") << " above mean + " << text::number(d.options_.deviations)
        << " std of the last " << text::number(d.options_.window);
    if (d.nonfinite_ != 0) {
      out << "; not finite: " << text::number(d.nonfinite_);
    }
    return out;
  }

private:
  void judge(spike_verdict& v) {
    std::size_t const held = seen_ < options_.window ? static_cast<std::size_t>(seen_) : options_.window;
    double const n = static_cast<double>(held);
    double sum = 0.0;
    for (std::size_t i = 0; i < held; ++i) {
      sum += values_[i] / n; // no overflow
    }
    v.mean = sum;
    double square = 0.0;
    for (std::size_t i = 0; i < held; ++i) {
      square += (values_[i] - v.mean) * (values_[i] - v.mean) / n;
    }
    v.stddev = std::sqrt(square);
    ++judged_;
    bool const varies = v.stddev > 1e-12 * std::fabs(v.mean);
    bool const is_spike = varies && v.value > v.mean + options_.deviations * v.stddev;
    spikes_ += is_spike ? 1u : 0u;
    v.state = is_spike ? spike_state::spike : spike_state::usual;
  }

  spike_options options_;
  std::vector<double> values_; ///< the window: the k-th finite value at k modulo its length
  std::uint64_t seen_ = 0;
  std::uint64_t judged_ = 0;
  std::uint64_t spikes_ = 0;
  std::uint64_t nonfinite_ = 0;
};

}} // namespace satur::SATUR_ABI
