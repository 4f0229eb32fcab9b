/// \file reading/effective_rank.hpp  Along how many directions a layer's outputs, or its weights, really spread.
#pragma once

#include "satur/error.hpp"

#include <cmath>
#include <limits>
#include <ranges>

namespace satur { inline namespace SATUR_ABI {

/// exp(-sum p ln p), p = s / sum s, over the singular values s of a matrix of outputs (samples, units) or of weights: k
/// where k of them are equal and the others 0, less where few carry most. Saturated units answer alike, so the rank
/// falls where a layer saturates. Any range of numbers in any order; their scale does not matter. NaN where all are 0,
/// or there is none. Throws std::invalid_argument where one is negative, infinite or NaN. Source: O. Roy, M. Vetterli,
/// "The effective rank: a measure of effective dimensionality", EUSIPCO 2007.
template <std::ranges::input_range S> [[nodiscard]] double effective_rank(S const& singular_values) {
  double largest = 0.0;
  for (auto const s : singular_values) {
    double const value = static_cast<double>(s);
    if (!detail::is_finite(value) || value < 0.0) {
      detail::bad_parameter("effective_rank", "a singular value", value, "finite numbers >= 0");
    }
    largest = value > largest ? value : largest;
  }
  double sum = 0.0; // of s / largest: no overflow
  double weighted = 0.0;
  for (auto const s : singular_values) {
    double const share = static_cast<double>(s) / largest;
    if (share > 0.0) {
      sum += share;
      weighted += share * std::log(share);
    }
  }
  return largest == 0.0 ? std::numeric_limits<double>::quiet_NaN() : sum * std::exp(-weighted / sum);
}

}} // namespace satur::SATUR_ABI
