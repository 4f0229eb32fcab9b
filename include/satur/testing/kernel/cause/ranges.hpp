/// \file testing/kernel/cause/ranges.hpp  Causes that show in where a kernel is wrong: a clamped input, a tail cut off, a
/// table, an overflow, numbers flushed to zero, NaN, infinity and kinks.
#pragma once

#include "satur/testing/kernel/cause/storage.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

inline constexpr double endless = std::numeric_limits<double>::infinity();

/// The number with the fewest digits that is above a and at most b.
[[nodiscard]] inline double short_number_between(double a, double b) {
  for (int digits = 1; digits < 8; ++digits) {
    double const scale = std::pow(10.0, digits - 1 - std::floor(std::log10(b)));
    double const x = std::floor(b * scale) / scale;
    if (x > a) {
      return x;
    }
  }
  return b;
}

/// On one side of 0 (`side` is 1 or -1): the last |z| that is right and lies before the first wrong one, that one, and the
/// wrong place that is farthest out. `first` is infinity if none is wrong there.
struct edge {
  double last_right = 0.0;
  double first = endless;
  kernel_sample const* farthest = nullptr;

  [[nodiscard]] double at() const { return short_number_between(last_right, first); }
};
[[nodiscard]] inline edge edge_of(kernel_evidence const& e, double side) {
  edge r;
  for (kernel_sample const& s : e.wrong) {
    if (s.z * side > 0.0 && is_finite(s.z)) {
      r.first = (std::min)(r.first, s.z * side);
      r.farthest = r.farthest == nullptr || s.z * side > r.farthest->z * side ? &s : r.farthest;
    }
  }
  for (kernel_sample const& s : e.right) {
    r.last_right = s.z * side > r.last_right && s.z * side < r.first ? s.z * side : r.last_right;
  }
  return r;
}

/// z is clamped to [-a, b]: where f is what the kernel gets far out.
inline void add_clamps(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  if (e.wrong.size() < 4) {
    return;
  }
  std::vector<double> ends[2];
  for (int const i : {0, 1}) {
    double const side = i == 0 ? -1.0 : 1.0;
    edge const at = edge_of(e, side);
    ends[i].push_back(endless);
    if (at.farthest == nullptr || !is_finite(at.farthest->got)) {
      continue;
    }
    kernel_sample const& s = *at.farthest;
    auto const above = [&](double x) { return asked_at(e, s, side * x) > s.got; };
    double const step = (std::max)(0.25, s.z * side / 4096.0);
    for (double x = step; x < s.z * side && ends[i].size() < 4; x += step) {
      if (above(x) != above(x - step)) {
        double a = x - step;
        double b = x;
        for (int n = 0; n < 60; ++n) {
          double const m = (a + b) / 2.0;
          (above(m) == above(a) ? a : b) = m;
        }
        double const nice = std::round(b * 64.0) / 64.0;
        ends[i].push_back(std::fabs(nice - b) < 1e-3 * b ? nice : b);
        ends[i].push_back(b);
      }
    }
  }
  for (double const a : ends[0]) {
    for (double const b : ends[1]) {
      if (a == endless && b == endless) {
        continue;
      }
      std::string const where = a == b            ? "|z| above " + text::significant(b, 5) + " counts as that"
                                : a == endless    ? "z above " + text::significant(b, 5) + " counts as that"
                                : b == endless    ? "z below -" + text::significant(a, 5) + " counts as that"
                                                  : "z is clamped to [-" + text::significant(a, 5) + ", " +
                                                     text::significant(b, 5) + "]";
      if (list.offer(2, where + ": the input is clamped, and the tail is lost; drop the clamp",
                     [&e, a, b](kernel_sample const& s, std::vector<double>& out) {
                       out.push_back(as_result(e, asked_at(e, s, s.z < -a ? -a : s.z > b ? b : s.z)));
                     })) {
        return;
      }
    }
  }
}

/// The tail is cut off: from some z on the result is a constant, or z itself.
inline void add_cut_tails(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  if (e.wrong.size() < 4) {
    return;
  }
  edge const low = edge_of(e, -1.0);
  edge const high = edge_of(e, 1.0);
  for (kernel_sample const* const s : {low.farthest, high.farthest}) {
    if (s == nullptr || is_nan(s->got)) {
      continue;
    }
    bool const left = s == low.farthest;
    double const constant = e.of_slope ? s->got / s->dy : s->got;
    bool const itself = s->got == s->z && !e.of_slope;
    std::string const from = (left ? "z = -" : "z = ") + text::significant((left ? low : high).at(), 5);
    list.offer(4,
               "From " + from + " on the result is " +
                   (itself ? "z" : (constant == 0.0 ? "0" : text::significant(constant, 5)) + (e.of_slope ? " dy" : "")) +
                   ", its limit, too early: the tail is not there yet",
               [&e, low, high, constant, itself](kernel_sample const& t, std::vector<double>& out) {
                 bool const out_there = (low.farthest != nullptr && t.z <= -low.first) || t.z >= high.first;
                 out.push_back(out_there ? (itself ? t.z : constant * (e.of_slope ? t.dy : 1.0))
                                         : as_result(e, asked_at(e, t, t.z)));
               });
  }
}

/// A table: the value at the nearest entry, or at the one below, or on the chord between two.
inline void add_tables(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  std::size_t inside = 0;
  for (kernel_sample const& s : e.wrong) {
    inside += std::fabs(s.z) < 20.0 && s.z != 0.0 ? 1 : 0;
  }
  if (e.of_slope && e.from_output) {
    return;
  }
  for (double const end : {2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0}) {
    for (int const size : {16, 32, 64, 100, 128, 200, 256, 400, 500, 512, 800, 1000, 1024, 2048, 4096}) {
      for (int const less : {0, 1, -1}) { // so many steps, entries, or one more
        double const step = 2.0 * end / (size - less);
        for (int const way : {0, 1, 2}) {
          if (inside < 8) {
            return;
          }
          char const* const names[] = {"the nearest entry", "the entry below", "lines between the entries"};
          bool const fits = list.offer(
              2,
              std::string("A table with steps of ") + text::significant(step, 4) + " over [-" + text::number(end) + ", " +
                  text::number(end) + "], read at " + names[way] +
                  ": the error is that of the table; compute the function, or take a finer table and interpolate",
              [&e, step, end, way](kernel_sample const& s, std::vector<double>& out) {
                double const z = std::fmin(std::fmax(s.z, -end), end);
                double const place = (z + end) / step;
                double const i = way == 0 ? std::round(place) : std::floor(place);
                double const a = asked_at(e, s, is_nan(s.z) ? s.z : i * step - end);
                double const b = way == 2 ? asked_at(e, s, (i + 1.0) * step - end) : a;
                out.push_back(as_result(e, is_nan(s.z) ? s.got : a + (place - i) * (way == 2 ? b - a : 0.0)));
              });
          if (fits) {
            return;
          }
        }
      }
    }
  }
}

/// Notes a cause if a predicate holds at nearly all wrong places.
template <class Holds> void note_where(cause_list& list, int rank, std::string const& what, Holds const& holds) {
  std::size_t n = 0;
  for (kernel_sample const& s : list.evidence.wrong) {
    n += holds(s) ? 1 : 0;
  }
  std::size_t const all = list.evidence.wrong.size();
  if (10 * n >= 9 * all) {
    list.note(rank, what, static_cast<double>(n) / static_cast<double>(all));
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
  note_where(list, 4,
             "Infinity gives NaN: inf / inf, 0 * inf or inf - inf is in the formula; return the limit there",
             [](kernel_sample const& s) { return !is_nan(s.z) && !is_finite(s.z) && is_nan(s.got); });
  double const normal = e.type == numbers::binary32 ? 0x1p-126 : e.type == numbers::binary64 ? 0x1p-1022
                                                    : e.output_format.smallest_normal / e.output_scale;
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
      apart = apart && (s.z * side < at.first || !is_finite(s.z));
    }
    if (apart) {
      note_where(list, 5,
                 std::string("From z = ") + (side < 0.0 ? "-" : "") + text::significant(at.at(), 5) + " on the result is " +
                     (nan ? "NaN" : "infinite") +
                     ": something overflows there, exp as a rule; take exp of -|z|, which cannot",
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
    bool const mean = std::fabs(s.got - (left + right) / 2.0) <= 1e-2 * jump;
    bool const one = std::fabs(s.got - left) <= 1e-2 * jump || std::fabs(s.got - right) <= 1e-2 * jump;
    if (is_finite(s.z) && jump > 1e-3 * std::fabs(s.dy) && (mean || one)) {
      where = s.z;
      middle = middle || mean;
      ++n;
    }
  }
  if (n > 0 && 10 * n >= 9 * e.wrong.size()) {
    std::string const at = text::significant(where, 5);
    list.note(1,
              "At the kink z = " + at +
                  (middle ? " the slope is the mean of both sides" : " the slope is the one of the other side") +
                  ": compare by > instead of >= (or < instead of <=), so that it is the outer, flat side's",
              static_cast<double>(n) / static_cast<double>(e.wrong.size()));
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
