/// \file testing/report.hpp  The result of a check: data for a test framework, text for a person.
#pragma once

#include "satur/config.hpp"
#include "satur/text/number.hpp"

#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// A property that does not hold, and its worst point.
struct failure {
  std::string property; ///< such as "slope, by finite differences"
  std::string where;    ///< z in decimal and hexadecimal, and the number type
  std::string got;
  std::string expected;
  double error = 0.0;    ///< in `unit`; infinity if a NaN or infinity is compared with a number
  std::string unit;      ///< "ulp", or empty for an absolute error
  std::size_t times = 1; ///< number of points that fail
  std::string usually;   ///< the most common cause
};

/// The result of a check. In a test framework: `CHECK_MESSAGE(report, report.text())`, or one failure at a time.
struct report {
  std::string name;                 ///< of the activation, and the number type
  std::size_t checks = 0;           ///< comparisons made
  std::vector<failure> failures;    ///< one for each property that fails
  std::vector<std::string> skipped; ///< what could not be checked, and why

  [[nodiscard]] bool passed() const { return failures.empty(); }
  [[nodiscard]] explicit operator bool() const { return passed(); }
  /// Whether a property whose name starts with `property` has failed.
  [[nodiscard]] bool failed(std::string_view property) const {
    for (failure const& f : failures) {
      if (std::string_view(f.property).starts_with(property)) {
        return true;
      }
    }
    return false;
  }
  /// Adds the result of another check.
  report& operator+=(report const& o) {
    checks += o.checks;
    failures.insert(failures.end(), o.failures.begin(), o.failures.end());
    skipped.insert(skipped.end(), o.skipped.begin(), o.skipped.end());
    return *this;
  }
  [[nodiscard]] inline std::string text() const;
};

inline std::ostream& operator<<(std::ostream& out, report const& r) {
  out << r.name << ": ";
  if (r.passed()) {
    out << satur::detail::count_text(r.checks, "check") << " passed\n";
  } else {
    out << satur::detail::count_text(r.failures.size(), "property fails", "properties fail") << " in "
        << satur::detail::count_text(r.checks, "check") << '\n';
  }
  for (failure const& f : r.failures) {
    out << "  FAILS  " << f.property
        << (f.times > 1 ? ", at " + satur::text::number(f.times) + " points; the worst" : "") << "\n    at " << f.where
        << ": got " << f.got << ", expected " << f.expected;
    if (f.error > 0.0) {
      out << " (off by " << satur::text::significant(f.error, 3) << (f.unit.empty() ? "" : " " + f.unit) << ")";
    }
    out << "\n    Usually: " << f.usually << "\n";
  }
  for (std::string const& s : r.skipped) {
    out << "  not checked: " << s << "\n";
  }
  return out;
}
inline std::string report::text() const {
  std::ostringstream out;
  out << *this;
  return out.str();
}

} // namespace satur::inline SATUR_ABI::testing
