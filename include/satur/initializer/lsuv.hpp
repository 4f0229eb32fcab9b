/// \file initializer/lsuv.hpp  Weights scaled until the layer's own output on a real batch has the wanted variance.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

struct lsuv_options {
  double variance = 1;      ///< wanted of z, over the batch and all units
  double tolerance = 0.01;  ///< reached where |variance of z - wanted| <= tolerance x wanted
  int tries = 10;           ///< scalings at most
  std::string_view layer{}; ///< named in errors
};

/// What lsuv did.
struct lsuv_report {
  double first_variance; ///< of z, with the weights as they came
  double variance;       ///< of z, with the weights as they are now
  double factor;         ///< that the weights were multiplied by in all
  int tries;             ///< scalings made; 0 where the weights fitted as they came
  bool operator==(lsuv_report const&) const = default;
};

/// z of a layer whose variance no scaling brings to the one wanted. The weights are as they were before the call.
struct lsuv_error : std::runtime_error {
  lsuv_report report; ///< up to the failure
  lsuv_error(std::string const& what, lsuv_report const& r) : std::runtime_error(what), report(r) {}
};

/// LSUV, layer-sequential unit-variance initialization: multiplies `weights` in place by sqrt(wanted / variance of z)
/// until z fits. `z()` runs the layer on a batch with the weights as they are at that moment and returns its
/// pre-activations, any contiguous range of floating-point numbers; it is called once more than there are tries. Call
/// it for one layer after another, from the input on, each time on what the layers before now give. The paper starts
/// from orthogonal weights; its code takes a tolerance of 0.1 and 10 tries.
///
/// Without a bias one try does it. With one, whose share no scaling of the weights changes, it takes a few; a bias
/// alone may have more variance than is wanted.
///
/// Source: D. Mishkin, J. Matas, "All you need is a good init", ICLR 2016, algorithm 1.
/// Throws std::invalid_argument unless variance and tolerance are finite and > 0 and tries at least 1, and lsuv_error,
/// the weights restored, where z is empty, holds NaN or infinity, does not vary (a dead layer), or does not fit after
/// the tries.
template <std::ranges::contiguous_range W, std::invocable Z>
  requires std::floating_point<std::ranges::range_value_t<W>> &&
           std::floating_point<std::ranges::range_value_t<std::invoke_result_t<Z&>>>
lsuv_report lsuv(W&& weights, Z&& z, lsuv_options const& options = {}) {
  using T = std::ranges::range_value_t<W>;
  constexpr std::string_view function = "lsuv";
  if (!detail::is_finite(options.variance) || options.variance <= 0) {
    detail::bad_parameter(function, "variance", options.variance, "a finite number > 0");
  }
  if (!detail::is_finite(options.tolerance) || options.tolerance <= 0) {
    detail::bad_parameter(function, "tolerance", options.tolerance, "a finite number > 0");
  }
  if (options.tries < 1) {
    detail::bad_parameter(function, "tries", options.tries, "at least 1");
  }
  std::vector<T> const before(std::ranges::begin(weights), std::ranges::end(weights));
  lsuv_report report{0, 0, 1, 0};
  auto const give_up = [&](std::string const& why) {
    std::ranges::copy(before, std::ranges::begin(weights));
    throw lsuv_error(detail::message("satur::", function, ": ", options.layer.empty() ? "" : "layer ", options.layer,
                                     options.layer.empty() ? "" : ": ", why, "; the weights are as they were"),
                     report);
  };
  for (;;) {
    double count = 0;
    double mean = 0;
    double squares = 0;
    for (auto&& numbers = z(); auto const& x : numbers) { // Welford's running moments
      count += 1;
      double const step = static_cast<double>(x) - mean;
      mean += step / count;
      squares += step * (static_cast<double>(x) - mean);
    }
    report.variance = squares / count;
    if (report.tries == 0) {
      report.first_variance = report.variance;
    }
    if (count == 0) {
      give_up("z is empty; give a batch");
    }
    if (!detail::is_finite(report.variance)) {
      give_up("z holds NaN or infinity, or its variance overflows; look at the input and the layers before");
    }
    if (std::abs(report.variance - options.variance) <= options.tolerance * options.variance) {
      return report;
    }
    if (report.variance == 0) {
      give_up(detail::message("every z is ", detail::number_text(mean),
                              ", whose variance no scaling changes; look for a dead layer before, or weights of 0"));
    }
    if (report.tries == options.tries) {
      give_up(detail::message("the variance of z is ", detail::number_text(report.variance), " after ", report.tries,
                              " tries, wanted ", detail::number_text(options.variance), " within ",
                              detail::number_text(options.tolerance),
                              " of it; a bias may have the rest: set it to 0 first, or allow more tries"));
    }
    double const factor = std::sqrt(options.variance / report.variance);
    for (T& w : weights) {
      w = static_cast<T>(static_cast<double>(w) * factor);
    }
    report.factor *= factor;
    ++report.tries;
  }
}

}} // namespace satur::SATUR_ABI
