/// \file report/run_summary.hpp  Whether a run learned, in one sentence.
#pragma once

#include "satur/monitor/run_state.hpp"
#include "satur/text/number.hpp"

#include <string>

namespace satur { inline namespace SATUR_ABI {

/// Whether the last fifth of the run is better than what a model that knows nothing has: by its state, or by 3 % of
/// chance if it stalled.
[[nodiscard]] inline bool learned(loss_history const& losses) {
  run_state const state = judge(losses);
  return state == run_state::learning || state == run_state::converged ||
         (state == run_state::stalled &&
          detail::is_below(losses.between(0.8, 1.0).mean, detail::part_of_loss(losses.chance(), 0.97)));
}

/// "The run learned: the loss fell from 2.30 to 0.34 (chance: 2.30)." One sentence, by `judge(losses)`.
[[nodiscard]] inline std::string run_summary(loss_history const& losses) {
  auto const loss_text = [](double loss) {
    return !detail::is_finite(loss) ? std::string("more than any number")
           : loss < 1000.0          ? text::decimals(loss, 2)
                                    : text::significant(loss, 2);
  };
  if (losses.empty()) {
    return "The monitor was told no loss, so it cannot say whether the run learned.";
  }
  double const recent = losses.between(0.8, 1.0).mean;
  double const chance = losses.chance();
  std::string const of_chance = detail::is_nan(chance) ? std::string() : " (chance: " + loss_text(chance) + ")";
  std::string const start = loss_text(losses.start().mean);
  std::string const fell = "the loss fell from " + start + " to " + loss_text(recent) + of_chance;
  switch (judge(losses)) {
  case run_state::learning:
    return "The run learned: " + fell + ".";
  case run_state::converged:
    return "The run learned: " + fell + ", and has converged.";
  case run_state::stalled:
    return learned(losses) ? "The run learned: " + fell + ", by less than 2 % in the second half."
                           : "The run stalled: the loss went from " + start + " to " + loss_text(recent) + of_chance +
                                 ", and no longer falls.";
  case run_state::at_chance:
    return detail::is_above(recent, detail::part_of_loss(chance, 1.1))
               ? "The run did not learn: the loss is " + loss_text(recent) + ", worse than chance (" +
                     loss_text(chance) + ")."
               : "The run did not learn: the loss stayed at chance: " + text::decimals(recent, 3) +
                     " (chance: " + text::decimals(chance, 3) + ").";
  case run_state::diverging:
    return losses.between(0.8, 1.0).nonfinite != 0
               ? detail::message("The run diverged: the loss is not finite from step ", losses.nonfinite_step() + 1,
                                 " on.")
               : "The run diverged: the loss rose from " + start + " to " + loss_text(recent) + of_chance + ".";
  case run_state::unknown:
    break;
  }
  return losses.seen() < 10
             ? detail::message(
                   "The run is too short to say whether it learns: ", detail::count_text(losses.seen(), "step"), '.')
             : "The loss does not say whether the run learned: " + fell + ".";
}

}} // namespace satur::SATUR_ABI
