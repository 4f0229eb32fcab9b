/// \file testing/kernel/sweep/output_form.hpp  What a kernel can reach that computes the slope from the rounded output.
#pragma once

#include "satur/testing/kernel/sweep/inputs.hpp"
#include "satur/testing/kernel/sweep/judge.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace satur::inline SATUR_ABI::testing::detail {

/// The slopes of all z that share y = f(z), rounded, seen from one of them. f must be monotone.
template <class T> class output_form {
public:
  using exact = exact_type<T>;

  output_form(kernel_case<T> const& c, kernel_inputs<T> const& inputs) : case_(c), inputs_(inputs) {}

  /// The error, in ulp, that every function of y has for one of the z that share the y of this z, at least.
  [[nodiscard]] double least_error(double z) const {
    auto const [first, last] = sharing(z);
    exact low = slope(z);
    exact high = low;
    for (double const at : {first, last}) {
      low = (std::min)(low, slope(at));
      high = (std::max)(high, slope(at));
    }
    exact const largest = (std::max)(std::fabs(low), std::fabs(high));
    return static_cast<double>((high - low) / exact(2) / case_.to.unit(largest));
  }

  /// From which z on, outward, the least error is above the allowed one everywhere; within 3 %. `sign` is the side.
  [[nodiscard]] std::optional<double> loses_from(double sign) const {
    std::optional<double> from;
    for (int e = 9; e >= -4; --e) {
      for (int k = 31; k >= 0; --k) {
        double const z = case_.in.number(case_.in.nearest(static_cast<exact>(sign * std::ldexp(1.0 + k / 32.0, e))));
        if (z < case_.options.low || z > case_.options.high || !is_finite(z)) {
          continue;
        }
        if (!(least_error(z) > case_.allowed)) {
          return from;
        }
        from = z;
      }
    }
    return from;
  }

private:
  [[nodiscard]] exact slope(double z) const { return case_.act.slope(static_cast<exact>(z)); }
  [[nodiscard]] double output(double z) const {
    return case_.in.number(case_.in.nearest(case_.act.value(static_cast<exact>(z))));
  }

  /// The least and the largest z of the domain whose output is that of z.
  [[nodiscard]] std::pair<double, double> sharing(double z) const {
    double const y = output(z);
    if constexpr (is_code<T>) {
      auto const below = [this](T code, double x) { return case_.in.number(code) < x; };
      auto const end = inputs_.listed.begin() + static_cast<std::ptrdiff_t>(inputs_.ordinary);
      auto first = std::lower_bound(inputs_.listed.begin(), end, z, below);
      auto last = first;
      while (first != inputs_.listed.begin() && output(case_.in.number(*std::prev(first))) == y) {
        --first;
      }
      while (std::next(last) != end && output(case_.in.number(*std::next(last))) == y) {
        ++last;
      }
      return {case_.in.number(*first), case_.in.number(*last)};
    } else {
      using order = ordered<T>;
      using key = typename order::key;
      auto const farthest = [&](key inside, key beyond) { // by halves: f is monotone
        if (output(static_cast<double>(order::at(beyond))) == y) {
          return beyond;
        }
        for (;;) {
          key const middle = inside < beyond ? inside + (beyond - inside) / 2 : beyond + (inside - beyond + 1) / 2;
          if (middle == inside || middle == beyond) {
            return inside;
          }
          (output(static_cast<double>(order::at(middle))) == y ? inside : beyond) = middle;
        }
      };
      T const largest = (std::numeric_limits<T>::max)();
      key const here = order::of(static_cast<T>(z));
      auto const limit = [&](double x) {
        return order::of(static_cast<T>((std::clamp)(x, -static_cast<double>(largest), static_cast<double>(largest))));
      };
      return {static_cast<double>(order::at(farthest(here, (std::min)(here, limit(case_.options.low))))),
              static_cast<double>(order::at(farthest(here, (std::max)(here, limit(case_.options.high)))))};
    }
  }

  kernel_case<T> const& case_;
  kernel_inputs<T> const& inputs_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
