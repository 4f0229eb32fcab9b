/// \file testing/kernel/cause/ranges.hpp  Causes that show in where a kernel is wrong: a clamped input, a tail cut off,
/// a table, an overflow, numbers flushed to zero, NaN, infinity and kinks.
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

/// On one side of 0 (`side` is 1 or -1): the last |z| that is right and lies before the first wrong one, that one, and
/// the wrong place that is farthest out. `first` is infinity if none is wrong there.
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
    double const step = 0.25;
    for (double x = step; x < s.z * side && x < 1024.0 && ends[i].size() < 4; x += step) {
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
  std::vector<double> const seen[2] = {ends[0], ends[1]};
  for (int const i : {0, 1}) { // where f is flat its end is seen badly: try the other one too
    if (ends[i].size() > 1) {
      ends[i].insert(ends[i].begin() + 1, seen[1 - i].begin() + 1, seen[1 - i].end());
    }
  }
  std::size_t const first = list.found.size();
  for (double const a : ends[0]) {
    for (double const b : ends[1]) {
      if (a == endless && b == endless) {
        continue;
      }
      std::string const low = text::significant(a, 5);
      std::string const high = text::significant(b, 5);
      std::string const where = a == endless   ? sentence({"above ", high})
                                : b == endless ? sentence({"below -", low})
                                               : sentence({"to [-", low, ", ", high, "]"});
      auto const clamped = [&e, a, b](kernel_sample const& s, std::vector<double>& out) {
        out.push_back(as_result(e, asked_at(e, s, s.z < -a ? -a : s.z > b ? b : s.z)));
      };
      std::string const what =
          sentence({"z is clamped ", where, ", and the tail beyond is lost: drop the clamp, or move it out"});
      if (list.offer(2, what, clamped, true) == 0.0) {
        list.offer(3, what, clamped);
      }
    }
  }
  list.keep_best(first);
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
    double const limit = static_cast<double>((e.of_slope ? e.slope : e.value)(left ? -1e30L : 1e30L));
    bool const early = itself || std::fabs(constant - limit) <= 1e-6 * std::fabs(limit);
    if (!early && constant != 0.0) {
      continue;
    }
    std::string const from = text::significant((left ? low : high).at(), 5);
    std::string const result = itself ? "z" : (constant == 0.0 ? "0" : text::significant(constant, 5));
    list.offer(4,
               sentence({"From z = ", left ? "-" : "", from, " on the result is ", result,
                         early ? ", the limit, too early: f still differs from it there"
                               : ": something underflows or is cut"}),
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
  if ((e.of_slope && e.from_output) || inside < 8) {
    return;
  }
  std::size_t const first = list.found.size();
  for (double const end : {2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0}) {
    for (int const size : {16, 32, 64, 100, 128, 200, 256, 400, 500, 512, 800, 1000, 1024, 2048, 4096}) {
      for (int const less : {0, 1, -1}) { // so many steps, entries, or one more
        double const step = 2.0 * end / (size - less);
        for (int const way : {0, 1, 2}) {
          char const* const names[] = {"the nearest entry", "the entry below", "lines between the entries"};
          double const score = list.offer(
              2,
              sentence(
                  {"A table with steps of ", text::significant(step, 4), " over [-", text::significant(end, 3), ", ",
                   text::significant(end, 3), "], read at ", names[way],
                   ": the error is that of the table; compute the function, or take a finer table and interpolate"}),
              [&e, step, end, way](kernel_sample const& s, std::vector<double>& out) {
                double const z = std::fmin(std::fmax(s.z, -end), end);
                double const place = (z + end) / step;
                double const i = way == 0 ? std::round(place) : std::floor(place);
                double const a = asked_at(e, s, is_nan(s.z) ? s.z : i * step - end);
                double const b = way == 2 ? asked_at(e, s, (i + 1.0) * step - end) : a;
                out.push_back(as_result(e, is_nan(s.z) ? s.got : a + (place - i) * (way == 2 ? b - a : 0.0)));
              });
          if (score > 2.19) {
            list.keep_best(first);
            return;
          }
        }
      }
    }
  }
  list.keep_best(first);
}

} // namespace satur::inline SATUR_ABI::testing::detail
