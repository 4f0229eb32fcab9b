// Sixteen-bit formats: every bit pattern to float, and floats back with one rounding, in lanes at every level.
// levels: all
#include "satur/math/half.hpp"
#include "support/elementwise.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

using satur::math::half_format;
using test::simd_level;

struct layout {
  int exponent_bits;
  int fraction_bits;
};
constexpr layout layout_of(half_format f) { return f == half_format::ieee ? layout{5, 10} : layout{8, 7}; }

/// By the definition of the format: sign, exponent, fraction.
double by_definition(half_format f, std::uint32_t h) {
  layout const l = layout_of(f);
  int const bias = (1 << (l.exponent_bits - 1)) - 1;
  int const exponent = static_cast<int>(h >> l.fraction_bits) & ((1 << l.exponent_bits) - 1);
  double const fraction = std::ldexp(static_cast<double>(h & ((1u << l.fraction_bits) - 1)), -l.fraction_bits);
  double const sign = (h & 0x8000u) != 0 ? -1.0 : 1.0;
  if (exponent == (1 << l.exponent_bits) - 1) {
    return fraction == 0.0 ? sign * HUGE_VAL : std::nan("");
  }
  return sign * (exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1.0 + fraction, exponent - bias));
}

/// The nearest of all 2^16 numbers by a search, without bit arithmetic on x. Ties go to the even pattern.
class nearest {
public:
  explicit nearest(half_format f) {
    int const infinity = ((1 << layout_of(f).exponent_bits) - 1) << layout_of(f).fraction_bits;
    for (int h = 0; h <= infinity; ++h) {
      positive_.push_back(by_definition(f, static_cast<std::uint32_t>(h)));
    }
    // The value that infinity's pattern would have as a finite number: rounding overflows from the midpoint below it
    // on.
    positive_.back() = 2.0 * positive_[positive_.size() - 2] - positive_[positive_.size() - 3];
  }
  [[nodiscard]] std::uint16_t operator()(float x) const {
    double const m = std::fabs(static_cast<double>(x));
    std::size_t above =
        static_cast<std::size_t>(std::lower_bound(positive_.begin(), positive_.end(), m) - positive_.begin());
    if (above == positive_.size()) {
      --above;
    }
    if (above > 0) {
      double const up = positive_[above] - m;
      double const down = m - positive_[above - 1];
      if (down < up || (down == up && above % 2 == 1)) {
        --above;
      }
    }
    return static_cast<std::uint16_t>(above | (std::signbit(x) ? 0x8000u : 0u));
  }

private:
  std::vector<double> positive_;
};

/// Conversion in both directions in the lanes of one level.
template <half_format F> struct conversion {
  std::vector<std::uint16_t> const& halves;
  std::vector<float>& floats;
  std::vector<std::uint16_t>& back;
  template <class L> SATUR_INLINE void run() {
    using I = decltype(satur::math::bits(L(0)));
    constexpr auto width = static_cast<std::size_t>(satur::math::lane_count<L>);
    for (std::size_t i = 0; i < halves.size(); i += width) {
      satur::math::store(&floats[i], satur::math::float_of_half<F>(satur::math::load_16_bits<I>(&halves[i])));
    }
    for (std::size_t i = 0; i < floats.size(); i += width) {
      satur::math::store_16_bits(&back[i], satur::math::half_of_float<F>(satur::math::load<L>(&floats[i])));
    }
  }
};
template <half_format F> struct rounding {
  std::vector<float> const& x;
  std::vector<std::uint16_t>& h;
  template <class L> SATUR_INLINE void run() {
    constexpr auto width = static_cast<std::size_t>(satur::math::lane_count<L>);
    for (std::size_t i = 0; i < x.size(); i += width) {
      satur::math::store_16_bits(&h[i], satur::math::half_of_float<F>(satur::math::load<L>(&x[i])));
    }
  }
};

template <half_format F> void check_all_patterns() {
  std::vector<std::uint16_t> all(1 << 16);
  for (std::size_t h = 0; h < all.size(); ++h) {
    all[h] = static_cast<std::uint16_t>(h);
  }
  for (simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    std::vector<float> x(all.size());
    std::vector<std::uint16_t> back(all.size());
    conversion<F> kernel{all, x, back};
    satur::math::run<float>(kernel, level);
    std::size_t wrong = 0;
    std::size_t lost = 0;
    for (std::size_t h = 0; h < all.size(); ++h) {
      double const exact = by_definition(F, static_cast<std::uint32_t>(h));
      float const scalar = satur::math::float_of_half<F>(static_cast<std::int32_t>(h));
      bool const nan = std::isnan(exact);
      wrong += nan ? !std::isnan(x[h]) || !std::isnan(scalar)
                   : !test::identical(static_cast<double>(x[h]), exact) || !test::identical(x[h], scalar);
      lost += nan ? !std::isnan(by_definition(F, back[h])) : back[h] != all[h];
      lost += back[h] != static_cast<std::uint16_t>(satur::math::half_of_float<F>(x[h]));
    }
    CHECK(wrong == 0);
    CHECK(lost == 0);
  }
}

template <half_format F> void check_rounding() {
  nearest const truth(F);
  std::vector<float> x;
  for (std::uint32_t h = 0; h < 0x7fff;
       ++h) { // the numbers, the midpoints between them, and the neighbors of the midpoints
    double const low = by_definition(F, h);
    double const high = by_definition(F, h + 1);
    if (std::isfinite(low) && std::isfinite(high)) {
      float const middle = static_cast<float>(low + (high - low) / 2.0);
      for (float const m :
           {static_cast<float>(low), middle, std::nextafter(middle, 0.0f), std::nextafter(middle, HUGE_VALF)}) {
        x.push_back(m);
        x.push_back(-m);
      }
    }
  }
  test::append_sweep(x);
  for (double const edge : {65519.996, 65520.0, 65536.0, 3.3895e38, 3.3961775e38, 3.4028235e38, HUGE_VAL}) {
    x.push_back(static_cast<float>(edge));
  }
  x.resize(x.size() / 16 * 16);
  for (simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    std::vector<std::uint16_t> h(x.size());
    rounding<F> kernel{x, h};
    satur::math::run<float>(kernel, level);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      auto const scalar = static_cast<std::uint16_t>(satur::math::half_of_float<F>(x[i]));
      bool const right = std::isnan(x[i]) ? std::isnan(by_definition(F, h[i])) : h[i] == truth(x[i]);
      wrong += !right || scalar != h[i];
    }
    CHECK(wrong == 0);
  }
}

} // namespace

TEST_CASE("half formats: every bit pattern to float and back") {
  check_all_patterns<half_format::bfloat16>();
  check_all_patterns<half_format::ieee>();
}

TEST_CASE("half_of_float: nearest, ties to even, gradual underflow, overflow to infinity") {
  check_rounding<half_format::bfloat16>();
  check_rounding<half_format::ieee>();
}

TEST_CASE("self-test: the search for the nearest detects truncation") {
  nearest const truth(half_format::bfloat16);
  CHECK(truth(1.00390625f) == 0x3f80); // a tie, to even
  CHECK(truth(1.01171875f) == 0x3f82); // a tie to even; truncation gives 0x3f81
  CHECK(nearest(half_format::ieee)(1e-9f) == 0);
  CHECK(nearest(half_format::ieee)(-70000.0f) == 0xfc00);
}
