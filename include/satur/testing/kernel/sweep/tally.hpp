/// \file testing/kernel/sweep/tally.hpp  What was found at many inputs: by segment of z, and by property. Mergeable.
#pragma once

#include "satur/testing/kernel/evidence.hpp"
#include "satur/testing/kernel/sweep/numbers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// What can be wrong with a result.
enum class fault : std::size_t {
  error,
  false_zero,
  flushed,
  sign,
  nan_lost,
  not_finite,
  no_limit,
  not_infinite,
  order
};
inline constexpr std::size_t faults = 9;

/// One result of a kernel, with the bits of its numbers.
struct kernel_place {
  kernel_sample sample;
  std::uint64_t z_bits = 0;
  std::uint64_t y_bits = 0;
  std::uint64_t dy_bits = 0;
  std::uint64_t got_bits = 0;
  fault what = fault::error;
};

/// Keeps the places with the smallest hashes: a sample that does not depend on how the inputs are split.
template <std::size_t Most> struct sample_of_places {
  std::vector<kernel_place> kept; ///< the smallest hash last

  static bool before(kernel_place const& a, kernel_place const& b) { return mixed(a.z_bits) > mixed(b.z_bits); }
  [[nodiscard]] bool wants(std::uint64_t z_bits) const {
    return kept.size() < Most || mixed(z_bits) < mixed(kept.front().z_bits);
  }
  void add(kernel_place const& p) {
    if (wants(p.z_bits)) {
      kept.insert(std::upper_bound(kept.begin(), kept.end(), p, before), p);
      if (kept.size() > Most) {
        kept.erase(kept.begin());
      }
    }
  }
};

/// The sums of a segment.
struct segment_tally {
  std::uint64_t count = 0;
  std::uint64_t with_error = 0; ///< finite errors
  std::uint64_t half = 0;
  std::uint64_t beyond = 0;
  std::uint64_t flushed = 0;
  double sum = 0.0;
  double worst = -1.0;
  double worst_at = 0.0;
  std::uint64_t worst_bits = 0;
  std::optional<kernel_place> first_wrong;
  std::optional<kernel_place> last_wrong;
  sample_of_places<12> wrong;
  sample_of_places<6> right;

  void found_wrong(kernel_place const& p) {
    if (!first_wrong) {
      first_wrong = p;
    }
    last_wrong = p;
    wrong.add(p);
  }
  void add(double error, double z, std::uint64_t bits) {
    if (error > worst) {
      worst = error;
      worst_at = z;
      worst_bits = bits;
    }
  }
  /// `later` has the inputs after these.
  void merge(segment_tally const& later) {
    count += later.count;
    with_error += later.with_error;
    half += later.half;
    beyond += later.beyond;
    flushed += later.flushed;
    sum += later.sum;
    add(later.worst, later.worst_at, later.worst_bits);
    if (!first_wrong) {
      first_wrong = later.first_wrong;
    }
    last_wrong = later.last_wrong ? later.last_wrong : last_wrong;
    for (kernel_place const& p : later.wrong.kept) {
      wrong.add(p);
    }
    for (kernel_place const& p : later.right.kept) {
      right.add(p);
    }
  }
};

/// One property: how often it fails, and where most.
struct fault_tally {
  std::uint64_t times = 0;
  double score = -1.0; ///< of the worst place
  kernel_place worst;

  void add(kernel_place const& p, double how_bad, std::uint64_t n = 1) {
    times += n;
    if (how_bad > score) {
      score = how_bad;
      worst = p;
    }
  }
  void merge(fault_tally const& later) {
    if (later.times != 0) {
      add(later.worst, later.score, later.times);
    }
  }
};

/// The limits between segments of z, by the type of the numbers: where functions bend, where 1 + e^-z rounds to 1,
/// where e^-z is subnormal and where it is 0.
template <class T> std::span<double const> segment_limits() {
  static constexpr double in_float[] = {-104, -88, -17, -5, -1, -1e-3, 0, 1e-3, 1, 5, 17, 88, 104};
  static constexpr double in_double[] = {-746, -709, -104, -38, -17, -5,  -1,  -1e-3, 0,
                                         1e-3, 1,    5,    17,  38,  104, 709, 746};
  static constexpr double in_16_bits[] = {-88, -17, -5, -1, 0, 1, 5, 17, 88};
  static constexpr double in_8_bits[] = {-17, -5, -1, 0, 1, 5, 17};
  if constexpr (std::same_as<T, float>) {
    return in_float;
  } else if constexpr (std::same_as<T, double>) {
    return in_double;
  } else if constexpr (sizeof(T) == 2) {
    return in_16_bits;
  } else {
    return in_8_bits;
  }
}

/// What was found at consecutive inputs.
struct kernel_tally {
  std::vector<segment_tally> segments;
  std::array<fault_tally, faults> found;
  std::uint64_t inputs = 0;
  std::uint64_t specials = 0;
  std::uint64_t unknown = 0;
  std::uint64_t zeros = 0; ///< 0 where the exact result rounds to another number
  std::uint64_t tiny = 0;  ///< those of them below the smallest normal number
  std::uint64_t steps_back = 0;
  double largest_step_back = 0.0;
  double step_back_at = 0.0;
  std::optional<double> first_bad;

  [[nodiscard]] fault_tally& of(fault f) { return found[static_cast<std::size_t>(f)]; }
  [[nodiscard]] fault_tally const& of(fault f) const { return found[static_cast<std::size_t>(f)]; }

  /// `later` has the inputs after these.
  void merge(kernel_tally const& later) {
    segments.resize((std::max)(segments.size(), later.segments.size()));
    for (std::size_t i = 0; i < later.segments.size(); ++i) {
      segments[i].merge(later.segments[i]);
    }
    for (std::size_t i = 0; i < faults; ++i) {
      found[i].merge(later.found[i]);
    }
    inputs += later.inputs;
    specials += later.specials;
    unknown += later.unknown;
    zeros += later.zeros;
    tiny += later.tiny;
    steps_back += later.steps_back;
    if (later.largest_step_back > largest_step_back) {
      largest_step_back = later.largest_step_back;
      step_back_at = later.step_back_at;
    }
    if (!first_bad) {
      first_bad = later.first_bad;
    }
  }
};

} // namespace satur::inline SATUR_ABI::testing::detail
