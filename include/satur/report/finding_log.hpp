/// \file report/finding_log.hpp  Which findings held in a run, from when to when, and how far ahead of the loss.
#pragma once

#include "satur/finding/diagnose.hpp"
#include "satur/monitor/monitor.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// A finding over a run: the same cause in the same layer, of the same numbers.
struct logged_finding {
  satur::cause cause = satur::cause::unknown;
  std::string layer;
  std::uint64_t first_step = 0;           ///< steps of the run when it was first found
  std::uint64_t last_step = 0;            ///< steps of the run when it was last found
  std::size_t times = 0;                  ///< judgments that found it
  std::optional<layer_numbers> numbers{}; ///< as in `finding`
};

/// Diagnoses a run once a window, and remembers since when each finding holds. A regular value.
///
///     finding_log log;
///     if (step % 50 == 0) for (finding const& f : log.judge(mon)) …
class finding_log {
public:
  /// diagnose(mon, limits, activations), remembered. Throws what diagnose throws.
  std::vector<finding> judge(monitor const& mon, finding_limits const& limits = {},
                             std::span<any_activation const> activations = {}) {
    std::vector<finding> found = diagnose(mon, limits, activations);
    std::uint64_t const now = mon.steps();
    for (finding const& f : found) {
      logged_finding* known = nullptr;
      for (logged_finding& l : entries_) {
        known = l.cause == f.cause && l.layer == f.layer && l.numbers == f.numbers ? &l : known;
      }
      if (known == nullptr) {
        known = &entries_.emplace_back(logged_finding{f.cause, f.layer, now, now, 0, f.numbers});
      }
      known->last_step = now;
      ++known->times;
    }
    run_state const state = satur::judge(mon.losses());
    bool const fails = state == run_state::stalled || state == run_state::at_chance || state == run_state::diverging;
    if (fails && !failed_at_) {
      failed_at_ = now;
    } else if (state == run_state::learning || state == run_state::converged) {
      failed_at_.reset();
    }
    return found;
  }

  /// In the order in which they were first found.
  [[nodiscard]] std::vector<logged_finding> const& entries() const { return entries_; }
  /// The first judgment since which the loss stalls, stays at chance or diverges; empty if it falls, or is not known.
  [[nodiscard]] std::optional<std::uint64_t> loss_failed_at() const { return failed_at_; }
  /// How many steps before the loss failed the finding was first found; negative if it came later. Empty if the loss
  /// did not fail.
  [[nodiscard]] std::optional<std::int64_t> lead(logged_finding const& f) const {
    return failed_at_ ? std::optional(static_cast<std::int64_t>(*failed_at_) - static_cast<std::int64_t>(f.first_step))
                      : std::nullopt;
  }

  /// A line for each finding: "hidden 2: weights too large: steps 10 to 300, 40 steps before the loss failed".
  friend std::ostream& operator<<(std::ostream& out, finding_log const& log) {
    for (logged_finding const& f : log.entries_) {
      std::string line = detail::message(f.layer, ": ", f.numbers ? to_text(*f.numbers) : "", f.numbers ? ": " : "",
                                         to_text(f.cause), ": steps ", f.first_step, " to ", f.last_step);
      if (std::optional<std::int64_t> const steps = log.lead(f); steps) {
        line += *steps > 0   ? detail::message(", ", detail::count_text(*steps, "step"), " before the loss failed")
                : *steps < 0 ? detail::message(", ", detail::count_text(-*steps, "step"), " after the loss failed")
                             : std::string(", as the loss failed");
      }
      out << line + '\n';
    }
    return out;
  }

private:
  std::vector<logged_finding> entries_;
  std::optional<std::uint64_t> failed_at_;
};

}} // namespace satur::SATUR_ABI
