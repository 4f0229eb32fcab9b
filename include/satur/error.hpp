// satur: what is thrown, and how its message is worded.
#pragma once

#include "satur/config.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

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

/// Neither infinite nor NaN. By the bits, so that -ffast-math cannot assume the answer.
[[nodiscard]] constexpr bool is_finite(double x) noexcept {
  return (std::bit_cast<std::uint64_t>(x) & 0x7ff0000000000000u) != 0x7ff0000000000000u;
}

/// The shortest digits that read back as the same number of its type: 0.1, 5, -inf, nan. An exponent stands where the
/// number is below 1e-4 or so large that its type does not have every whole number. `text::number` is its public name.
template <class T>
  requires std::is_arithmetic_v<T>
[[nodiscard]] std::string number_text(T value) {
  std::array<char, 64> text;
  char* const first = text.data();
  char* const last = first + text.size();
  if constexpr (std::numeric_limits<T>::is_integer) {
    return {first, std::to_chars(first, last, +value).ptr};
  } else {
    T const size = value < 0 ? -value : value;
    bool const plain = value == 0 || (size >= static_cast<T>(1e-4L) && size < 2 / std::numeric_limits<T>::epsilon());
    auto const format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    std::string_view const digits(first, std::to_chars(first, last, value, format).ptr);
    return digits == "-nan" ? "nan" : std::string(digits); // the sign of a NaN says nothing
  }
}

/// "(128, 784)"; one extent reads "(10)", none "()". Any range of integers.
template <class Range> [[nodiscard]] std::string shape_text(Range const& shape) {
  std::string text = "(";
  char const* separator = "";
  for (auto const& extent : shape) {
    text += separator + number_text(extent);
    separator = ", ";
  }
  return text + ')';
}

[[nodiscard]] inline std::string shape_text(std::initializer_list<std::size_t> shape) {
  return shape_text<std::initializer_list<std::size_t>>(shape);
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
  if constexpr (std::is_arithmetic_v<T>) {
    throw std::invalid_argument(
        message("satur::", function, ": ", what, " is ", number_text(given), "; allowed: ", allowed));
  } else {
    throw std::invalid_argument(message("satur::", function, ": ", what, " is ", given, "; allowed: ", allowed));
  }
}

/// Throws shape_error: "satur::<function>: <what> has shape <given>; expected <expected>".
[[noreturn]] SATUR_COMPILED_FUNCTION void bad_shape(std::string_view function, std::string_view what,
                                                    std::string_view given, std::string_view expected)
#if SATUR_COMPILED
    ;
#else
{
  throw shape_error(message("satur::", function, ": ", what, " has shape ", given, "; expected ", expected));
}
#endif

SATUR_COMPILED_TEMPLATE(std::string number_text<float>(float));
SATUR_COMPILED_TEMPLATE(std::string number_text<double>(double));
SATUR_COMPILED_TEMPLATE(std::string number_text<int>(int));
SATUR_COMPILED_TEMPLATE(std::string number_text<unsigned>(unsigned));
SATUR_COMPILED_TEMPLATE(std::string number_text<unsigned long>(unsigned long));

} // namespace detail
} // namespace satur
