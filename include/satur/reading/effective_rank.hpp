/// \file reading/effective_rank.hpp  The effective number of directions of the outputs or the weights of a layer.
#pragma once

#include "satur/error.hpp"

#include <cmath>
#include <iterator>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// exp(-sum p ln p), p = s / sum s, over the singular values s of a matrix of outputs (samples, units) or of weights.
/// It is k if k of them are equal and the others 0, and less if a few dominate. Saturated units have similar outputs,
/// so the rank falls if a layer saturates.
///
/// s is any range of numbers in any order; their scale does not matter. NaN if all are 0 or the range is empty.
///
/// Source: O. Roy, M. Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007.
///
/// Throws std::invalid_argument if one is negative, infinite or NaN.
template <class S>
  requires requires(S const& s) {
    std::end(s);
    static_cast<double>(*std::begin(s));
  }
[[nodiscard]] double effective_rank(S const& singular_values) {
  double largest = 0.0;
  for (auto const s : singular_values) {
    double const given = static_cast<double>(s);
    if (!detail::is_finite(given) || given < 0.0) {
      detail::bad_parameter("effective_rank", "a singular value", given, "finite numbers >= 0");
    }
    largest = given > largest ? given : largest;
  }
  double sum = 0.0; // sum of s / largest, which cannot overflow
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
