/// \file monitor/sampling.hpp  Which steps a monitor records: all, every n-th, or as many as a share of the step's time
/// pays for.
#pragma once

#include "satur/error.hpp"

#include <cmath>
#include <cstdint>
#include <ctime>
#include <limits>
#ifndef CLOCK_MONOTONIC // POSIX has it in <ctime>; <chrono> costs a tenth of what compiling satur/diagnostic.hpp does
#include <chrono>
#endif

namespace satur { inline namespace SATUR_ABI {

/// The policy. The first step is always sampled. Both limits may be set: a step is sampled where both allow it.
///
///     sampling_options{}                    every step
///     sampling_options{.every = 10}         steps 0, 10, 20, …
///     sampling_options{.budget = 0.01}      as often as keeps the cost of recording within 1 % of the training time
struct sampling_options {
  std::uint64_t every = 1;
  double budget = 0.0; ///< largest share of the time of the steps that recording may take; 0: no limit, no clock read

  [[nodiscard]] bool timed() const { return budget > 0.0; }
  /// Throws std::invalid_argument where every is 0, or budget negative, above 1 or NaN.
  void require_valid() const {
    if (every == 0) {
      detail::bad_parameter("sampling_options", "every", every, "1 for every step, 10 for every tenth");
    }
    if (detail::is_nan(budget) || !(budget >= 0.0 && budget <= 1.0)) {
      detail::bad_parameter("sampling_options", "budget", budget, "a share of the step's time in [0, 1], such as 0.01");
    }
  }
  bool operator==(sampling_options const&) const = default;
};

/// Nanoseconds since some fixed moment, never going back. A monitor takes the function, so that a test can give its
/// own.
using clock_function = std::uint64_t (*)();
[[nodiscard]] inline std::uint64_t steady_nanoseconds() {
#ifdef CLOCK_MONOTONIC
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u + static_cast<std::uint64_t>(now.tv_nsec);
#else
  using std::chrono::nanoseconds;
  auto const since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<nanoseconds>(since).count());
#endif
}

/// The policy at work: which steps were sampled so far, what that took, and whether the next one is. A regular value.
///
/// Costs: `record_ns` is the time inside a monitor's calls in sampled steps, less what the same calls take in a step
/// that is not sampled (they compute y then as well), and a twentieth of that for what a sample costs outside of its
/// calls: caches that it empties, layers found by name, readings of the clock (4 % measured, bench/monitor.cpp).
/// `step_ns` is the time of all steps without that. A step is sampled once `budget * step_ns` has paid for the earlier
/// samples and for one more, as dear as the last; unused budget is kept for two samples at most, so that a pause does
/// not lead to a burst.
struct sampling_record {
  sampling_options policy;
  std::uint64_t seen = 0;      ///< steps closed
  std::uint64_t sampled = 0;   ///< of these, recorded
  std::uint64_t since = 0;     ///< steps closed since the last recorded one
  std::uint64_t record_ns = 0; ///< what recording took; 0 where the policy has no budget
  std::uint64_t step_ns = 0;   ///< what the steps took without it; 0 where the policy has no budget
  double credit_ns = 0.0;      ///< budget that is not spent
  double sample_ns = 0.0;      ///< what the last sample took
  double plain_ns = 0.0;       ///< what the calls of a step that is not sampled take
  bool sampling_now = true;    ///< the step that is being made is sampled

  /// Share of the training time that recording took: at most the budget, once the first sample is paid for. NaN where
  /// nothing was timed.
  [[nodiscard]] double overhead() const {
    return step_ns == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(record_ns) / static_cast<double>(step_ns);
  }

  /// Closes a step that took whole_ns, of which calls_ns inside the monitor (both 0 where nothing is timed).
  void close(std::uint64_t whole_ns, std::uint64_t calls_ns) {
    if (policy.timed()) {
      charge(whole_ns, calls_ns);
    }
    ++seen;
    sampled += sampling_now ? 1 : 0;
    since = sampling_now ? 1 : since + 1;
    sampling_now = since >= policy.every && (!policy.timed() || credit_ns >= sample_ns);
  }
  /// Adds what another one counted; the step that is being made stays as it is.
  sampling_record& operator+=(sampling_record const& o) {
    seen += o.seen;
    sampled += o.sampled;
    record_ns += o.record_ns;
    step_ns += o.step_ns;
    return *this;
  }
  bool operator==(sampling_record const&) const = default;

private:
  void charge(std::uint64_t whole_ns, std::uint64_t calls_ns) {
    constexpr double with_outside = 1.05;
    constexpr double most_growth = 1.05; // a step that something else interrupted must not make recording look cheap
    double const calls = static_cast<double>(calls_ns);
    if (sampling_now && calls <= plain_ns) { // so that was one
      plain_ns = 0.0;
    }
    double const extra = sampling_now && calls > plain_ns ? with_outside * (calls - plain_ns) : 0.0;
    if (sampling_now) {
      sample_ns = extra;
    } else {
      plain_ns = plain_ns == 0.0 || calls < most_growth * plain_ns ? calls : most_growth * plain_ns;
    }
    std::uint64_t const recording = static_cast<std::uint64_t>(extra);
    std::uint64_t const rest = whole_ns > recording ? whole_ns - recording : 0;
    record_ns += recording;
    step_ns += rest;
    credit_ns += policy.budget * static_cast<double>(rest) - extra;
    credit_ns = credit_ns > 2.0 * sample_ns ? 2.0 * sample_ns : credit_ns;
  }
};

}} // namespace satur::SATUR_ABI
