// The table of all layers while a network trains.
#pragma once

#include "support/text.hpp"

#include <satur/monitor.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace support {

/// On a terminal the table is redrawn in place, five times a second. Elsewhere a table is printed if `block` is set.
class display {
public:
  explicit display(std::size_t steps) : steps_(steps), live_(isatty(STDOUT_FILENO) != 0) {}

  void show(satur::monitor const& mon, std::size_t step, double loss, double accuracy, bool block) {
    auto const now = std::chrono::steady_clock::now();
    if (!block && (!live_ || now - drawn_ <= std::chrono::milliseconds(200))) {
      return;
    }
    drawn_ = now;
    std::ostringstream table;
    table << progress(step, loss, accuracy, std::chrono::duration<double>(now - start_).count()) << '\n'
          << satur::saturation_table(mon, satur::table_stretch::all_steps)
          << satur::format_table(mon, satur::table_stretch::all_steps); // empty without --format
    if (!live_) {
      std::cout << table.str() << '\n' << std::flush;
      return;
    }
    std::istringstream lines(table.str());
    std::cout << (lines_ != 0 ? text("\x1b[%dA", lines_) : ""); // up to the first line of the last table
    lines_ = 0;
    for (std::string line; std::getline(lines, line); ++lines_) {
      std::cout << "\x1b[2K" << line << '\n'; // clears the line first
    }
    std::cout << "\x1b[J" << std::flush; // clears what is below
  }
  /// The next table goes below the text printed since the last one.
  void below() { lines_ = 0; }

private:
  [[nodiscard]] std::string progress(std::size_t step, double loss, double accuracy, double seconds) const {
    double const per_second = static_cast<double>(step) / seconds;
    std::string line = text("step %zu of %zu   loss %.4f   right %.1f %%   %.0f steps/s", step, steps_, loss,
                            100.0 * accuracy, per_second);
    if (live_ && step < steps_) {
      line += text("   %.0f s left", static_cast<double>(steps_ - step) / per_second);
    }
    return line;
  }

  std::size_t steps_;
  bool live_;
  int lines_ = 0; ///< lines of the table on the screen
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point drawn_ = start_;
};

} // namespace support
