// Text for a terminal.
#pragma once

#include <satur/text.hpp>

#include <cstdio>
#include <sstream>
#include <string>

namespace support {

inline std::string text(char const* format, auto... values) {
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

/// A share as a percentage: "12.5", "-" if there is none.
inline std::string percent(double share) { return satur::text::percent(share); }

/// Text wrapped to at most 100 columns.
inline std::string wrapped(std::string const& words, std::string const& indent) {
  std::istringstream in(words);
  std::string all;
  std::string line;
  for (std::string word; in >> word;) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > 100) {
      all += indent + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return all + indent + line + '\n';
}

} // namespace support
