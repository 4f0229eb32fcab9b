/// \file initializer/fans.hpp  Fan-in and fan-out of a layer.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Fan-in is the number of products that one unit sums. Fan-out is the number of units that one input feeds. For a
/// dense layer with w (in, out) they are in and out. `layer_fans.hpp` has those of other layers.
struct fans {
  std::size_t in;
  std::size_t out;
  bool operator==(fans const&) const = default;
};

/// The number n, from fan-in and fan-out, by which a rule divides its variance.
enum class fan_mode {
  fan_in,     ///< in: keeps the size of the signal forward
  fan_out,    ///< out: keeps the size of the gradient backward
  fan_avg,    ///< (in + out) / 2: a compromise
  fan_geo_avg ///< sqrt(in out): a compromise
};

namespace detail {

/// Returns f. Throws std::invalid_argument if a fan is 0.
constexpr fans const& checked(fans const& f, std::string_view rule) {
  if (f.in == 0 || f.out == 0) {
    detail::raise(std::invalid_argument(
        message("satur::", rule, ": fans are (in ", f.in, ", out ", f.out, "); allowed: both at least 1")));
  }
  return f;
}

/// Returns value. Throws std::invalid_argument unless it is finite and at least 0.
inline double checked_scale(double value, std::string_view rule, std::string_view what) {
  if (!is_finite(value) || value < 0) {
    bad_parameter(rule, what, value, "a finite number >= 0");
  }
  return value;
}

/// Returns value. Throws std::invalid_argument if it is infinite or NaN.
inline double checked_finite(double value, std::string_view rule, std::string_view what) {
  if (!is_finite(value)) {
    bad_parameter(rule, what, value, "a finite number");
  }
  return value;
}

/// Returns value as a T. Throws std::invalid_argument if it is out of range for T.
template <class T> T checked_as(double value, std::string_view rule, std::string_view what) {
  if (std::abs(value) > static_cast<double>((std::numeric_limits<T>::max)())) {
    bad_parameter(
        rule, what, value,
        message("a magnitude up to ", number_text((std::numeric_limits<T>::max)()), ", the largest of the type"));
  }
  return static_cast<T>(value);
}

/// The number that `mode` selects from fans of at least 1. Throws std::invalid_argument if a fan is 0 or the mode is
/// invalid.
inline double fan_number(fans const& f, fan_mode mode, std::string_view rule) {
  double const in = static_cast<double>(checked(f, rule).in);
  double const out = static_cast<double>(f.out);
  switch (mode) {
  case fan_mode::fan_in:
    return in;
  case fan_mode::fan_out:
    return out;
  case fan_mode::fan_avg:
    return (in + out) / 2;
  case fan_mode::fan_geo_avg:
    return std::sqrt(in) * std::sqrt(out);
  }
  bad_parameter(rule, "mode", static_cast<int>(mode), "fan_in, fan_out, fan_avg or fan_geo_avg");
}

/// Half the width of a uniform law, in standard deviations.
inline constexpr double root_3 = 1.7320508075688772935;

} // namespace detail
}} // namespace satur::SATUR_ABI
