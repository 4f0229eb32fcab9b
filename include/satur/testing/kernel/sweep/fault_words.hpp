/// \file testing/kernel/sweep/fault_words.hpp  The words of a report for what is wrong, and its numbers as text.
#pragma once

#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/testing/kernel/sweep/tally.hpp"
#include "satur/text/number.hpp"

#include <concepts>
#include <cstdint>
#include <string>

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

} // namespace satur::inline SATUR_ABI::testing::detail
