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
  // Without the data: the first layer's z against its weights, of the first step if no z is finite now.
  if (first == nullptr || !first->weights_seen() || (!first->has_z() && first->first.z.count == 0)) {
    return;
  }
  saturation const& z = first->has_z() ? first->record.saturation : first->first;
  double const square = z.variance_z() / (first->has_z() ? first->gain() : first->first_gain());
  if (!is_above(square, limits.input_square)) {
    return;
  }
  finding f = first->finding_of(symptom::odd_inputs, severity::warning, cause::input_scale);
  f.value = is_finite(square) ? square : std::numeric_limits<double>::quiet_NaN();
  f.limit = limits.input_square;
  f.evidence = message(is_finite(square) ? "z is as large as inputs of root mean square " +
                                               text::significant(std::sqrt(square), 3) + " would make it"
                                         : std::string("z is so large that its squares overflow, its weights are not"),
                       "; this is an inference from the weights: hand over the data (monitor::input)");
  f.reason = is_finite(square) ? std::string() : largest_text(z);
  advise_standardized(f, square, run.spoiled(), limits);
  found.push_back({std::move(f), true});
}

} // namespace satur::inline SATUR_ABI::detail
#endif
