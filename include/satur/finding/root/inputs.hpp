/// \file finding/root/inputs.hpp  Inputs that are not of mean 0 and variance 1.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// "the largest of them is 1e200"
[[nodiscard]] inline std::string largest_text(saturation const& s) {
  return message("the largest of them is ", text::significant((std::max)(-s.min_z(), s.max_z()), 3));
}

/// Variance of z over samples within a unit, which no bias can make; without records of units, or if its squares
/// overflow, over all z. Of the first step if no z is finite now.
[[nodiscard]] inline double variance_from_inputs(layer_case const& l) {
  double const whole = (l.has_z() ? l.record.saturation : l.first).variance_z();
  double const within = l.has_z() ? l.variance_within() : unit_spread(l.start).variance;
  return is_nan(within) || !is_finite(whole) ? whole : within;
}

/// "z is as large as inputs of root mean square 50 would make it"
[[nodiscard]] inline std::string inferred_text(double square) {
  return is_finite(square) ? message("z is as large as inputs of root mean square ",
                                     text::significant(std::sqrt(square), 3), " would make it")
                           : std::string("z is so large that its squares overflow, its weights are not");
}

/// Without the data: the first layer's z against its weights. Without units the number of inputs is not known, and z
/// may differ by biases: then the weights are taken for those of one unit, which is the least that the inputs can be,
/// and only what is far too large is told. Without weights only the first step tells that z was too large before any
/// update, but not what made it.
inline void infer_inputs(run_case const& run, layer_case const& first, finding_limits const& limits,
                         std::vector<root_finding>& found) {
  constexpr double far_too_large = 1e6;
  saturation const& z = first.has_z() ? first.record.saturation : first.first;
  weight_record const& w = first.has_z() && first.weights.count != 0 ? first.weights : first.first_weights;
  if (z.z.count == 0) {
    return;
  }
  if (w.count != 0) {
    bool const fan_in_known = first.weights_seen();
    double const square = fan_in_known
                              ? variance_from_inputs(first) / (first.has_z() ? first.gain() : first.first_gain())
                              : z.variance_z() / (static_cast<double>(w.whole()) * w.mean_square());
    if (!is_above(square, fan_in_known ? limits.input_square : far_too_large)) {
      return;
    }
    finding f = first.finding_of(symptom::odd_inputs, severity::warning, cause::input_scale);
    f.value = is_finite(square) ? square : std::numeric_limits<double>::quiet_NaN();
    f.limit = limits.input_square;
    f.evidence = message(
        inferred_text(square), fan_in_known ? "" : " at the least", "; this is an inference from the weights",
        fan_in_known ? "" : ", and biases of that size would look the same", ": hand over the data (monitor::input)");
    f.reason = is_finite(square) ? std::string() : largest_text(z);
    advise_standardized(f, square, run.spoiled(), limits);
    found.push_back({std::move(f), true});
    return;
  }
  saturation const& start = first.first;
  double const square = start.mean_squared_z();
  if (!is_above(square, far_too_large) || !run.start_seen()) {
    return;
  }
  finding f = first.finding_of(symptom::signal_grows, severity::warning, cause::spread);
  f.value = is_finite(square) ? std::sqrt(square) : std::numeric_limits<double>::quiet_NaN();
  f.limit = std::sqrt(far_too_large);
  f.evidence = message("z of the first step, before any update, ",
                       is_finite(square) ? "has root mean square " + text::significant(std::sqrt(square), 3)
                                         : std::string("is so large that its squares overflow"));
  f.reason = message("the inputs are that large, or the weights or biases of this layer", is_finite(square) ? "" : "; ",
                     is_finite(square) ? std::string() : largest_text(start));
  refuse_cure(f, "hand over the data (monitor::input) and the weights (update) to tell which");
  found.push_back({std::move(f), true});
}

/// Inputs whose mean square is above the limit: measured from the data, or else inferred from the first layer's z.
inline void find_inputs(run_case const& run, finding_limits const& limits, std::vector<root_finding>& found) {
  layer_case const* const first = run.layers.empty() ? nullptr : &run.layers.front();
  saturation const& data = run.run.data;
  if (data.z.count != 0) {
    double const mean = data.mean_z();
    double square = mean * mean + data.variance_z();
    double centers = mean * mean; // mean over features of (E x)^2
    std::vector<double> squares;  // of each feature
    std::size_t widest = 0;
    if (run.run.features != nullptr) {
      centers = 0.0;
      square = 0.0;
      for (std::size_t i = 0; i < run.run.features->size(); ++i) {
        unit_summary const s = (*run.run.features)[i];
        squares.push_back(s.z_mean * s.z_mean + s.z_variance);
        square += squares.back();
        centers += s.z_mean * s.z_mean;
        widest = squares[i] > squares[widest] ? i : widest;
      }
      double const n = static_cast<double>(squares.size());
      square /= n;
      centers /= n;
    }
    if (!is_above(square, limits.input_square)) {
      return;
    }
    finding f;
    f.layer = "data";
    f.layers = {"data"};
    f.symptom = symptom::odd_inputs;
    f.severity = severity::warning;
    f.value = is_finite(square) ? square : std::numeric_limits<double>::quiet_NaN(); // more than any number
    f.limit = limits.input_square;
    f.samples = static_cast<double>(data.z.count);
    double median = square;
    if (squares.size() > 1) {
      std::vector<double> sorted = squares;
      auto const middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
      std::nth_element(sorted.begin(), middle, sorted.end());
      median = *middle;
    }
    bool const one = squares.size() > 1 && squares[widest] > 0.5 * square * static_cast<double>(squares.size()) &&
                     squares[widest] > 100.0 * median;
    bool const off_center = centers > 0.5 * square;
    f.cause = off_center && !one ? cause::input_mean : cause::input_scale;
    if (one) {
      f.evidence =
          message("feature ", widest, " has root mean square ", text::significant(std::sqrt(squares[widest]), 3),
                  ", the others about ", text::significant(std::sqrt(median), 3));
      f.units.push_back({widest, std::sqrt(squares[widest])});
      f.unit_reading = "root mean square of the feature";
    } else {
      f.evidence =
          message(is_finite(square) ? "the inputs have root mean square " + text::significant(std::sqrt(square), 3)
                                    : std::string("the squares of the inputs overflow"),
                  off_center ? message(", most of it the means of the features (",
                                       text::significant(std::sqrt(centers), 3), ")")
                             : std::string(),
                  "; weights are drawn for 1");
    }
    f.reason = is_finite(square) ? std::string() : largest_text(data);
    advise_standardized(f, square, run.spoiled(), limits);
    found.push_back({std::move(f), true});
    return;
  }
  if (first != nullptr) {
    infer_inputs(run, *first, limits, found);
  }
}

} // namespace satur::inline SATUR_ABI::detail
#endif
