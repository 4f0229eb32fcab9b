/// \file finding/root/advice.hpp  Cures that several roots share, and the test that a cure must pass.
#pragma once

#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// How far a size is from the usual one, as a factor of at least 1. `ratio`: the size divided by the usual one.
[[nodiscard]] inline double distance_from_usual(double ratio) { return ratio < 1.0 ? 1.0 / ratio : ratio; }

/// Takes the finding's cure away, and says why nothing helps.
inline void refuse_cure(finding& f, std::string_view why) {
  f.cure = {};
  f.cure.advice = message("nothing that is known helps here: ", why);
}

/// Keeps the finding's cure if it improves what the finding measures by the margin of the limits. Otherwise the finding
/// says that nothing helps: with the numbers, or with `why` if that is not empty.
inline void keep_cure_that_helps(finding& f, predicted_effect effect, finding_limits const& limits,
                                 std::string_view why = {}) {
  if (effect.improvement() > (effect.of_slope ? limits.cure_margin : limits.cure_reduction)) {
    f.cure.effect = std::move(effect);
    return;
  }
  refuse_cure(f, why.empty() ? message(to_text(f.cure.what), " would leave the ", effect.measure, " at ",
                                       text::significant(effect.after, 3), ", it is ", text::significant(effect.now, 3))
                             : std::string(why));
}

/// The cure is for the weights of the start.
inline void advise_start_again(finding& f) {
  f.cure.restart = true;
  f.cure.advice = "start again, and " + f.cure.advice;
}

/// The cure `normalize_inputs`. It has no prediction of slopes: the finding's layer is the data, which has none.
/// `square`: the mean square of the inputs.
inline void advise_standardized(finding& f, double square, bool restart, finding_limits const& limits) {
  f.cure.what = remedy::normalize_inputs;
  f.cure.advice = "scale every input feature to mean 0 and variance 1";
  if (restart) {
    advise_start_again(f);
  }
  keep_cure_that_helps(f, {"mean square of the inputs", square, 1.0}, limits);
}

/// The cure `learning_rate`: the first step of the weights becomes as large as is usual.
inline void advise_smaller_rate(run_case const& run, finding& f) {
  f.cure.what = remedy::learning_rate;
  f.cure.factor = run.rate_factor();
  f.cure.advice = message("start again with the learning rate times ", text::significant(f.cure.factor, 2));
  f.cure.restart = true;
  double const step = std::pow(10.0, run.largest_first_update());
  if (is_finite(step)) {
    f.cure.effect = {"first step of the weights, relative to them,", step, step * f.cure.factor};
  }
}

/// Layers, other than the finding's own, whose values are or were not finite.
[[nodiscard]] inline std::vector<consequence> nonfinite_behind(run_case const& run, finding const& f) {
  std::vector<consequence> behind;
  for (layer_case const& l : run.layers) {
    bool const own = std::find(f.layers.begin(), f.layers.end(), l.name) != f.layers.end();
    if (!own && (l.record.nonfinite() || l.onset)) {
      behind.push_back({l.name, symptom::nonfinite});
    }
  }
  return behind;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
