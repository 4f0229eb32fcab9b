/// \file testing/kernel/kernel_report.hpp  The result of a check of a kernel: by segments of z, and what is wrong.
#pragma once

#include "satur/testing/kernel/evidence.hpp"
#include "satur/testing/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// How accurate a kernel is for z in [low, high); the last segment holds +infinity too. An error is |got - exact| in
/// units in the last place of the exact result, of the type or format of the result: 1/2 is a correct rounding.
/// Results that are flushed to zero are in `count` and `flushed`, and in no error.
struct kernel_segment {
  double low = 0.0;
  double high = 0.0;
  std::uint64_t count = 0;  ///< inputs whose exact result is a number of the type
  double worst_ulp = 0.0;   ///< infinity if a NaN or infinity stands where a number belongs
  double mean_ulp = 0.0;    ///< of the finite errors
  double within_half = 0.0; ///< share within 1/2 ulp: correctly rounded
  double worst_at = 0.0;    ///< the z of worst_ulp; the first one in ascending order
  std::uint64_t beyond = 0; ///< inputs at which a property fails: an error above the allowed one, a false zero, …
  std::uint64_t flushed = 0;
  std::uint64_t worst_bits = 0; ///< the bits of `worst_at` as a number of the kernel: its code if numbers are stored
};

/// The result of a check of a kernel. As a `report` it holds each property that fails, with its worst input and the
/// usual cause; `text()` shows the segments too. The sum of `count` over the segments, `specials` and `unknown` is
/// `inputs`.
struct kernel_report : report {
  std::vector<kernel_segment> segments; ///< in the order of z; only those with inputs
  std::uint64_t inputs = 0;             ///< results compared
  std::uint64_t specials = 0;           ///< results that are NaN, infinite or beyond the largest number by the truth
  std::uint64_t unknown = 0;            ///< not compared: the truth itself is NaN at a z that is not
  double worst_ulp = 0.0;
  double worst_at = 0.0;
  std::uint64_t false_zeros = 0; ///< 0 where the exact result rounds to another number
  std::uint64_t flushed = 0;     ///< those of them that are below the smallest normal number: flush to zero
  std::uint64_t wrong_signs = 0;
  std::uint64_t wrong_specials = 0; ///< NaN or infinity where a number belongs, or the other way round
  /// Places where the value of a monotone activation goes back from one tried input to the next. They fail if it goes
  /// back by more than the allowed error.
  std::uint64_t not_monotone = 0;
  double largest_step_back = 0.0;   ///< in ulp
  std::optional<double> first_bad;  ///< the first z, in ascending order, at which a property fails
  std::vector<kernel_cause> causes; ///< the best first
  /// A kernel of the output: the slopes of the z that share one y lie so far apart that no function of y is within the
  /// allowed error, from here on outward.
  std::optional<double> output_loses_below;
  std::optional<double> output_loses_above;
  std::vector<std::string> notes; ///< what fails nothing but should be known, one sentence each
  bool codes = false;             ///< the inputs are codes of a format: they are shown by their bits

  [[nodiscard]] inline std::string text() const;
};

} // namespace satur::inline SATUR_ABI::testing

#include "satur/testing/kernel/kernel_text.hpp" // IWYU pragma: export
