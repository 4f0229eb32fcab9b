// Tables of runs that are looked at afterwards.
#pragma once

#include "support/saved_run.hpp"

#include <satur/monitor/saturation_table.hpp>
#include <satur/text/number.hpp>
#include <satur/text/table.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace support {

namespace text = satur::text;

// The last step of a phase: a row for each layer, with the columns of satur::saturation_table.
inline void print_last_steps(std::ostream& out, last_steps const& last) {
  out << text::left("layer", 13);
  for (satur::monitor_column const& column : satur::monitor_columns) {
    out << text::right(column.cell.head, column.cell.width);
  }
  out << '\n';
  for (last_step const& l : last.layers) {
    out << text::left(text::shortened(l.layer, 12), 13);
    for (std::size_t i = 0; i < l.numbers.size(); ++i) {
      satur::table_cell const& cell = satur::monitor_columns[i].cell;
      out << (cell.width == 0 ? std::string() : text::right(cell.text(l.numbers[i]), cell.width));
    }
    out << '\n';
  }
}

inline void print(std::ostream& out, saved_run const& run) {
  out << run.file << ":\n";
  if (run.mon) {
    if (!run.mon->losses().empty()) {
      out << run.mon->losses() << '\n';
    }
    out << *run.mon;
    return;
  }
  if (double const loss = run.last_loss(); !run.lines->losses.empty()) {
    out << "loss " << text::significant(loss, 4) << " at the end, "
        << text::significant(run.lines->losses.front().loss, 4) << " at the start\n";
  }
  bool none = true;
  for (satur::phase const p : {satur::phase::train, satur::phase::eval}) {
    if (last_steps const last = last_steps_of(run, p); last.seen) {
      out << to_text(p) << ", step " << text::number(last.step) << ":\n";
      print_last_steps(out, last);
      none = false;
    }
  }
  out << (none ? "no layer in it\n" : "") << "saturated: " << run.rule() << '\n';
  if (run.lines->rows > 1) {
    out << "observed: one row in " << text::number(run.lines->rows) << " of each batch\n";
  }
  if (!run.note().empty()) {
    out << "note: " << run.note() << '\n';
  }
}

// Two runs side by side: for each layer and number A, B and B - A.
inline void compare(std::ostream& out, saved_run const& a, saved_run const& b) {
  constexpr std::size_t width = 14;
  auto const line = [&](std::string const& layer, std::string_view number, std::string const& of_a,
                        std::string const& of_b, std::string const& difference) {
    out << text::left(layer, 13) << text::left(number, 10) << text::right(of_a, width) << text::right(of_b, width)
        << (difference.empty() ? std::string() : text::right(difference, width)) << '\n';
  };
  auto const with_sign = [](double x, std::string const& words) { return x > 0.0 ? "+" + words : words; };
  out << "A: " << a.file << "\nB: " << b.file << '\n';
  for (satur::phase const p : {satur::phase::train, satur::phase::eval}) {
    last_steps const of_a = last_steps_of(a, p);
    last_steps const of_b = last_steps_of(b, p);
    if (!of_a.seen && !of_b.seen) {
      continue;
    }
    auto const step_of = [](last_steps const& of) { return of.seen ? "step " + text::number(of.step) : "not seen"; };
    out << '\n' << to_text(p) << '\n';
    line("layer", "number", "A", "B", "B - A");
    line("", "last", step_of(of_a), step_of(of_b), "");
    if (p == satur::phase::train) {
      double const x = a.last_loss();
      double const y = b.last_loss();
      line("", "loss", text::significant(x, 4), text::significant(y, 4), with_sign(y - x, text::significant(y - x, 4)));
    }
    std::vector<std::string> names;
    for (last_steps const* const of : {&of_a, &of_b}) {
      for (last_step const& l : of->layers) {
        if (std::find(names.begin(), names.end(), l.layer) == names.end()) {
          names.push_back(l.layer);
        }
      }
    }
    for (std::string const& name : names) {
      std::string shown = text::shortened(name, 12);
      for (std::size_t i = 0; i < satur::monitor_columns.size(); ++i) {
        satur::monitor_column const& column = satur::monitor_columns[i];
        auto const of = [&](last_steps const& run) {
          last_step const* const l = run.find(name);
          return l != nullptr ? l->numbers[i] : std::numeric_limits<double>::quiet_NaN();
        };
        double const x = of(of_a);
        double const y = of(of_b);
        if (column.cell.width != 0 && !(std::isnan(x) && std::isnan(y))) {
          std::string const difference =
              column.unit == "share" ? text::decimals(100.0 * (y - x), 1) : column.cell.text(y - x);
          line(shown, column.cell.head, column.cell.text(x), column.cell.text(y), with_sign(y - x, difference));
          shown.clear();
        }
      }
    }
  }
  out << "\nsaturated: " << a.rule();
  out << (a.rule() == b.rule() ? "\n" : " in A, " + b.rule() + " in B: their shares do not compare\n");
  for (saved_run const* const run : {&a, &b}) {
    if (!run->note().empty()) {
      out << "note: " << run->file << ": " << run->note() << '\n';
    }
  }
}

} // namespace support
