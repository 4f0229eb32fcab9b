/// \file testing/kernel/sweep/conclude.hpp  From what was found at all inputs to the report.
#pragma once

#include "satur/testing/kernel/causes.hpp"
#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/testing/kernel/sweep/judge.hpp"
#include "satur/testing/kernel/sweep/output_form.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// The property that a fault breaks. `subject` is "value" or "slope".
inline std::string property_of(fault f, std::string const& subject, double allowed, bool rises) {
  switch (f) {
  case fault::error:
    return "the " + subject + " within " + satur::text::number(allowed) + " ulp";
  case fault::false_zero:
    return "no zero where the " + subject + " is a number";
  case fault::flushed:
    return "no flush to zero of subnormal " + subject + "s";
  case fault::sign:
    return "the sign of the " + subject;
  case fault::nan_lost:
    return "NaN goes through the " + subject;
  case fault::not_finite:
    return "a finite z has a finite " + subject;
  case fault::no_limit:
    return "a limit at infinity, of the " + subject;
  case fault::not_infinite:
    return "infinity where the " + subject + " is too large";
  case fault::order:
    break;
  }
  return "the " + subject + " never " + (rises ? "falls" : "rises");
}

/// What is told where no usual cause explains a fault.
inline std::string unknown_cause(fault f) {
  switch (f) {
  case fault::flushed:
    return "the processor's flush mode (-ffast-math and -Ofast set it when a program starts, some libraries set it for "
           "their threads), or an exponential that ends where its result is subnormal; if that is intended, set "
           "flushes_subnormals";
  case fault::nan_lost:
    return "a maximum, a clamp, or z > 0 ? z : 0 drops NaN: choose so that z comes back where z != z";
  case fault::not_finite:
    return "an intermediate overflows, such as e^z or z^2, and is divided by infinity or by 0";
  case fault::no_limit:
    return "inf/inf, inf - inf or 0*inf: take e^-|z|, and choose the limit where z is infinite";
  case fault::order:
    return "two branches do not meet, or rounding differs from one branch to the next";
  default:
    return "unknown: none of the usual causes explains these errors";
  }
}

/// The text of one number: its digits, and hexadecimal or the code.
template <class T> std::string in_digits_and_bits(double x, std::uint64_t bits) {
  std::string const digits = satur::text::number(x);
  if constexpr (is_code<T>) {
    return digits + " (code " + code_text(bits) + ")";
  } else if constexpr (std::same_as<T, float>) {
    return (is_finite(x) ? satur::text::number(static_cast<float>(x)) + " (" + in_hexadecimal(x) + ")" : digits);
  } else {
    return is_finite(x) ? digits + " (" + in_hexadecimal(x) + ")" : digits;
  }
}

template <class T, class A> class conclusion {
public:
  conclusion(kernel_case<T, A> const& c, kernel_inputs<T> const& inputs, kernel_tally const& t)
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

  [[nodiscard]] kernel_evidence evidence(std::optional<fault> only) const {
    kernel_evidence e;
    e.activation = name_of(case_.act);
    if constexpr (activation<A, long double>) {
      e.value = [act = case_.act](long double z) { return exact_value(act, z); };
      e.slope = [act = case_.act](long double z) { return exact_slope(act, z); };
    } else {
      e.value = [act = case_.act](long double z) {
        return static_cast<long double>(exact_value(act, static_cast<double>(z)));
      };
      e.slope = [act = case_.act](long double z) {
        return static_cast<long double>(exact_slope(act, static_cast<double>(z)));
      };
    }
    e.of_slope = case_.of_slope;
    e.from_output = case_.options.from_output;
    e.type = is_code<T>
                 ? kernel_evidence::numbers::stored
                 : (std::same_as<T, float> ? kernel_evidence::numbers::binary32 : kernel_evidence::numbers::binary64);
    e.format = case_.options.format;
    e.output_format = case_.options.output_format.value_or(case_.options.format);
    e.scale = case_.options.scale;
    e.output_scale = case_.options.output_format ? case_.options.output_scale : case_.options.scale;
    e.allowed_ulp = case_.allowed;
    std::vector<kernel_place> wrong;
    std::vector<kernel_place> right;
    for (segment_tally const& s : tally_.segments) {
      wrong.insert(wrong.end(), s.wrong.kept.begin(), s.wrong.kept.end());
      for (std::optional<kernel_place> const& end : {s.first_wrong, s.last_wrong}) {
        if (end) {
          wrong.push_back(*end);
        }
      }
      right.insert(right.end(), s.right.kept.begin(), s.right.kept.end());
    }
    for (fault_tally const& f : tally_.found) {
      if (f.times != 0 && f.worst.what != fault::order) {
        wrong.push_back(f.worst);
      }
    }
    put_samples(wrong, only, e.wrong);
    put_samples(right, std::nullopt, e.right);
    return e;
  }
  /// In the order of z, each once.
  static void put_samples(std::vector<kernel_place>& places, std::optional<fault> only,
                          std::vector<kernel_sample>& to) {
    auto const key = [](kernel_place const& p) {
      return std::pair(is_nan(p.sample.z) ? std::numeric_limits<double>::infinity() : p.sample.z,
                       std::pair(p.z_bits, p.dy_bits));
    };
    std::sort(places.begin(), places.end(), [&](auto const& a, auto const& b) { return key(a) < key(b); });
    for (std::size_t i = 0; i < places.size(); ++i) {
      bool const again = i != 0 && key(places[i - 1]) == key(places[i]);
      if (!again && (!only || places[i].what == *only)) {
        to.push_back(places[i].sample);
      }
    }
  }

  void put_failures(kernel_report& r) const {
    for (std::size_t i = 0; i < faults; ++i) {
      fault const f = static_cast<fault>(i);
      fault_tally const& t = tally_.of(f);
      if (t.times == 0) {
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
      told.times = t.times;
      std::vector<kernel_cause> const causes = f == fault::order ? std::vector<kernel_cause>{} : causes_of(evidence(f));
      told.usually = causes.empty() ? unknown_cause(f) : causes.front().what;
    }
    if (!r.failures.empty()) {
      r.causes = causes_of(evidence(std::nullopt));
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
      r.notes.push_back(
          "the value goes back at " + grouped(r.not_monotone) + (r.not_monotone == 1 ? " place" : " places") +
          ", by at most " + satur::text::significant(r.largest_step_back, 3) +
          " ulp (at z = " + satur::text::significant(tally_.step_back_at, digits) + "): within the allowed error.");
    }
    if (case_.options.flushes_subnormals && r.flushed != 0) {
      r.notes.push_back(grouped(r.flushed) + " subnormal results are flushed to zero, as the options allow.");
    }
    if (r.unknown != 0) {
      r.skipped.push_back(grouped(r.unknown) + " inputs at which the truth itself is NaN");
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
    output_form<T, A> const form(case_, inputs_);
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
  kernel_case<T, A> const& case_;
  kernel_inputs<T> const& inputs_;
  kernel_tally const& tally_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
