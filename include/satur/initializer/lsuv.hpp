/// \file initializer/lsuv.hpp  Scales weights until the layer's output on a real batch has the target variance.
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
  double variance = 1;      ///< target variance of z, over the batch and all units
  double tolerance = 0.01;  ///< stops if |variance of z - target| <= tolerance x target
  int tries = 10;           ///< largest number of scalings
  std::string_view layer{}; ///< name in error messages
};

/// The result of lsuv.
struct lsuv_report {
  double first_variance; ///< variance of z with the original weights
  double variance;       ///< variance of z with the current weights
  double factor;         ///< total factor applied to the weights
  int tries;             ///< scalings made; 0 if the original weights fitted
  bool operator==(lsuv_report const&) const = default;
};

/// Thrown if no scaling brings the variance of z to its target. The weights are restored.
struct lsuv_error : std::runtime_error {
  lsuv_report report; ///< state at the failure
  lsuv_error(std::string const& what, lsuv_report const& r) : std::runtime_error(what), report(r) {}
};

/// LSUV, layer-sequential unit-variance initialization: multiplies `weights` in place by sqrt(target / variance of z)
/// until z has the target variance.
///
/// `z()` runs the layer on a batch with the current weights and returns its pre-activations as a contiguous range of
/// floating-point numbers. It is called up to tries + 1 times. Call lsuv for one layer after another, from the input
/// on, so that each layer gets the output of the layers before it. The paper starts from orthogonal weights; its code
/// uses a tolerance of 0.1 and 10 tries.
///
/// Without a bias one try is enough. With a bias it takes a few, because scaling the weights does not scale the bias. A
/// bias alone may have more than the target variance.
///
/// Source: D. Mishkin, J. Matas, "All you need is a good init", ICLR 2016, algorithm 1.
///
/// Throws std::invalid_argument unless variance and tolerance are finite and > 0 and tries is at least 1. Throws
/// lsuv_error, with the weights restored, if z is empty, holds NaN or infinity, does not vary (a dead layer), or does
/// not fit after the tries.
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
    detail::raise(
        lsuv_error(detail::message("satur::", function, ": ", options.layer.empty() ? "" : "layer ", options.layer,
                                   options.layer.empty() ? "" : ": ", why, "; the weights are as they were"),
                   report));
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
