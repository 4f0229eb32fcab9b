/// \file report/terminal/terminal_options.hpp  What a terminal can show: its size, colors, block characters.
#pragma once

#include "satur/error.hpp"

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#if __has_include(<unistd.h>) && __has_include(<sys/ioctl.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#define SATUR_HAS_TERMINAL_SIZE 1
#else
#define SATUR_HAS_TERMINAL_SIZE 0
#endif

namespace satur { inline namespace SATUR_ABI {

/// How `terminal_view` writes.
struct terminal_options {
  bool live = false;      ///< redraw in place; else every table stays, one below the other
  bool color = false;     ///< ANSI colors
  bool unicode = false;   ///< bars of block characters; else ASCII
  std::size_t width = 80; ///< columns; no line is longer
  std::size_t height = 0; ///< lines of the window if `live`; 0: unknown

  /// Throws std::invalid_argument if the width is below 40.
  void require_valid() const {
    if (width < 40) {
      detail::bad_parameter("terminal_options", "width", width, "40 columns or more");
    }
  }
  bool operator==(terminal_options const&) const = default;
};

namespace detail {

/// The variable of the environment; empty if it is not set.
[[nodiscard]] inline std::string_view environment(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}
/// Whether the locale of the environment writes UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set decides.
[[nodiscard]] inline bool locale_is_utf8() {
  for (char const* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (std::string_view const value = environment(name); !value.empty()) {
      return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos || value.find("utf-8") != value.npos;
    }
  }
  return false;
}

} // namespace detail

/// What the standard output is, by the environment. Live if it is a terminal that can move its cursor (TERM is not
/// "dumb"); in color if it is live and NO_COLOR is not set (no-color.org); block characters if the locale is UTF-8;
/// width and height of the window, at least 40 columns. Not a terminal: plain lines of 80 columns.
[[nodiscard]] inline terminal_options terminal_of_stdout() {
  terminal_options o;
  o.unicode = detail::locale_is_utf8();
#if SATUR_HAS_TERMINAL_SIZE
  std::string_view const kind = detail::environment("TERM");
  if (isatty(STDOUT_FILENO) != 0 && !kind.empty() && kind != "dumb") {
    o.live = true;
    o.color = detail::environment("NO_COLOR").empty();
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
      o.width = size.ws_col < 40 ? 40 : size.ws_col;
      o.height = size.ws_row;
    }
  }
#endif
  return o;
}

}} // namespace satur::SATUR_ABI

#undef SATUR_HAS_TERMINAL_SIZE
