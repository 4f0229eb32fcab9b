/// \file testing/kernel/sweep/conclude.hpp  From what was found at all inputs to the report.
#pragma once

#include "satur/testing/kernel/causes.hpp"
#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/testing/kernel/sweep/fault_words.hpp"
#include "satur/testing/kernel/sweep/gathered.hpp"
#include "satur/testing/kernel/sweep/output_form.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

template <class T> class conclusion {
public:
  conclusion(kernel_case<T> const& c, kernel_inputs<T> const& inputs, kernel_tally const& t)
      : case_(c), inputs_(inputs), tally_(t) {}

  void into(kernel_report& r) const {
    r.codes = is_code<T>;
    r.inputs = tally_.inputs;
    r.checks += tally_.inputs;
    r.specials = tally_.specials;
    r.unknown = tally_.unknown;
    r.false_zeros = tally_.zeros;
    r.flushed = tally_.tiny;
    r.wrong_signs = tally_.of(fault::sign).times;
    for (fault const f : {fault::nan_lost, fault::not_finite, fault::no_limit, fault::not_infinite}) {
      r.wrong_specials += tally_.of(f).times;
    }
    r.not_monotone = tally_.steps_back;
    r.largest_step_back = tally_.largest_step_back;
    r.first_bad = tally_.first_bad;
    put_segments(r);
    if (tally_.inputs != tally_.specials + tally_.unknown || tally_.of(fault::nan_lost).times != 0) {
      put_failures(r);
    }
    put_notes(r);
  }

private:
  void put_segments(kernel_report& r) const {
    std::span<double const> const limits = segment_limits<T>();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < tally_.segments.size(); ++i) {
      segment_tally const& t = tally_.segments[i];
      if (t.count == 0) {
        continue;
      }
      kernel_segment& s = r.segments.emplace_back();
      s.low = i == 0 ? -infinity : limits[i - 1];
      s.high = i == limits.size() ? infinity : limits[i];
      s.count = t.count;
      s.worst_ulp = (std::max)(t.worst, 0.0);
      s.worst_at = t.worst_at;
      s.worst_bits = t.worst_bits;
      s.mean_ulp = t.with_error != 0 ? t.sum / static_cast<double>(t.with_error) : 0.0;
      s.within_half = static_cast<double>(t.half) / static_cast<double>(t.count);
      s.beyond = t.beyond;
      s.flushed = t.flushed;
      if (s.worst_ulp > r.worst_ulp || &s == r.segments.data()) {
        r.worst_ulp = s.worst_ulp;
        r.worst_at = s.worst_at;
      }
    }
  }

  void put_failures(kernel_report& r) const {
    for (std::size_t i = 0; i < faults; ++i) {
      fault const f = static_cast<fault>(i);
      fault_tally const& t = tally_.of(f);
      // Where normal results are 0, subnormal ones are by the same fault, not by a flush.
      bool const zeros = tally_.of(fault::false_zero).times != 0;
      if (t.times == 0 || (f == fault::flushed && zeros)) {
        continue;
      }
      failure& told = r.failures.emplace_back();
      kernel_place const& p = t.worst;
      told.property = property_of(f, case_.of_slope ? "slope" : "value", case_.allowed, case_.known.rises);
      told.where = where(p);
      told.got = satur::text::significant(p.sample.got, digits);
      told.got = is_nan(p.sample.got) ? "nan" : told.got;
      told.expected = expected(f, p.sample);
      told.error = p.sample.ulp;
      told.unit = "ulp";
      told.times = t.times + (f == fault::false_zero ? tally_.of(fault::flushed).times : 0);
      std::vector<kernel_cause> const causes =
          f == fault::order ? std::vector<kernel_cause>{} : causes_of(gathered(case_, tally_, f));
      told.usually = causes.empty() ? unknown_cause(f) : causes.front().what;
    }
    if (!r.failures.empty()) {
      r.causes = causes_of(gathered(case_, tally_, std::nullopt));
    }
  }

  [[nodiscard]] std::string where(kernel_place const& p) const {
    std::string text = "z = " + in_digits_and_bits<T>(p.sample.z, p.z_bits);
    if (case_.options.from_output) {
      text += ", y = " + in_digits_and_bits<T>(p.sample.y, p.y_bits);
    }
    if (case_.of_slope && p.sample.dy != 1.0) {
      text += ", dy = " + in_digits_and_bits<T>(p.sample.dy, p.dy_bits);
    }
    return text;
  }
  [[nodiscard]] std::string expected(fault f, kernel_sample const& s) const {
    if (f == fault::order) {
      return (case_.known.rises ? "at least " : "at most ") + satur::text::significant(s.y, digits) +
             ", the value before";
    }
    auto const x = static_cast<double>(s.exact);
    return is_nan(x) ? "nan" : satur::text::significant(x, digits);
  }

  void put_notes(kernel_report& r) const {
    if (r.not_monotone != 0 && tally_.of(fault::order).times == 0) {
      r.notes.push_back("the value goes back at " + satur::detail::count_text(grouped(r.not_monotone), "place") +
                        ", by at most " + satur::text::significant(r.largest_step_back, 3) + " ulp (at z = " +
                        satur::text::significant(tally_.step_back_at, digits) + "): within the allowed error.");
    }
    if (case_.options.flushes_subnormals && r.flushed != 0) {
      r.notes.push_back(satur::detail::count_text(grouped(r.flushed), "subnormal result is", "subnormal results are") +
                        " flushed to zero, as the options allow.");
    }
    if (r.unknown != 0) {
      r.skipped.push_back(satur::detail::count_text(grouped(r.unknown), "input") + " at which the truth itself is NaN");
    }
    if (!kernel_case<T>::has_more_digits) {
      r.skipped.push_back("the last digits: long double has those of double here, so that 4 ulp more are allowed");
    }
    if (case_.options.from_output) {
      put_output_form(r);
    }
  }

  void put_output_form(kernel_report& r) const {
    if (!case_.known.monotone()) {
      r.notes.push_back(
          "the value falls and rises, so that z on both sides of its minimum share one y: no function of y "
          "can be right for both. Keep z, and compute the slope from it.");
      return;
    }
    output_form<T> const form(case_, inputs_);
    r.output_loses_below = form.loses_from(-1.0);
    r.output_loses_above = form.loses_from(1.0);
    std::string sides;
    for (auto const& [side, word] :
         {std::pair(r.output_loses_below, "below "), std::pair(r.output_loses_above, "above ")}) {
      if (side) {
        sides += (sides.empty() ? "" : " and ") + std::string(word) + satur::text::significant(*side, 3);
      }
    }
    if (sides.empty()) {
      return;
    }
    std::string note =
        "the slope cannot be had from y: the z that share one rounded y have different slopes, so that no "
        "function of y is within " +
        satur::text::number(case_.allowed) + " ulp for z " + sides + ".";
    if (r.worst_ulp > case_.allowed && is_finite(r.worst_at)) {
      note += " At z = " + satur::text::significant(r.worst_at, digits) + " the best one is off by " +
              satur::text::significant(form.least_error(r.worst_at), 3) + " ulp or more.";
    }
    r.notes.push_back(note + " Compute it from z.");
  }

  static constexpr int digits = std::same_as<T, double> ? 17 : 9;
  kernel_case<T> const& case_;
  kernel_inputs<T> const& inputs_;
  kernel_tally const& tally_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
