/// \file text/wrap.hpp  Text in lines of a width.
#pragma once

#include "satur/text/table.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::text {

/// The words of a text, parted by white space, in lines of at most `width` characters: `first` begins the first line,
/// `indent` the others. A word that is longer has a line of its own. No line break at the end.
[[nodiscard]] inline std::string wrapped(std::string_view words, std::string_view first, std::string_view indent,
                                         std::size_t width = 100) {
  constexpr std::string_view white = " \t\r\n";
  std::string all(first);
  std::size_t column = width_of(first);
  bool begun = false;
  for (std::size_t at = words.find_first_not_of(white); at != words.npos; at = words.find_first_not_of(white)) {
    words.remove_prefix(at);
    std::string_view const word = words.substr(0, words.find_first_of(white));
    std::size_t const own = width_of(word);
    if (begun && column + 1 + own > width) {
      all.append("\n").append(indent);
      column = width_of(indent);
    } else if (begun) {
      all += ' ';
      ++column;
    }
    all += word;
    column += own;
    begun = true;
    words.remove_prefix(word.size());
  }
  return all;
}

} // namespace satur::inline SATUR_ABI::text
