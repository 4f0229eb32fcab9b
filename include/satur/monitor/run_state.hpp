/// \file monitor/run_state.hpp  Whether a run learns, by its loss.
#pragma once

#include "satur/monitor/loss_history.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// What the loss says of a run.
enum class run_state : std::uint8_t { unknown, learning, converged, stalled, at_chance, diverging };
[[nodiscard]] constexpr std::string_view to_text(run_state s) {
  switch (s) {
  case run_state::learning:
    return "learning";
  case run_state::converged:
    return "converged";
  case run_state::stalled:
    return "stalled";
  case run_state::at_chance:
    return "at chance";
  case run_state::diverging:
    return "diverging";
  case run_state::unknown:
    break;
  }
  return "unknown";
}

/// Judges a run by its loss, the lower the better. "start" is the mean of the first block, "recent" of the last fifth
/// of the run, "middle" of the third fifth, "best" the lowest of the five. A comparison "by error" must hold 3
/// standard errors below recent. The first that holds:
///
/// - unknown: fewer than 10 losses.
/// - diverging: a recent loss is NaN or infinite; or recent > 1.1 began, and > began by error, with "began" the larger
/// of
///   start and of the mean of the first tenth plus 3 standard errors; or recent > 1.5 best, > 1.1 best by error, and
///   > 0.2 start.
/// - converged: recent < 0.1 start, and not > 0.5 chance.
/// - at chance: recent is 0.97 to 1.5 times chance, if chance is known. Above that it is diverging if it is > start.
/// - converged, stalled or unknown: recent > 0.98 middle and > 0.5 start, or recent > start and > the mean of the first
///   tenth. It is stalled if recent > 0.5 chance, converged if not, and unknown if chance is not known: a run that
///   learns nothing has such a loss, and so has one that is watched from its middle and has converged.
/// - learning: otherwise.
///
/// If chance is known, a run whose recent loss is finite and < 0.2 chance is not diverging: one that is watched from
/// its middle begins with a low loss.
///
/// "1.1 began" is began + 0.1 |began|, and so for each factor: a loss below 0 has no 0 to come down to. A run whose
/// recent loss is below 0 has converged only if it is flat and that of chance is known.
[[nodiscard]] inline run_state judge(loss_history const& losses) {
  if (losses.seen() < 10) {
    return run_state::unknown;
  }
  loss_block const recent = losses.between(0.8, 1.0);
  loss_block const start = losses.start();
  if (recent.nonfinite != 0) {
    return run_state::diverging;
  }
  double best = recent.mean;
  for (int i = 0; i < 4; ++i) {
    loss_block const fifth = losses.between(0.2 * i, 0.2 * (i + 1));
    if (fifth.count != 0) {
      best = (std::min)(best, fifth.mean);
    }
  }
  double const doubt = 3.0 * recent.error();
  loss_block const early = losses.between(0.0, 0.1); // the first loss alone is as noisy as any
  double const began = (std::max)(start.mean, early.mean + 3.0 * early.error());
  auto const part = [](double loss, double factor) { return detail::part_of_loss(loss, factor); };
  double const chance = losses.chance();
  bool const low = detail::is_below(recent.mean, part(chance, 0.2));
  if (!low && ((recent.mean > part(began, 1.1) && recent.mean - doubt > began) ||
               (recent.mean > part(best, 1.5) && recent.mean - doubt > part(best, 1.1) &&
                recent.mean > part(start.mean, 0.2)))) {
    return run_state::diverging;
  }
  if (recent.mean >= 0.0 && recent.mean < 0.1 * start.mean && !detail::is_above(recent.mean, part(chance, 0.5))) {
    return run_state::converged;
  }
  if (detail::is_above(recent.mean, part(chance, 1.5))) {
    if (recent.mean > start.mean) {
      return run_state::diverging;
    }
  } else if (detail::is_above(recent.mean, part(chance, 0.97))) {
    return run_state::at_chance;
  }
  loss_block const middle = losses.between(0.4, 0.6);
  bool const as_at_first = recent.mean > start.mean && recent.mean > early.mean; // it fell from a rise, if at all
  if (as_at_first || (recent.mean > part(middle.mean, 0.98) && recent.mean > part(start.mean, 0.5))) {
    return detail::is_nan(chance)            ? run_state::unknown
           : recent.mean > part(chance, 0.5) ? run_state::stalled
                                             : run_state::converged;
  }
  return run_state::learning;
}

/// "loss 0.342 at the last of 300 steps, 2.303 at the start: learning". If the start was not seen, or if the loss is
/// flat and chance is not known, the text says so.
inline std::ostream& operator<<(std::ostream& out, loss_history const& l) {
  run_state const state = judge(l);
  out << "loss " << text::significant(l.last(), 4) << " at the last of " << detail::count_text(l.seen(), "step") << ", "
      << text::significant(l.start().mean, 4)
      << (l.empty() || l.start_seen() ? " at the start: " : " at the first of them (the start was not seen): ")
      << to_text(state);
  if (state == run_state::unknown && l.seen() >= 10) {
    out << ", because the loss is flat or above its start, and that of a model that knows nothing was not handed over";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
