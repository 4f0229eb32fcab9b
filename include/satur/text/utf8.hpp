/// \file text/utf8.hpp  Names as valid UTF-8, for formats that allow nothing else.
#pragma once

#include "satur/config.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::text {

/// How many bytes at the front of the text are one character of UTF-8; 0 where they are none, or the text is empty.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : '\0'); };
  unsigned const first = byte(0);
  if (text.empty() || first < 0x80) {
    return text.empty() ? 0 : 1;
  }
  if (first < 0xc2 || first > 0xf4) { // a byte that goes on, a code in too many bytes, or none of Unicode's
    return 0;
  }
  std::size_t const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  unsigned const second = byte(1);
  unsigned const lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;  // else in too many bytes
  unsigned const highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf; // else a surrogate, or above U+10FFFF
  if (second < lowest || second > highest) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) {
      return 0;
    }
  }
  return length;
}

/// The text as valid UTF-8: each byte that belongs to no character becomes U+FFFD.
[[nodiscard]] inline std::string valid_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    std::size_t const length = utf8_length(text);
    valid += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

} // namespace satur::inline SATUR_ABI::text
