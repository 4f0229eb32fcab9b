/// \file testing/kernel/options.hpp  How a kernel is checked.
#pragma once

#include "satur/format/format.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

namespace satur::inline SATUR_ABI::testing {

/// How far a check of all floats has come.
struct kernel_progress {
  double done = 0.0;         ///< share of the inputs, 0 to 1
  double seconds = 0.0;      ///< since the start
  double seconds_left = 0.0; ///< estimated
};

/// How a kernel is checked, and how strict the check is.
struct kernel_options {
  double ulp = 2.0; ///< largest error allowed, in units in the last place of the exact value
  /// Storage in 16 or 8 bits (T is std::uint16_t or std::uint8_t): the format of its codes. All codes are tried.
  satur::format format = {};
  /// The format of the results if it is another one, as in quantized kernels; its scale is `output_scale`.
  std::optional<satur::format> output_format = std::nullopt;
  double scale = 1.0;        ///< integers: a code q of z stands for (q - zero_point) / scale
  double output_scale = 1.0; ///< the same of the results
  /// The kernel of a slope gets (y, dy) instead of (z, dy): y = f(z), rounded to T.
  bool from_output = false;
  /// Rows: the kernel of a gradient gets (z, dy) instead of (y, dy); `from_output` has no meaning for rows.
  bool from_input = false;
  /// Rows: what a row of only -inf may give instead of NaN, such as 0.
  std::optional<double> masked_row = std::nullopt;
  bool all = false;                                      ///< float: all 2^32, instead of about `inputs` of them
  std::size_t inputs = 1u << 20;                         ///< about how many floats or doubles are tried
  std::uint64_t seed = 1;                                ///< of the random ones
  double low = -std::numeric_limits<double>::infinity(); ///< inputs below are left out: the domain of the kernel
  double high = std::numeric_limits<double>::infinity();
  bool specials = true;      ///< NaN and infinity are tried too
  bool in_place = true;      ///< the kernel may be called with its result in the place of its input
  bool same_anywhere = true; ///< y of a z must not depend on its position, the length, or the alignment
  bool monotone = true;      ///< a kernel of a monotone activation must be monotone too
  /// Results below the smallest normal number may be 0, and inputs below it may count as 0.
  bool flushes_subnormals = false;
  std::size_t longest_call = 4096; ///< elements in one call
  /// The kernel takes only lengths that are a multiple of it, such as 8; of rows: only such numbers of columns.
  std::size_t multiple_of = 1;
  std::size_t threads = 0; ///< that call the kernel at once if `all`; 0: one for each core
  std::function<void(kernel_progress const&)> progress = {}; ///< called about once a second if `all`
};

} // namespace satur::inline SATUR_ABI::testing
