/// \file error.hpp  What is thrown, and how its message is worded.
///
/// Under -fno-exceptions nothing is thrown: the message goes to stderr as one line, and the program ends by
/// `std::abort()`. Whatever a doc block says is thrown ends the program there.
#pragma once

#include "satur/config.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

/// Outside of the ABI namespace, so that one `catch` takes them from files of all flags.
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

} // namespace satur

namespace satur::inline SATUR_ABI::detail {

/// Throws `error`; without exceptions prints its message to stderr and aborts. The only place of satur that throws.
template <class Exception> [[noreturn]] void raise(Exception const& error) {
#if SATUR_HAS_EXCEPTIONS
  throw error;
#else
  std::fprintf(stderr, "%s\n", error.what());
  std::abort();
#endif
}

/// Does action(). If it throws an Error, retell(message) may throw in other words. Without exceptions the first message
/// ends the program.
template <class Error = std::invalid_argument, class Action, class Retell>
void with_words_of(Retell const& retell, Action const& action) {
#if SATUR_HAS_EXCEPTIONS
  try {
    action();
  } catch (Error const& error) {
    retell(error.what());
  }
#else
  static_cast<void>(retell);
  action();
#endif
}

/// NaN, and neither infinite nor NaN. By the bits, so that -ffast-math cannot assume the answer.
[[nodiscard]] constexpr bool is_nan(double x) noexcept {
  return (std::bit_cast<std::uint64_t>(x) & 0x7fffffffffffffffu) > 0x7ff0000000000000u;
}
[[nodiscard]] constexpr bool is_finite(double x) noexcept {
  return (std::bit_cast<std::uint64_t>(x) & 0x7ff0000000000000u) != 0x7ff0000000000000u;
}

/// a > b and a < b for readings that may be NaN: false if one is, under -ffast-math too.
[[nodiscard]] constexpr bool is_above(double a, double b) noexcept { return !is_nan(a) && !is_nan(b) && a > b; }
[[nodiscard]] constexpr bool is_below(double a, double b) noexcept { return is_above(b, a); }

/// Appends the shortest digits that read back as the same number of its type: 0.1, 5, -inf, nan. An exponent stands
/// where the number is below 1e-4 or so large that its type does not have every whole number.
template <class T>
  requires std::is_arithmetic_v<T>
void append_number(std::string& out, T value) {
  std::array<char, 64> text;
  char* const first = text.data();
  char* const last = first + text.size();
  if constexpr (std::numeric_limits<T>::is_integer) {
    out.append(first, std::to_chars(first, last, +value).ptr);
  } else {
    T const size = value < 0 ? -value : value;
    bool const plain = value == 0 || (size >= static_cast<T>(1e-4L) && size < 2 / std::numeric_limits<T>::epsilon());
    auto const format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    std::string_view const digits(first, std::to_chars(first, last, value, format).ptr);
    out += digits == "-nan" ? "nan" : digits; // the sign of a NaN says nothing
  }
}

/// The same digits alone. `text::number` is its public name.
template <class T>
  requires std::is_arithmetic_v<T>
[[nodiscard]] std::string number_text(T value) {
  std::string text;
  append_number(text, value);
  return text;
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

/// A part of a message: text, a character, or a number (a floating-point one with six digits, as a stream prints it).
class message_part {
public:
  template <class T>
    requires std::convertible_to<T const&, std::string_view>
  message_part(T const& text) : text_(text) {}
  message_part(char c) : digits_{c}, text_(digits_.data(), 1) {}
  message_part(unsigned long long n) : text_(written(std::to_chars(begin(), end(), n).ptr)) {}
  message_part(long long n) : text_(written(std::to_chars(begin(), end(), n).ptr)) {}
  message_part(double x) : text_(written(std::to_chars(begin(), end(), x, std::chars_format::general, 6).ptr)) {}
  template <std::unsigned_integral T> message_part(T n) : message_part(static_cast<unsigned long long>(n)) {}
  template <std::signed_integral T> message_part(T n) : message_part(static_cast<long long>(n)) {}
  message_part(message_part const&) = delete;
  message_part& operator=(message_part const&) = delete;

  [[nodiscard]] std::string_view text() const { return text_; }

private:
  [[nodiscard]] char* begin() { return digits_.data(); }
  [[nodiscard]] char* end() { return digits_.data() + digits_.size(); }
  [[nodiscard]] std::string_view written(char const* last) {
    return {digits_.data(), static_cast<std::size_t>(last - digits_.data())};
  }

  std::array<char, 32> digits_;
  std::string_view text_; ///< of the caller, or the digits
};

[[nodiscard]] SATUR_COMPILED_FUNCTION std::string joined(std::initializer_list<message_part> parts)
#if SATUR_COMPILED
    ;
#else
{
  std::string text;
  for (message_part const& part : parts) {
    text += part.text();
  }
  return text;
}
#endif

/// One line of parts: message("satur::fill: ", n, " values").
template <class... Parts> [[nodiscard]] std::string message(Parts const&... parts) {
  return joined({message_part(parts)...});
}

/// A number, or its text, and the noun behind it: "1 unit", "5 units". many: the plural, if it is not one + "s".
[[nodiscard]] inline std::string count_text(message_part const& number, std::string_view one,
                                            std::string_view many = {}) {
  bool const single = number.text() == "1";
  return message(number.text(), ' ', single || many.empty() ? one : many, single || !many.empty() ? "" : "s");
}

/// Throws std::invalid_argument: "satur::<function>: <what> is <given>; allowed: <allowed>".
template <class T>
[[noreturn]] void bad_parameter(std::string_view function, std::string_view what, T const& given,
                                std::string_view allowed) {
  if constexpr (std::is_arithmetic_v<T>) {
    raise(std::invalid_argument(
        message("satur::", function, ": ", what, " is ", number_text(given), "; allowed: ", allowed)));
  } else {
    raise(std::invalid_argument(message("satur::", function, ": ", what, " is ", given, "; allowed: ", allowed)));
  }
}

/// Throws shape_error: "satur::<function>: <what> has shape <given>; expected <expected>".
[[noreturn]] SATUR_COMPILED_FUNCTION void bad_shape(std::string_view function, std::string_view what,
                                                    std::string_view given, std::string_view expected)
#if SATUR_COMPILED
    ;
#else
{
  raise(shape_error(message("satur::", function, ": ", what, " has shape ", given, "; expected ", expected)));
}
#endif

SATUR_COMPILED_TEMPLATE(std::string number_text<float>(float));
SATUR_COMPILED_TEMPLATE(std::string number_text<double>(double));
SATUR_COMPILED_TEMPLATE(std::string number_text<int>(int));
SATUR_COMPILED_TEMPLATE(std::string number_text<unsigned>(unsigned));
SATUR_COMPILED_TEMPLATE(std::string number_text<unsigned long>(unsigned long));

} // namespace satur::inline SATUR_ABI::detail
