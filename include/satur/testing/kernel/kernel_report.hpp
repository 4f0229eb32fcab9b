/// \file testing/kernel/kernel_report.hpp  The result of a check of a kernel: by segments of z, and what is wrong.
#pragma once

#include "satur/testing/kernel/evidence.hpp"
#include "satur/testing/report.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"
#include "satur/text/wrap.hpp"

#include <algorithm>
#include <cstdint>
#include <locale>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// How accurate a kernel is for z in [low, high); the last segment holds +infinity too. An error is |got - exact| in
/// units in the last place of the exact result, of the type or format of the result: 1/2 is a correct rounding.
/// Zeros where the exact result is below
/// the smallest normal number are in `count` and `flushed`, and in no error.
struct kernel_segment {
  double low = 0.0;
  double high = 0.0;
  std::uint64_t count = 0;      ///< inputs whose exact result is a number of the type
  double worst_ulp = 0.0;       ///< infinity if a NaN or infinity stands where a number belongs
  double mean_ulp = 0.0;        ///< of the finite errors
  double within_half = 0.0;     ///< share within 1/2 ulp: correctly rounded
  double worst_at = 0.0;        ///< the z of worst_ulp; the first one in ascending order
  std::uint64_t beyond = 0;     ///< inputs at which a property fails: an error above the allowed one, a false zero, …
  std::uint64_t flushed = 0;    ///< 0 where the exact result is subnormal
  std::uint64_t worst_bits = 0; ///< the bits of `worst_at` as a number of the kernel: its code if numbers are stored
};

/// The result of a check of a kernel. As a `report` it holds each property that fails, with its worst input and the
/// usual cause; `text()` shows the segments too. The sum of `count` over the segments, `specials` and `unknown` is
/// `inputs`.
struct kernel_report : report {
  std::vector<kernel_segment> segments; ///< in the order of z; only those with inputs
  std::uint64_t inputs = 0;             ///< results compared
  std::uint64_t specials = 0;           ///< results that are NaN, infinite or beyond the largest number by the truth
  std::uint64_t unknown = 0;            ///< not compared: the truth itself is NaN at a z that is not
  double worst_ulp = 0.0;
  double worst_at = 0.0;
  /// 0 where the exact result rounds to another number. It fails if the exact result is at least the smallest number;
  /// below, the error is less than 1 ulp.
  std::uint64_t false_zeros = 0;
  std::uint64_t flushed = 0; ///< those of them that are below the smallest normal number: flush to zero
  std::uint64_t wrong_signs = 0;
  std::uint64_t wrong_specials = 0; ///< NaN or infinity where a number belongs, or the other way round
  /// Places where the value of a monotone activation goes back from one tried input to the next. They fail if it goes
  /// back by more than the allowed error.
  std::uint64_t not_monotone = 0;
  double largest_step_back = 0.0;   ///< in ulp
  std::optional<double> first_bad;  ///< the first z, in ascending order, at which a property fails
  std::vector<kernel_cause> causes; ///< the best first
  /// A kernel of the output: the slopes of the z that share one y lie so far apart that no function of y is within the
  /// allowed error, from here on outward.
  std::optional<double> output_loses_below;
  std::optional<double> output_loses_above;
  std::vector<std::string> notes; ///< what fails nothing but should be known, one sentence each
  std::string variable = "z";     ///< what the segments divide, and `worst_at` is a value of
  bool codes = false;             ///< the inputs are codes of a format: they are shown by their bits

  [[nodiscard]] inline std::string text() const;
};

namespace detail {

/// 4294967296 as 4,294,967,296.
inline std::string grouped(std::uint64_t n) {
  std::string digits = satur::text::number(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) {
    digits.insert(i - 3, ",");
  }
  return digits;
}

/// Nine digits, or nan.
inline std::string digits_of(double x) { return satur::detail::is_nan(x) ? "nan" : satur::text::significant(x, 9); }
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

/// The segments as a table. Columns are as wide as their contents; the worst input stands in decimal and hexadecimal,
/// or as its code.
inline void print_segments(std::ostream& out, kernel_report const& r) {
  using satur::text::left;
  using satur::text::right;
  std::string const header = r.variable + " from, below";
  std::size_t range_width = header.size();
  std::size_t inputs_width = 6;
  std::size_t fail_width = 4;
  std::vector<std::string> ranges;
  for (kernel_segment const& s : r.segments) {
    ranges.push_back("[" + satur::text::number(s.low) + ", " + satur::text::number(s.high) +
                     (&s == &r.segments.back() ? "]" : ")"));
    range_width = (std::max)(range_width, ranges.back().size());
    inputs_width = (std::max)(inputs_width, grouped(s.count).size());
    fail_width = (std::max)(fail_width, grouped(s.beyond).size());
  }
  out << "\n  " << left(header, range_width) << right("inputs", inputs_width + 2) << right("worst ulp", 10)
      << right("mean", 8) << right("% <= 1/2", 9) << right("fail", fail_width + 1) << "  worst at " << r.variable
      << "\n";
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    kernel_segment const& s = r.segments[i];
    out << "  " << left(ranges[i], range_width) << right(grouped(s.count), inputs_width + 2)
        << right(ulp_text(s.worst_ulp), 10) << right(satur::text::significant(s.mean_ulp, 2), 8)
        << right(satur::text::percent(s.within_half), 9) << right(grouped(s.beyond), fail_width + 1) << "  "
        << (r.variable != "z" ? satur::text::significant(s.worst_at, 6)
                              : left(satur::text::significant(s.worst_at, 4), 10) + "  " +
                                    (r.codes ? code_text(s.worst_bits) : in_hexadecimal(s.worst_at)))
        << "\n";
  }
}

} // namespace detail

/// The headline, the failures with their usual causes, notes, and the table of segments.
inline std::ostream& operator<<(std::ostream& out, kernel_report const& r) {
  std::string const compared = satur::detail::count_text(detail::grouped(r.inputs), "input");
  out << satur::text::wrapped(r.name + ": " +
                                  (r.passed() ? "right"
                                              : satur::text::number(r.failures.size()) +
                                                    (r.failures.size() == 1 ? " property fails" : " properties fail")) +
                                  ", " + compared + ", worst error " + detail::ulp_text(r.worst_ulp) + " ulp at " +
                                  r.variable + " = " + detail::digits_of(r.worst_at),
                              "", "  ")
      << "\n";
  for (failure const& f : r.failures) {
    std::string const times = f.times > 1 ? ", at " + detail::grouped(f.times) + " places; the worst" : "";
    std::string const off =
        f.error > 0.0 ? " (off by " + detail::ulp_text(f.error) + (f.unit.empty() ? "" : " " + f.unit) + ")" : "";
    out << satur::text::wrapped(f.property + times, "  FAILS  ", std::string(9, ' ')) << "\n"
        << satur::text::wrapped(f.where + ": got " + f.got + ", expected " + f.expected + off, "    at ",
                                std::string(6, ' '))
        << "\n"
        << satur::text::wrapped(f.usually, "    Usually: ", std::string(6, ' ')) << "\n";
  }
  if (r.first_bad && !r.failures.empty()) {
    out << "  The first z that fails: " << detail::digits_of(*r.first_bad) << "\n";
  }
  for (std::string const& note : r.notes) {
    out << satur::text::wrapped(note, "  note: ", std::string(8, ' ')) << "\n";
  }
  for (std::string const& what : r.skipped) {
    out << satur::text::wrapped(what, "  not checked: ", std::string(8, ' ')) << "\n";
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
