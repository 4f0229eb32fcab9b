/// \file testing/kernel/sweep/domain.hpp  Refuses options that a check of a kernel cannot follow.
#pragma once

#include "satur/error.hpp"
#include "satur/testing/kernel/options.hpp"
#include "satur/testing/kernel/sweep/inputs.hpp"

#include <string>

namespace satur::inline SATUR_ABI::testing::detail {

/// The format of codes that T stores.
template <class T>
void require_format(char const* function, char const* which, format const& f, double scale, char const* scale_name) {
  std::string const given = f.codes == format::coding::none && f.bits == 0
                                ? (f.name.empty() ? "not given" : std::string(f.name) + ", which has no codes")
                                : std::string(f.name) + " of " + satur::text::number(f.bits) + " bits";
  bool const fits = f.codes != format::coding::none && f.bits >= 2 && f.bits <= static_cast<int>(8 * sizeof(T)) &&
                    (sizeof(T) == 1 || f.bits > 8);
  if (!fits) {
    satur::detail::bad_parameter(function, which, given,
                                 sizeof(T) == 1 ? "a format of at most 8 bits for std::uint8_t, such as "
                                                  "satur::formats::fp8_e4m3; set it in the options"
                                                : "a format of 9 to 16 bits for std::uint16_t, such as "
                                                  "satur::formats::bfloat16; set it in the options");
  }
  if (!(scale > 0.0 && is_finite(scale))) {
    satur::detail::bad_parameter(function, scale_name, scale, "a finite number > 0");
  }
}

template <class T> void require_valid_options(char const* function, kernel_options const& o, bool of_slope) {
  using satur::detail::bad_parameter;
  if (!(o.ulp > 0.0 && is_finite(o.ulp))) {
    bad_parameter(function, "ulp", o.ulp, "a finite number > 0, such as 2; a correct rounding needs 0.5");
  }
  if (!(o.low < o.high)) {
    bad_parameter(function, "low",
                  "[" + satur::text::number(o.low) + ", " + satur::text::number(o.high) + "] with high",
                  "low < high, neither NaN; leave both out for all numbers");
  }
  if (o.longest_call == 0) {
    bad_parameter(function, "longest_call", o.longest_call, "at least 1, the elements of one call");
  }
  if (o.multiple_of == 0) {
    bad_parameter(function, "multiple_of", o.multiple_of, "at least 1; 1 if the kernel takes any length");
  }
  if (o.inputs == 0) {
    bad_parameter(function, "inputs", o.inputs, "at least 1");
  }
  if (o.from_output && !of_slope) {
    bad_parameter(function, "from_output", "true",
                  "false: only a kernel of the slope can get y; call "
                  "check_backward_kernel");
  }
  if constexpr (is_code<T>) {
    require_format<T>(function, "format", o.format, o.scale, "scale");
    if (o.output_format) {
      require_format<T>(function, "output_format", *o.output_format, o.output_scale, "output_scale");
    }
  } else {
    if (o.format != format{} || o.output_format) {
      bad_parameter(function, "format", (o.output_format ? *o.output_format : o.format).name.view(),
                    "none for float and double; for codes of a format let T be std::uint16_t or std::uint8_t");
    }
    if (o.all && !std::same_as<T, float>) {
      bad_parameter(function, "all", "true", "false for double, of which there are 2^64; set `inputs` and `seed`");
    }
  }
}

inline void require_inputs(char const* function, kernel_options const& o, std::uint64_t count) {
  if (count == 0) {
    satur::detail::bad_parameter(function, "the domain",
                                 "[" + satur::text::number(o.low) + ", " + satur::text::number(o.high) +
                                     "], which holds no number of the type",
                                 "a domain with numbers of the type; set low and high");
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
