/// \file testing/kernel/sweep/tried_calls.hpp  The inputs with which a kernel's calls are checked: position, length,
/// alignment, NaN, memory around.
#pragma once

#include "satur/testing/kernel/call_checks.hpp"
#include "satur/testing/kernel/sweep/inputs.hpp"
#include "satur/testing/kernel/sweep/runner.hpp"
#include "satur/testing/points.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// About 400 finite inputs of the domain: where functions bend, and others between -20 and 20; of codes, some from all
/// over.
template <class T>
std::vector<T> telling_inputs(kernel_options const& o, numbers<T> const& of, kernel_inputs<T> const& inputs) {
  constexpr std::size_t most = 400;
  std::vector<T> z;
  if constexpr (is_code<T>) {
    for (std::size_t i = 0; i < most; ++i) {
      z.push_back(inputs.listed[static_cast<std::size_t>(inputs.ordinary * i / most)]);
    }
  } else {
    z = telling_points<T>();
    std::vector<T> const random =
        random_points<T>(3 * most, o.seed, (std::max)(o.low, -20.0), (std::max)((std::min)(o.high, 20.0), o.low));
    z.insert(z.end(), random.begin(), random.end());
  }
  std::erase_if(z, [&](T x) {
    double const at = of.number(x);
    return !(is_finite(at) && at >= o.low && at <= o.high);
  });
  z.resize((std::min)(z.size(), most));
  if constexpr (!is_code<T>) {
    if (z.empty() && !inputs.listed.empty()) {
      z.push_back(inputs.listed.front());
    }
  }
  return z;
}

/// Checks the calls. `given` are z, or y of a kernel of the output.
template <bool Slope, class T>
void check_calls_of(kernel_report& r, kernel_call<T> const& call, kernel_options const& o, std::vector<T> const& given,
                    numbers<T> const& of) {
  call_check_options calls;
  calls.multiple_of = o.multiple_of;
  calls.longest = o.longest_call;
  calls.in_place = o.in_place;
  calls.same_anywhere = o.same_anywhere;
  calls.specials = o.specials;
  calls.format = o.format;
  calls.output_format = o.output_format;
  calls.names[0] = o.from_output ? "y" : "z";
  if (given.empty()) {
    r.skipped.push_back("calls of other lengths and places: the domain holds no finite number");
    return;
  }
  if constexpr (Slope) {
    std::vector<T> dy;
    for (std::size_t i = 0; i < given.size(); ++i) {
      static constexpr double tried[] = {1.0, -0.5, 2.0, 0.75, -1.0};
      dy.push_back(of.nearest(static_cast<exact_type<T>>(tried[i % 5])));
    }
    auto const once = [&call](std::array<std::span<T const>, 2> const& from, std::span<T> to) {
      call(from[0], from[1], to);
    };
    check_calls<T, 2>(r, once, {std::span<T const>(given), std::span<T const>(dy)}, calls);
  } else {
    static_cast<void>(of);
    auto const once = [&call](std::array<std::span<T const>, 1> const& from, std::span<T> to) {
      call(from[0], from[0], to);
    };
    check_calls<T, 1>(r, once, {std::span<T const>(given)}, calls);
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
