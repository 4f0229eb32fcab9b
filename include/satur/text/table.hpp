/// \file text/table.hpp  The cells of a table of text. A width counts characters, not the bytes of UTF-8.
#pragma once

#include "satur/config.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::text {

/// Characters of a text in UTF-8: its bytes but those that continue a character.
[[nodiscard]] inline std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

/// The text at the left of a cell; a longer text is not cut.
[[nodiscard]] inline std::string left(std::string_view text, std::size_t width) {
  std::size_t const own = width_of(text);
  return std::string(text) + std::string(own < width ? width - own : 0, ' ');
}

/// The text at the right of a cell; a longer text is not cut.
[[nodiscard]] inline std::string right(std::string_view text, std::size_t width) {
  std::size_t const own = width_of(text);
  return std::string(own < width ? width - own : 0, ' ') + std::string(text);
}

/// The text where it fits, else its first width - 1 characters and "~". width is at least 1.
[[nodiscard]] inline std::string shortened(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) {
    return std::string(text);
  }
  std::size_t kept = text.size();
  while (width_of(text.substr(0, kept)) >= width) {
    --kept;
  }
  return std::string(text.substr(0, kept)) + "~";
}

} // namespace satur::inline SATUR_ABI::text
