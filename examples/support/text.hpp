// Text for a terminal.
#pragma once

#include <satur/text.hpp>

#include <cstdio>
#include <string>

namespace support {

inline std::string text(char const* format, auto... values) {
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

/// A share as a percentage: "12.5", "-" where there is none.
inline std::string percent(double share) { return satur::text::percent(share); }

/// A loss: "2.197", and "6.3e+21" where the digits would say nothing.
inline std::string loss_text(double loss, int decimals = 3) {
  if (!(loss < 1000.0)) {
    return loss < 1e300 ? satur::text::significant(loss, 2) : "not finite";
  }
  return satur::text::decimals(loss, decimals);
}

/// Words in lines of at most 100 columns: `first` before the first line, `indent` before the others.
inline std::string wrapped(std::string const& words, std::string const& first, std::string const& indent) {
  return satur::text::wrapped(words, first, indent) + '\n';
}
inline std::string wrapped(std::string const& words, std::string const& indent) {
  return wrapped(words, indent, indent);
}

} // namespace support
