/// \file finding/root/learning_rate.hpp  A learning rate that is too large, if the loss says so.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"

#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Reported if the loss fails and it diverges, the weights grew or the first step was large. Call it only if no direct
/// root explains the failure.
inline void find_learning_rate(run_case const& run, finding_limits const& limits, std::vector<root_finding>& found) {
  double const update = run.largest_first_update();
  bool const diverging = run.state == run_state::diverging || run.exploded();
  if (!run.fails() || !(run.grew() || diverging || is_above(update, limits.update_alarm))) {
    return;
  }
  loss_history const& losses = *run.run.losses;
  finding f;
  f.layer = "loss";
  f.layers = {"loss"};
  f.symptom = diverging ? symptom::rising_loss : symptom::update_too_large;
  f.severity = severity::alarm;
  f.cause = cause::learning_rate;
  f.value = update;
  f.limit = limits.update_alarm;
  f.evidence = message("the loss is ", text::significant(losses.between(0.8, 1.0).mean, 3), ", ",
                       text::significant(losses.start().mean, 3), " at the start (", to_text(run.state), ")",
                       is_nan(update) ? std::string()
                                      : message("; the first step was 10^", text::decimals(update, 1),
                                                " times the weights, about 10^-3 is usual"));
  f.reason = "the weights and the data at the start do not explain it";
  advise_smaller_rate(run, f);
  found.push_back({std::move(f), true});
}

} // namespace satur::inline SATUR_ABI::detail
#endif
