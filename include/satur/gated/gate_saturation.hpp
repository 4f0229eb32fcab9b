/// \file gated/gate_saturation.hpp  The record of a pass over a gated layer: closed and open gates.
#pragma once

#include "satur/record/saturation.hpp"
#include "satur/text/number.hpp"

#include <cstdint>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// A gate counts as closed if its opening is below `share`, and as open if it is above 1 - `share`, both strictly.
///
/// The opening is (g(b) - lower)/(upper - lower) for a gate between two limits (sigmoid: the gate itself), and g(b)/b
/// for a gate without an upper limit (silu: sigmoid(b), gelu: Phi(b)).
///
/// Source: 0.1 is the rule of Karpathy, Johnson, Fei-Fei 2015.
///
/// Throws std::invalid_argument if share is not in (0, 0.5].
struct gate_within {
  double share = 0.1;

  void require_valid() const {
    if (detail::is_nan(share) || !(share > 0.0 && share <= 0.5)) {
      detail::bad_parameter("gate_within", "share", share, "a share in (0, 0.5], such as 0.1");
    }
  }
  bool operator==(gate_within const&) const = default;
};

/// The record of a pass over gates. A regular value: merge with +=, reset with `= {}`. A gate with b = NaN is counted
/// only in `gate.nan`; -inf is closed, inf is open.
struct gate_saturation {
  std::uint64_t closed = 0;
  std::uint64_t open = 0;
  saturation gate; ///< record of the gate's pre-activation b, by the default rule |b| > 5
  gate_within rule;

  [[nodiscard]] std::uint64_t count() const { return gate.count; }
  [[nodiscard]] double closed_fraction() const { return share(closed); }
  [[nodiscard]] double open_fraction() const { return share(open); }
  [[nodiscard]] bool empty() const { return gate.empty(); }

  /// Merges another record. Throws std::invalid_argument if the gates or rules differ.
  gate_saturation& operator+=(gate_saturation const& o) {
    if (o.empty()) {
      return *this;
    }
    if (empty()) {
      return *this = o;
    }
    if (!(rule == o.rule)) {
      detail::raise(
          std::invalid_argument(detail::message("satur::gate_saturation: cannot merge a record of share ", rule.share,
                                                " with one of ", o.rule.share, "; merge records of one rule")));
    }
    gate += o.gate;
    closed += o.closed;
    open += o.open;
    return *this;
  }
  [[nodiscard]] friend gate_saturation operator+(gate_saturation a, gate_saturation const& b) { return a += b; }
  bool operator==(gate_saturation const&) const = default;

private:
  [[nodiscard]] double share(std::uint64_t n) const {
    return count() == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(n) / static_cast<double>(count());
  }
};

/// Writes the record in a few lines, then the record of the gate's pre-activation.
inline std::ostream& operator<<(std::ostream& out, gate_saturation const& s) {
  out << "gates: " << s.count() << ", closed below " << text::number(s.rule.share) << ", open above "
      << text::number(1.0 - s.rule.share) << '\n'
      << "  closed       " << text::percent(s.closed_fraction()) << " %\n"
      << "  open         " << text::percent(s.open_fraction()) << " %\n";
  return out << s.gate;
}

}} // namespace satur::SATUR_ABI
