/// \file reading/dormancy/change.hpp  Which units fell dormant or came back from one window to the next.
#pragma once

#include "satur/reading/dormancy.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// Changes of the dormant units from one window to the next.
struct dormancy_change {
  std::size_t before = 0;  ///< dormant in the first window
  std::size_t after = 0;   ///< dormant in the second
  std::size_t both = 0;    ///< dormant in both
  std::size_t revived = 0; ///< in the first only
  std::size_t fallen = 0;  ///< in the second only
  /// both / min(before, after): 1 if one set contains the other (Sokar et al. 2023); NaN if one is empty.
  [[nodiscard]] double overlap() const {
    std::size_t const smaller = (std::min)(before, after);
    return smaller == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(both) / static_cast<double>(smaller);
  }
  bool operator==(dormancy_change const&) const = default;

  /// "3 units dormant before, 5 after, 2 in both; 1 revived, 3 fallen; overlap 66.7 %"
  friend std::ostream& operator<<(std::ostream& out, dormancy_change const& c) {
    return out << detail::message(detail::count_text(c.before, "unit"), " dormant before, ", c.after, " after, ",
                                  c.both, " in both; ", c.revived, " revived, ", c.fallen, " fallen; overlap ",
                                  text::percent(c.overlap()), " %");
  }
};
/// Throws std::invalid_argument if the definitions differ, shape_error if the numbers of units differ.
[[nodiscard]] inline dormancy_change compare(dormant_units const& before, dormant_units const& after) {
  if (!(before.definition == after.definition)) {
    detail::raise(std::invalid_argument(detail::message("satur::compare: cannot compare units by '",
                                                        to_text(before.definition), "' with units by '",
                                                        to_text(after.definition), "'; judge both windows alike")));
  }
  if (before.dormant.size() != after.dormant.size()) {
    detail::raise(shape_error(detail::message("satur::compare: cannot compare ",
                                              detail::count_text(before.dormant.size(), "unit"), " with ",
                                              after.dormant.size(), "; take two windows of one layer")));
  }
  dormancy_change c;
  for (std::size_t u = 0; u < before.dormant.size(); ++u) {
    bool const was = before.dormant[u];
    bool const is = after.dormant[u];
    c.before += was;
    c.after += is;
    c.both += was && is;
    c.revived += was && !is;
    c.fallen += !was && is;
  }
  return c;
}

}} // namespace satur::SATUR_ABI
