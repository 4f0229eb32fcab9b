/// \file testing/kernel/cause/places.hpp  Causes that show in where a kernel is wrong: NaN, infinity, an overflow,
/// numbers flushed to zero, kinks.
#pragma once

#include "satur/testing/kernel/cause/ranges.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

namespace satur::inline SATUR_ABI::testing::detail {

/// Notes a cause if a predicate holds at nearly all wrong places.
template <class Holds> void note_where(cause_list& list, int rank, std::string const& what, Holds const& holds) {
  std::size_t n = 0;
  for (kernel_sample const& s : list.evidence.wrong) {
    n += holds(s) ? 1 : 0;
  }
  std::size_t const all = list.evidence.wrong.size();
  if (10 * n >= 9 * all) {
    double const share = static_cast<double>(n) / static_cast<double>(all);
    list.note(rank, what, share, 2.2 * share);
  }
}

/// NaN, infinity, overflow, flush to zero.
inline void add_special_places(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  using numbers = kernel_evidence::numbers;
  note_where(list, 4,
             "NaN goes in and a number comes out: min, max and comparisons drop NaN; select so that NaN stays, as in "
             "z > 0 ? z : (z == z ? 0 : z)",
             [](kernel_sample const& s) { return is_nan(s.z) && !is_nan(s.got); });
  note_where(list, 4, "Infinity gives NaN: inf / inf, 0 * inf or inf - inf is in the formula; return the limit there",
             [](kernel_sample const& s) { return !is_nan(s.z) && !is_finite(s.z) && is_nan(s.got); });
  double const normal = e.type == numbers::binary32   ? 0x1p-126
                        : e.type == numbers::binary64 ? 0x1p-1022
                                                      : e.output_format.smallest_normal / output_scale(e);
  if (e.type != numbers::stored || !e.output_format.is_integer()) {
    note_where(list, 3,
               "Subnormal results are flushed to zero (-ffast-math, FTZ, or the device does it): accept it by "
               "options.flushes_subnormals, or compile without",
               [normal](kernel_sample const& s) {
                 return s.got == 0.0 && s.exact != 0.0L && std::fabs(s.exact) < static_cast<long double>(normal);
               });
  }
  for (double const side : {-1.0, 1.0}) {
    edge const at = edge_of(e, side);
    bool nan = false;
    for (kernel_sample const& s : e.wrong) {
      nan = nan || is_nan(s.got);
    }
    bool apart = at.farthest != nullptr;
    for (kernel_sample const& s : e.right) {
      bool const overflows = !is_finite(s.z) || !is_finite(static_cast<double>(s.exact)); // as it should
      apart = apart && (s.z * side < at.first || overflows);
    }
    if (apart) {
      note_where(list, 5,
                 sentence({"From z = ", side < 0.0 ? "-" : "", text::significant(at.at(), 5), " on the result is ",
                           nan ? "NaN" : "infinite",
                           ": something overflows there, exp as a rule; take exp of -|z|, which cannot"}),
                 [side](kernel_sample const& s) {
                   return s.z * side > 0.0 && is_finite(static_cast<double>(s.exact)) && !is_finite(s.got);
                 });
    }
  }
}

/// The slope of the other side at a kink, or the mean of both.
inline void add_kinks(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  if (!e.of_slope || e.from_output) {
    return;
  }
  double where = 0.0;
  bool middle = false;
  std::size_t n = 0;
  for (kernel_sample const& s : e.wrong) {
    double const d = (std::max)(std::fabs(s.z) * 1e-6, 1e-30);
    double const left = asked_at(e, s, s.z - d);
    double const right = asked_at(e, s, s.z + d);
    double const jump = std::fabs(left - right);
    bool const mean = std::fabs(s.got - (left + right) / 2.0) <= 1e-4 * jump;
    bool const one = std::fabs(s.got - left) <= 1e-4 * jump || std::fabs(s.got - right) <= 1e-4 * jump;
    if (is_finite(s.z) && is_finite(jump) && jump > 1e-3 * std::fabs(s.dy) && (mean || one)) {
      where = s.z;
      middle = middle || mean;
      ++n;
    }
  }
  if (n > 0 && 10 * n >= 9 * e.wrong.size()) {
    std::string const at = text::significant(where, 5);
    double const share = static_cast<double>(n) / static_cast<double>(e.wrong.size());
    list.note(1,
              sentence({"At the kink z = ", at,
                        middle ? " the slope is the mean of both sides" : " the slope is the one of the other side",
                        ": compare by > instead of >= (or < instead of <=), so that it is the outer, flat side's"}),
              share, 2.2 * share);
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
