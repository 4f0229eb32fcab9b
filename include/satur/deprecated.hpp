/// \file deprecated.hpp  Old names, for one minor version. docs/migration.md lists them with their new names.
///
/// Old names of the findings are in satur/finding/deprecated.hpp and those of satur/testing.hpp in that folder, so that
/// this header stays as light as satur/diagnostic.hpp. Old enumerators stand in their enumeration.
#pragma once

#include "satur/monitor.hpp"
#include "satur/reading.hpp"
#include "satur/report.hpp"

#include <concepts>
#include <ostream>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

// *_options say how something is done, *_limits where a verdict changes.

using sampling [[deprecated("use sampling_options")]] = sampling_options;

// Text: `to_text(x)` for what is described in words, and the stream comes last.

template <class X>
  requires requires(X const& x) { to_text(x); }
[[deprecated("use to_text(x)")]] [[nodiscard]] constexpr auto describe(X const& x) {
  return to_text(x);
}

[[deprecated("use to_text(phase)")]] [[nodiscard]] constexpr std::string_view name_of(phase p) { return to_text(p); }

[[deprecated("use write_history(mon, out)")]] inline void write_history(std::ostream& out, monitor const& mon) {
  write_history(mon, out);
}

[[deprecated("use print_percentiles(reading, percentiles, out)")]] inline void print_percentiles(
    std::ostream& out, unit_reading const& reading, unit_percentiles const& p) {
  print_percentiles(reading, p, out);
}

}} // namespace satur::SATUR_ABI

namespace satur::rules {

template <class A> void print_presets(A const& act, std::ostream& out); // rule/presets.hpp, which need not be included
template <class A> [[deprecated("use print_presets(act, out)")]] void print_presets(std::ostream& out, A const& act) {
  print_presets(act, out);
}

} // namespace satur::rules
