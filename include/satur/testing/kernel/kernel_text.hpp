/// \file testing/kernel/kernel_text.hpp  A report on a kernel as text, of at most 100 columns.
#pragma once

#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <locale>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace satur::inline SATUR_ABI::testing {

namespace detail {

/// `begin` and a text, in lines of at most 100 columns; the lines after the first begin with `indent` blanks.
inline std::string wrapped(std::string begin, std::string_view text, std::size_t indent) {
  std::string out = std::move(begin);
  std::size_t column = satur::text::width_of(out);
  bool first = true;
  while (!text.empty()) {
    std::size_t const end = (std::min)(text.find(' '), text.size());
    std::string_view const word = text.substr(0, end);
    if (!first && column + 1 + satur::text::width_of(word) > 100) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    first = false;
    out += word;
    column += satur::text::width_of(word);
    text.remove_prefix((std::min)(end + 1, text.size()));
  }
  return out;
}

/// 4294967296 as 4,294,967,296.
inline std::string grouped(std::uint64_t n) {
  std::string digits = satur::text::number(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) {
    digits.insert(i - 3, ",");
  }
  return digits;
}

inline std::string in_hexadecimal(double x) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::hexfloat << x;
  return out.str();
}
inline std::string code_text(std::uint64_t code) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << "0x" << std::hex << code;
  return out.str();
}

/// An error with three digits; an infinite one is a NaN or infinity.
inline std::string ulp_text(double ulp) {
  return satur::detail::is_finite(ulp) ? satur::text::significant(ulp, 3) : "NaN/inf";
}

inline void print_segments(std::ostream& out, kernel_report const& r) {
  using satur::text::left;
  using satur::text::right;
  out << "\n  " << left("z from, below", 19) << right("inputs", 13) << right("worst ulp", 11) << right("mean", 8)
      << right("% <= 1/2", 10) << right("fail", 13) << "  worst at z\n";
  for (kernel_segment const& s : r.segments) {
    std::string const range =
        "[" + satur::text::number(s.low) + ", " + satur::text::number(s.high) + (&s == &r.segments.back() ? "]" : ")");
    out << "  " << left(range, 19) << right(grouped(s.count), 13) << right(ulp_text(s.worst_ulp), 11)
        << right(satur::text::significant(s.mean_ulp, 2), 8) << right(satur::text::percent(s.within_half), 10)
        << right(grouped(s.beyond), 13) << "  " << (r.codes ? code_text(s.worst_bits) : in_hexadecimal(s.worst_at))
        << "\n";
  }
}

} // namespace detail

/// The headline, the failures with their usual causes, notes, and the table of segments.
inline std::ostream& operator<<(std::ostream& out, kernel_report const& r) {
  std::string const compared = detail::grouped(r.inputs) + (r.inputs == 1 ? " input" : " inputs");
  out << detail::wrapped("",
                         r.name + ": " +
                             (r.passed() ? "right"
                                         : satur::text::number(r.failures.size()) +
                                               (r.failures.size() == 1 ? " property fails" : " properties fail")) +
                             ", " + compared + ", worst error " + detail::ulp_text(r.worst_ulp) +
                             " ulp at z = " + satur::text::significant(r.worst_at, 9),
                         2)
      << "\n";
  for (failure const& f : r.failures) {
    std::string const times = f.times > 1 ? ", at " + detail::grouped(f.times) + " of " + compared + "; the worst" : "";
    std::string const off =
        f.error > 0.0 ? " (off by " + detail::ulp_text(f.error) + (f.unit.empty() ? "" : " " + f.unit) + ")" : "";
    out << detail::wrapped("  FAILS  ", f.property + times, 9) << "\n"
        << detail::wrapped("    at ", f.where + ": got " + f.got + ", expected " + f.expected + off, 6) << "\n"
        << detail::wrapped("    Usually: ", f.usually, 6) << "\n";
  }
  if (r.first_bad && !r.failures.empty()) {
    out << "  The first z that fails: " << satur::text::significant(*r.first_bad, 9) << "\n";
  }
  for (std::string const& note : r.notes) {
    out << detail::wrapped("  note: ", note, 8) << "\n";
  }
  for (std::string const& what : r.skipped) {
    out << detail::wrapped("  not checked: ", what, 8) << "\n";
  }
  if (!r.segments.empty()) {
    detail::print_segments(out, r);
  }
  return out;
}

inline std::string kernel_report::text() const {
  std::ostringstream out;
  out << *this;
  return out.str();
}

} // namespace satur::inline SATUR_ABI::testing
