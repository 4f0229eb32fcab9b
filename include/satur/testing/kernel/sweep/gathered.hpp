/// \file testing/kernel/sweep/gathered.hpp  The evidence from which the usual causes of a kernel's errors are told.
#pragma once

#include "satur/testing/kernel/sweep/judge.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// In the order of z, each once.
inline void put_samples(std::vector<kernel_place>& places, std::optional<fault> only, std::vector<kernel_sample>& to) {
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

/// Places where a kernel is wrong and where it is right, from all segments, in the order of z. `only`: those with this
/// fault. The case must outlive it.
template <class T> kernel_evidence gathered(kernel_case<T> const& c, kernel_tally const& t, std::optional<fault> only) {
  kernel_evidence e;
  using exact = exact_type<T>;
  e.activation = c.act.name;
  e.value = [&c](long double z) { return static_cast<long double>(c.act.value(static_cast<exact>(z))); };
  e.slope = [&c](long double z) { return static_cast<long double>(c.act.slope(static_cast<exact>(z))); };
  e.of_slope = c.of_slope;
  e.from_output = c.options.from_output;
  e.type = is_code<T>
               ? kernel_evidence::numbers::stored
               : (std::same_as<T, float> ? kernel_evidence::numbers::binary32 : kernel_evidence::numbers::binary64);
  e.format = c.options.format;
  e.output_format = c.options.output_format.value_or(c.options.format);
  e.scale = c.options.scale;
  e.output_scale = c.options.output_format ? c.options.output_scale : c.options.scale;
  e.allowed_ulp = c.allowed;
  std::vector<kernel_place> wrong;
  std::vector<kernel_place> right;
  for (segment_tally const& s : t.segments) {
    wrong.insert(wrong.end(), s.wrong.kept.begin(), s.wrong.kept.end());
    for (std::optional<kernel_place> const& end : {s.first_wrong, s.last_wrong}) {
      if (end) {
        wrong.push_back(*end);
      }
    }
    right.insert(right.end(), s.right.kept.begin(), s.right.kept.end());
  }
  for (fault_tally const& f : t.found) {
    if (f.times != 0 && f.worst.what != fault::order) {
      wrong.push_back(f.worst);
    }
  }
  put_samples(wrong, only, e.wrong);
  put_samples(right, std::nullopt, e.right);
  return e;
}

} // namespace satur::inline SATUR_ABI::testing::detail
