/// \file observe/kernel/format/format_noise.hpp  How far the numbers that a format stores are from those of an array.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/array/threads.hpp"
#include "satur/format/format.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/statistics/moments.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// x * scale as a conversion that saturates stores it: `round_to` of what is brought between the ends first, in lanes.
struct saturating_rounding {
  double low;
  double high;
  double smallest_normal; ///< infinite for integers: all numbers are multiples of one step
  double step_sum;        ///< what is added to it is rounded to a multiple of smallest_subnormal
  int dropped;            ///< bits of a double's fraction that the format lacks

  explicit saturating_rounding(format const& f)
      : low(f.low_end()), high(f.high_end()),
        smallest_normal(f.is_integer() ? std::numeric_limits<double>::infinity() : f.smallest_normal),
        step_sum(f.smallest_subnormal * 0x1p52), dropped(52 - f.fraction_bits()) {}

  template <class W> [[nodiscard]] SATUR_INLINE W operator()(W const& p) const {
    using math::select;
    using Int = decltype(math::bits(p));
    W const inside = select(p < W(low), W(low), select(p > W(high), W(high), p));
    Int const b = math::bits(inside);
    Int const m = b & Int(special_bits<double>::magnitude);
    W const size = math::from_bits<double>(m);
    Int const odd = (m >> dropped) & Int(1);
    Int const up = m + Int((std::int64_t{1} << (dropped - 1)) - 1) + odd;
    W const normal = math::from_bits<double>(Int((up >> dropped) << dropped));
    W const subnormal = math::rounded(W(size + W(step_sum))) - W(step_sum);
    Int const stored = math::bits(W(select(size < W(smallest_normal), subnormal, normal)));
    return math::from_bits<double>(Int(stored | (b ^ m)));
  }
};

/// Sums of (x - Q(x))^2 and of x^2 over the finite numbers.
struct noise_sums {
  compensated_sum noise;
  compensated_sum power;
  noise_sums& operator+=(noise_sums const& o) {
    noise += o.noise;
    power += o.power;
    return *this;
  }
};

template <class T> struct noise_pass {
  saturating_rounding stored;
  double scale;
  T const* x;
  std::size_t n;
  noise_sums& found;

  template <class L> SATUR_INLINE void run() {
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<typename pass_types<L>::wide>(x + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  template <class W> SATUR_INLINE void leaf(T const* at, std::size_t size) {
    constexpr std::size_t width = width_of<W>;
    W noise = W(0.0);
    W power = W(0.0);
    auto const add = [&](T const* from) SATUR_INLINE_LAMBDA {
      using math::select;
      W const all = widened_from<W>(from);
      auto const special = as_mask_of<W>(is_nan(all)) || as_mask_of<W>(is_infinite(all));
      W const e = select(special, W(0.0), all);
      W const p = math::rounded(W(e * W(scale)));
      W const d = p - stored(p);
      noise = math::madd(d, d, noise);
      power = math::madd(e, e, power);
    };
    std::size_t i = 0;
    for (; i + width <= size; i += width) {
      add(at + i);
    }
    if (i < size) {
      T rest[width] = {}; // 0 adds nothing
      std::copy(at + i, at + size, rest);
      add(rest);
    }
    found.noise += static_cast<double>(sum_of(noise)) / scale / scale;
    found.power += static_cast<double>(sum_of(power));
  }
};

template <class T> void sum_noise(format const& f, double scale, T const* x, std::size_t n, noise_sums& found) {
  saturating_rounding const stored(f);
  over_leaves(
      n, found, [] { return noise_sums{}; },
      [&](std::size_t first, std::size_t count, noise_sums& part) {
        noise_pass<T> pass{stored, scale, x + first, count, part};
        math::run<T>(pass);
      });
}

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::noise_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::noise_pass<double>);
