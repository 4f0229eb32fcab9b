/// \file fans.hpp  How many numbers a unit adds up, and how many units it feeds.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace satur::inline SATUR_ABI {

/// Fan-in and fan-out of a weight: for a dense layer w (in, out) just these two.
struct fans {
  std::size_t in;
  std::size_t out;
  bool operator==(fans const&) const = default;
};

namespace detail {

/// f, or std::invalid_argument where a fan is 0.
constexpr fans const& checked(fans const& f, std::string_view rule) {
  if (f.in == 0 || f.out == 0) {
    throw std::invalid_argument(
        message("satur::", rule, ": fans are (in ", f.in, ", out ", f.out, "); allowed: both at least 1"));
  }
  return f;
}

/// value, or std::invalid_argument unless it is finite and at least 0.
inline double checked_scale(double value, std::string_view rule, std::string_view what) {
  if (!is_finite(value) || value < 0) {
    bad_parameter(rule, what, value, "a finite number >= 0");
  }
  return value;
}

/// value, or std::invalid_argument where it is infinite or NaN.
inline double checked_finite(double value, std::string_view rule, std::string_view what) {
  if (!is_finite(value)) {
    bad_parameter(rule, what, value, "a finite number");
  }
  return value;
}

/// value as a T, or std::invalid_argument where T does not reach that far.
template <class T> T checked_as(double value, std::string_view rule, std::string_view what) {
  if (std::abs(value) > static_cast<double>(std::numeric_limits<T>::max())) {
    bad_parameter(
        rule, what, value,
        message("a magnitude up to ", number_text(std::numeric_limits<T>::max()), ", the largest of the type"));
  }
  return static_cast<T>(value);
}

/// Half the width of a uniform law in its standard deviations.
inline constexpr double root_3 = 1.7320508075688772935;

} // namespace detail
} // namespace satur::inline SATUR_ABI
