/// \file reading/initial_loss.hpp  Whether the initial loss is that of an untrained classifier.
#pragma once

#include "satur/error.hpp"
#include "satur/reading/gradient_limits.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// The loss before the first step against ln C (nats), the cross entropy of a classifier that knows nothing. Above it:
/// large logits, confidently wrong. Below it: the labels leak, or the loss is not a cross entropy over C classes.
struct initial_loss {
  double loss = std::numeric_limits<double>::quiet_NaN();
  double expected = std::numeric_limits<double>::quiet_NaN(); ///< ln C
  bool suspicious = false;                                    ///< |loss - ln C| > limit, or NaN

  [[nodiscard]] double excess() const { return loss - expected; }
  friend std::ostream& operator<<(std::ostream& out, initial_loss const& i) {
    return out << "initial loss " << text::significant(i.loss, 4) << ", ln C = " << text::significant(i.expected, 4)
               << (i.suspicious ? ": suspicious" : ": as it should be");
  }
};

/// Throws std::invalid_argument if there are fewer than two classes.
[[nodiscard]] inline initial_loss check_initial_loss(double loss, std::size_t classes,
                                                     gradient_limits const& limits = {}) {
  if (classes < 2) {
    detail::bad_parameter("check_initial_loss", "classes", classes, "2 or more");
  }
  initial_loss i;
  i.loss = loss;
  i.expected = std::log(static_cast<double>(classes));
  i.suspicious = detail::is_nan(i.excess()) || std::fabs(i.excess()) > limits.initial_loss_excess;
  return i;
}

}} // namespace satur::SATUR_ABI
