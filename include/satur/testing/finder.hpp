/// \file testing/finder.hpp  Collects failures: one for each property, with its worst point.
#pragma once

#include "satur/simd/special_values.hpp"
#include "satur/testing/report.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <limits>
#include <locale>
#include <sstream>
#include <utility>

namespace satur::inline SATUR_ABI::testing::detail {

template <class T> [[nodiscard]] constexpr std::string_view name_of_type() {
  return std::is_same_v<T, float> ? "float" : std::is_same_v<T, double> ? "double" : "long double";
}

/// z by the digits that tell it from its neighbors, and in hexadecimal too.
template <class T> [[nodiscard]] std::string in_both(T z) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << "z = " << satur::text::number(z);
  if (satur::detail::is_finite_number(z)) {
    out << " (" << std::hexfloat << z << ")";
  }
  return out.str();
}

template <class T> class finder {
public:
  explicit finder(std::string name) { report_.name = std::move(name); }

  /// Counts a check, and notes a failure unless it holds. `expected` is a number or a word. The worst point of a
  /// property has the largest error; ties go to the first.
  template <class Expected>
  void require(bool holds, std::string_view property, T z, T got, Expected const& expected, double error,
               std::string_view unit, std::string_view usually) {
    ++report_.checks;
    if (holds) {
      return;
    }
    failure* known = nullptr;
    for (failure& f : report_.failures) {
      known = f.property == property ? &f : known;
    }
    if (known == nullptr) {
      known = &report_.failures.emplace_back();
      known->property = property;
      known->times = 0;
      known->error = -1.0;
    }
    ++known->times;
    if (error > known->error) {
      known->error = error;
      known->where = in_both(z);
      known->got = satur::text::number(got);
      if constexpr (std::is_floating_point_v<Expected>) {
        known->expected = satur::text::number(expected);
      } else {
        known->expected = expected;
      }
      known->unit = unit;
      known->usually = usually;
    }
  }
  void require(bool holds, std::string_view property, T z, T got, char const* expected, std::string_view usually) {
    require(holds, property, z, got, expected, 0.0, "", usually);
  }
  void skip(std::string what) { report_.skipped.push_back(std::move(what)); }

  [[nodiscard]] report result() && { return std::move(report_); }

private:
  report report_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
