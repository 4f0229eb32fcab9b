// satur: what is thrown, and how its message is worded.
#pragma once

#include "satur/config.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace satur {

/// Two shapes that do not fit together, or a shape with a zero in it. The message is one line: the function, the
/// shapes, and what would fit. A wrong parameter that is no shape is a plain `std::invalid_argument`.
struct shape_error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// A file that cannot be read or written. The message is one line: what was being done, at which byte, what was
/// expected, and what to do.
struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

/// "(128, 784)"; one extent reads "(10)", none "()". Any range of integers.
template <class Range> [[nodiscard]] std::string shape_text(Range const& shape) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << '(';
  char const* separator = "";
  for (auto const& extent : shape) {
    out << separator << +extent;
    separator = ", ";
  }
  out << ')';
  return out.str();
}

[[nodiscard]] inline std::string shape_text(std::initializer_list<std::size_t> shape) {
  return shape_text<std::initializer_list<std::size_t>>(shape);
}

/// Neither infinite nor NaN. By the bits, so that -ffast-math cannot assume the answer.
[[nodiscard]] constexpr bool is_finite(double x) noexcept {
  return (std::bit_cast<std::uint64_t>(x) & 0x7ff0000000000000u) != 0x7ff0000000000000u;
}

/// A number as a person would type it: 0.1, 5, -inf, nan; enough digits to tell neighbors of its type apart.
template <class T> [[nodiscard]] std::string number_text(T value) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  if constexpr (std::numeric_limits<T>::is_integer) {
    out << +value;
  } else {
    // The short form where it reads back as the same number, else all digits.
    out.precision(std::numeric_limits<T>::digits10);
    out << value;
    T back{};
    std::istringstream in{out.str()};
    in.imbue(std::locale::classic());
    if (in >> back && !(back == value)) {
      out.str({});
      out.precision(std::numeric_limits<T>::max_digits10);
      out << value;
    }
  }
  return out.str();
}

/// One line of any printable parts: message("satur::fill: ", n, " values").
template <class... Parts> [[nodiscard]] std::string message(Parts const&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

/// Throws std::invalid_argument: "satur::<function>: <what> is <given>; allowed: <allowed>".
template <class T>
[[noreturn]] void bad_parameter(std::string_view function, std::string_view what, T const& given,
                                std::string_view allowed) {
  if constexpr (std::numeric_limits<T>::is_specialized) {
    throw std::invalid_argument(
        message("satur::", function, ": ", what, " is ", number_text(given), "; allowed: ", allowed));
  } else {
    throw std::invalid_argument(message("satur::", function, ": ", what, " is ", given, "; allowed: ", allowed));
  }
}

/// Throws shape_error: "satur::<function>: <what> has shape <given>; expected <expected>".
[[noreturn]] inline void bad_shape(std::string_view function, std::string_view what, std::string_view given,
                                   std::string_view expected) {
  throw shape_error(message("satur::", function, ": ", what, " has shape ", given, "; expected ", expected));
}

} // namespace detail
} // namespace satur
