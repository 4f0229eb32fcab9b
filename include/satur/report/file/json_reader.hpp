/// \file report/file/json_reader.hpp  Reads one line of JSON from front to back; what is not asked for is skipped.
#pragma once

#include "satur/error.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#ifndef __cpp_lib_to_chars
#include <locale>
#include <sstream>
#endif

namespace satur::inline SATUR_ABI::detail {

/// One line, read from front to back. Every error is a file_error: which file, line and byte, what was expected.
class json_reader {
public:
  json_reader(std::string_view file, std::uint64_t line, std::string_view text)
      : file_(file), line_(line), text_(text) {}

  /// member(key) for each member of the object that comes; it reads the value, whole.
  template <class F> void object(F const& member) {
    expect('{', "an object");
    if (!takes('}')) {
      do {
        std::string const key = string();
        expect(':', "':' behind a key");
        member(std::string_view(key));
      } while (takes(','));
      expect('}', "',' or '}' behind a value");
    }
  }
  /// Nothing but spaces is left.
  void end() {
    skip_spaces();
    if (at_ != text_.size()) {
      fail("the end of the line");
    }
  }
  [[nodiscard]] std::string string() {
    expect('"', "a string");
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        fail("a character that is no control character");
      }
      if (text_[at_] != '\\') {
        value += text_[at_++];
        continue;
      }
      ++at_;
      constexpr std::string_view escapes = "\"\\/bfnrt";
      constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
      std::size_t const which = at_ < text_.size() ? escapes.find(text_[at_]) : std::string_view::npos;
      if (which != std::string_view::npos) {
        value += meant[which];
        ++at_;
      } else {
        append_utf8(value, code_point());
      }
    }
    expect('"', "'\"' at the end of a string");
    return value;
  }
  /// NaN for null.
  [[nodiscard]] double number() {
    skip_spaces();
    if (text_.substr(at_).starts_with("null")) {
      at_ += 4;
      return std::numeric_limits<double>::quiet_NaN();
    }
    std::size_t const size = number_size("a number or null");
    double x = 0.0;
#ifdef __cpp_lib_to_chars
    char const* const end = text_.data() + at_ + size;
    auto const read = std::from_chars(text_.data() + at_, end, x);
    bool const whole = read.ec == std::errc{} && read.ptr == end;
#else
    std::istringstream in(std::string(text_.substr(at_, size)));
    in.imbue(std::locale::classic());
    bool const whole = static_cast<bool>(in >> x) && in.peek() == std::istringstream::traits_type::eof();
#endif
    if (!whole) {
      fail("a number that a double can hold, or null");
    }
    at_ += size;
    return x;
  }
  /// A whole number from `least` on that an N can hold.
  template <std::unsigned_integral N = std::uint64_t> [[nodiscard]] N whole_number(N least = 0) {
    skip_spaces();
    std::size_t const size = number_size("a whole number");
    N n = 0;
    char const* const end = text_.data() + at_ + size;
    auto const read = std::from_chars(text_.data() + at_, end, n);
    if (read.ec != std::errc{} || read.ptr != end || n < least) {
      fail(message("a whole number from ", +least, " to ", +(std::numeric_limits<N>::max)()));
    }
    at_ += size;
    return n;
  }
  /// Reads any value.
  void skip(int depth = 0) {
    skip_spaces();
    char const next = at_ < text_.size() ? text_[at_] : '\0';
    if (depth == 64) {
      fail("a value in less than 64 others");
    } else if (next == '{') {
      object([&](std::string_view) { skip(depth + 1); });
    } else if (next == '[') {
      ++at_;
      if (!takes(']')) {
        do {
          skip(depth + 1);
        } while (takes(','));
        expect(']', "',' or ']' behind a value");
      }
    } else if (next == '"') {
      static_cast<void>(string());
    } else if (text_.substr(at_).starts_with("true")) {
      at_ += 4;
    } else if (text_.substr(at_).starts_with("false")) {
      at_ += 5;
    } else {
      static_cast<void>(number());
    }
  }

  [[noreturn]] void fail(std::string_view expected) const {
    raise(file_error(message("satur::read_json_lines: ", file_, file_.empty() ? "" : ": ", "line ", line_, ", byte ",
                             at_, ": expected ", expected, "; give a file that write_json_lines wrote")));
  }

private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  [[nodiscard]] bool takes(char c) {
    skip_spaces();
    bool const there = at_ < text_.size() && text_[at_] == c;
    at_ += there ? 1 : 0;
    return there;
  }
  void expect(char c, std::string_view what) {
    if (!takes(c)) {
      fail(what);
    }
  }
  /// Length of the number that begins here.
  [[nodiscard]] std::size_t number_size(std::string_view expected) const {
    std::string_view const rest = text_.substr(at_);
    std::size_t const size = (std::min)(rest.find_first_not_of("+-.0123456789eE"), rest.size());
    std::size_t const digit = rest.starts_with('-') ? 1 : 0;
    if (digit >= size || rest[digit] < '0' || rest[digit] > '9') {
      fail(expected);
    }
    return size;
  }
  /// Behind a backslash: uXXXX, or two of them for a character above U+FFFF.
  [[nodiscard]] std::uint32_t code_point() {
    std::uint32_t const first = code_unit();
    if (first < 0xd800 || first > 0xdfff) {
      return first;
    }
    bool const paired = first < 0xdc00 && text_.substr(at_).starts_with("\\u");
    at_ += paired ? 1 : 0;
    std::uint32_t const second = paired ? code_unit() : 0;
    if (second < 0xdc00 || second > 0xdfff) {
      fail("two halves of a character");
    }
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  }
  [[nodiscard]] std::uint32_t code_unit() {
    std::string_view const digits = text_.substr((std::min)(at_ + 1, text_.size()), 4);
    std::uint32_t code = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (at_ == text_.size() || text_[at_] != 'u' || digits.size() < 4 || read.ptr != digits.data() + 4) {
      fail("an escape of JSON");
    }
    at_ += 5;
    return code;
  }
  static void append_utf8(std::string& text, std::uint32_t code) {
    auto const tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else if (code < 0x800) {
      text += static_cast<char>(0xc0 | (code >> 6));
      tail(0);
    } else if (code < 0x10000) {
      text += static_cast<char>(0xe0 | (code >> 12));
      tail(6);
      tail(0);
    } else {
      text += static_cast<char>(0xf0 | (code >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
  }

  std::string_view file_;
  std::uint64_t line_;
  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace satur::inline SATUR_ABI::detail
