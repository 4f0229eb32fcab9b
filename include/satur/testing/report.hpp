/// \file testing/report.hpp  What a check found: as data for a test framework, as text for a person.
#pragma once

#include "satur/config.hpp"

#include <cstddef>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace satur::testing {

/// A property that does not hold, and the worst place of it.
struct failure {
  std::string property; ///< such as "slope, by finite differences"
  std::string where;    ///< z in decimal and hexadecimal, and the number type
  std::string got;
  std::string expected;
  double error = 0.0;    ///< in `unit`; infinity where a NaN or infinity stands against a number
  std::string unit;      ///< "ulp", or empty for an absolute error
  std::size_t times = 1; ///< how many points of the property fail
  std::string usually;   ///< what most often causes it
};

/// All that a check found. Test frameworks: `CHECK_MESSAGE(report, report.text())`, or one failure at a time.
struct report {
  std::string name;                 ///< of the activation, and the number type
  std::size_t checks = 0;           ///< comparisons made
  std::vector<failure> failures;    ///< one a property, its worst point
  std::vector<std::string> skipped; ///< what could not be checked, and why

  [[nodiscard]] bool passed() const { return failures.empty(); }
  [[nodiscard]] explicit operator bool() const { return passed(); }
  /// Whether a property whose name begins so has failed.
  [[nodiscard]] bool failed(std::string_view property) const {
    for (failure const& f : failures) {
      if (std::string_view(f.property).starts_with(property)) {
        return true;
      }
    }
    return false;
  }
  /// What another check found, joined.
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
    out << "all is well in " << r.checks << " checks\n";
  } else {
    out << r.failures.size() << (r.failures.size() == 1 ? " property fails" : " properties fail") << " in " << r.checks
        << " checks\n";
  }
  for (failure const& f : r.failures) {
    out << "  FAILS  " << f.property << (f.times > 1 ? ", at " + std::to_string(f.times) + " points; the worst" : "")
        << "\n    at " << f.where << ": got " << f.got << ", expected " << f.expected;
    if (f.error > 0.0) {
      std::ostringstream error;
      error << std::setprecision(3) << f.error;
      out << " (off by " << error.str() << (f.unit.empty() ? "" : " " + f.unit) << ")";
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

} // namespace satur::testing
