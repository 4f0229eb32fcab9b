/// \file testing/kernel/evidence.hpp  What a kernel did at some places: from it the usual cause of an error is told.
#pragma once

#include "satur/format/format.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// One place at which a kernel was compared with the truth.
struct kernel_sample {
  double z = 0.0;  ///< the input; of storage in 16 or 8 bits, the number that its code stands for
  double y = 0.0;  ///< what the kernel got instead of z if it works from the output
  double dy = 1.0; ///< of a kernel of the slope
  double got = 0.0;
  long double exact = 0.0L; ///< f(z), or f'(z) dy, not rounded
  double ulp = 0.0;         ///< |got - exact|; infinity if one is NaN, or one is infinite
};

/// What is known of a kernel: places where it is wrong, and where it is right, from all over the line: about 200 of
/// each are enough. Of a wrong segment take some places spread over it, not the worst alone; the places where the
/// errors begin tell most. NaN, infinity, zeros and kinks are places too. If many dy are tried, let it be 1 at some
/// places, and neither 0 nor 1 at most.
struct kernel_evidence {
  enum class numbers { binary32, binary64, stored }; ///< float, double, codes of a format
  std::string activation;                            ///< its name
  std::function<long double(long double)> value;     ///< f, exact
  std::function<long double(long double)> slope;     ///< f', exact
  bool of_slope = false;
  bool from_output = false;
  numbers type = numbers::binary32;
  satur::format format = {};        ///< of stored z
  satur::format output_format = {}; ///< of stored results
  double scale = 1.0;               ///< integers: a code q of z stands for (q - zero_point) / scale
  double output_scale = 1.0;        ///< the same of the results
  double allowed_ulp = 2.0;         ///< the largest error that counts as right
  std::vector<kernel_sample> wrong;
  std::vector<kernel_sample> right;
};

/// A usual cause, and how well it explains what was seen.
struct kernel_cause {
  std::string what;       ///< one sentence: what the code does, and what to write instead
  double explained = 0.0; ///< share of the wrong places that it explains
};

} // namespace satur::inline SATUR_ABI::testing
