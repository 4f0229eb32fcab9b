/// \file theory/advice/words.hpp  The sentences of `judge`.
#pragma once

#include "satur/activation/peak_slope.hpp"
#include "satur/error.hpp"
#include "satur/text/number.hpp"
#include "satur/theory/advice/expected_start.hpp"

#include <cmath>
#include <cstddef>
#include <string>

namespace satur { inline namespace SATUR_ABI { namespace detail {

/// A ratio for a sentence: two digits, without an exponent.
[[nodiscard]] inline std::string ratio_text(double x) {
  return is_nan(x)                 ? "an unknown share"
         : x == 0.0                ? "0"
         : std::fabs(x) < 0.001    ? "less than 0.001"
         : std::fabs(x) >= 99999.5 ? "more than 100000"
         : std::fabs(x) >= 9.95    ? text::decimals(x, 0)
                                   : text::significant(x, 2);
}
[[nodiscard]] inline std::string layer_text(std::size_t layer, std::size_t layers) {
  return layers == 1 ? std::string("the layer") : message("layer ", layer + 1, " of ", layers);
}
/// "shrinks to 0.49 a layer"
[[nodiscard]] inline std::string change_text(double a_layer) {
  return a_layer == 0.0        ? std::string("becomes 0")
         : a_layer < 0.95      ? message("shrinks to ", ratio_text(a_layer), " a layer")
         : a_layer <= 1.05     ? std::string("keeps its size")
         : a_layer == HUGE_VAL ? std::string("grows beyond the range of double")
                               : message("grows ", ratio_text(a_layer), " times a layer");
}
/// "shrinks to 0.49 a layer, to less than 0.001 from layer 8 to layer 1"
[[nodiscard]] inline std::string flow_text(expected_start const& s) {
  std::size_t const layers = s.layers.layers.size();
  std::string const change = change_text(s.a_layer());
  return s.gradient == 0.0 ? message(change, " before it reaches layer 1")
         : s.gradient < 1.0
             ? message(change, ", to ", ratio_text(s.gradient), " from layer ", layers, " to layer 1")
             : message(change, ", ", ratio_text(s.gradient), " times from layer ", layers, " to layer 1");
}
[[nodiscard]] inline std::string slope_text(expected_start const& s) {
  return text::percent((std::min)(s.slope, 1.0)) + " %";
}
/// What is wrong.
[[nodiscard]] inline std::string complaint(expected_start const& s, std::size_t layers) {
  if (!s.finite()) {
    return "Exploding: z leaves the range of double.";
  }
  std::string const slope =
      message("in ", layer_text(s.flattest, layers), " the mean slope is ", slope_text(s), " of that at z ~ N(0, 1)");
  std::string const flow = s.large_output() ? message("f(z) of ", layer_text(layers - 1, layers),
                                                      " has root mean square ", ratio_text(s.output))
                                            : message("the gradient ", flow_text(s));
  std::string const trend = s.vanishing() ? "anishing" : "xploding";
  bool const changes = s.vanishing() || s.exploding();
  return !changes        ? message("Saturated: ", slope, '.')
         : s.saturated() ? message("Saturated and ", s.vanishing() ? "v" : "e", trend, ": ", slope, ", and ", flow, '.')
                         : message(s.vanishing() ? "V" : "E", trend, ": ", flow, '.');
}
/// What a change makes of what was wrong: "the gradient then shrinks to 0.6 a layer".
[[nodiscard]] inline std::string effect(expected_start const& before, expected_start const& after) {
  bool const changes = !before.finite() || before.vanishing() || before.exploding();
  bool const both = changes && before.saturated();
  std::string const flow = before.large_output() || after.layers.layers.size() < 2
                               ? message("f(z) then has root mean square ", ratio_text(after.output))
                               : message("the gradient then ", change_text(after.a_layer()));
  std::string const slope = message("the mean slope is ", both ? "" : "then ", slope_text(after),
                                    " of that at z ~ N(0, 1)", before.saturated() ? "" : " or more");
  return !changes ? slope : both ? flow + ", and " + slope : flow;
}
[[nodiscard]] inline std::string fine_text(expected_start const& s) {
  std::string const slope = s.slope >= 0.995 ? "no layer is saturated"
                                             : message("the mean slope is ", slope_text(s), " of that at z ~ N(0, 1)",
                                                       s.layers.layers.size() > 1 ? " or more" : "");
  return s.layers.layers.size() < 2 ? message("Fine: ", slope, '.')
         : s.a_layer() >= 0.95 && s.a_layer() <= 1.05
             ? message("Fine: the gradient keeps its size from layer to layer, and ", slope, '.')
             : message("Fine: the gradient ", flow_text(s), ", and ", slope, '.');
}
/// "divide the weights by 5". A factor beyond 1000 is told by the weights that it leads to.
[[nodiscard]] inline std::string draw_text(std::string const& what, double factor, double fan_in_times_square) {
  return factor > 1000.0 || factor < 0.001
             ? message("draw ", what, " anew, with fan-in times variance ", ratio_text(fan_in_times_square))
         : factor > 1.0 ? message("draw ", what, ' ', ratio_text(factor), " times as large")
                        : message("divide ", what, " by ", ratio_text(1.0 / factor));
}
/// "the weights of layer 2 of 5 are 10 times as large as those of the others"
[[nodiscard]] inline std::string odd_text(rescaling const& r, std::size_t layers, bool first = false) {
  return message(first ? "The" : "the", " weights of ", layer_text(r.layer, layers), " are ", ratio_text(r.of_others),
                 " times as large as those of the others");
}
/// What is wrong with the inputs; empty if they are as they should be.
[[nodiscard]] inline std::string input_text(theory::network const& net) {
  double const size = std::sqrt(net.input_mean * net.input_mean + net.input_variance);
  return std::fabs(net.input_mean) > largest_input_mean
             ? message("have mean ", ratio_text(net.input_mean), " and standard deviation ",
                       ratio_text(std::sqrt(net.input_variance)))
         : size > largest_input || size < least_input ? message("have root mean square ", ratio_text(size))
                                                      : std::string();
}
/// What helps where no scale of the weights does.
template <class A> [[nodiscard]] std::string without_scale(A const& act, expected_start const& s) {
  bool const zero_centered = std::fabs(both_at(act, 0.0).value) < 1e-3;
  bool const steep = std::fabs(satur::peak_slope_of(act) - 1.0) < 0.2;
  std::size_t const kept = s.layers_kept();
  return message("No scale of the weights helps. ",
                 zero_centered && steep
                     ? "Normalization layers do"
                     : "A zero-centered activation of peak slope 1 does, and so do normalization layers",
                 kept > 0 && kept < s.layers.layers.size()
                     ? message(", or fewer layers: ", kept, kept == 1 ? " is" : " are", " fine.")
                     : std::string("."));
}

}}} // namespace satur::SATUR_ABI::detail
