// Operations that return their rounding error: exact or fused as documented.
// levels: all
#include "satur/math/arithmetic.hpp"

#include "support/dual.hpp"
#include "support/elementwise.hpp"

namespace {

namespace math = satur::math;

/// Numbers with random digits over about a hundred binades, so that products and sums stay in range.
template <class T> std::vector<T> all_digits(std::size_t n, std::uint64_t seed) {
  std::vector<T> z(n);
  std::uint64_t s = seed;
  for (T& e : z) {
    s = s * 6364136223846793005u + 1442695040888963407u;
    double const m = 1.0 + static_cast<double>(s >> 12) * 0x1p-52;
    e = static_cast<T>(std::ldexp((s >> 5 & 1) != 0 ? m : -m, static_cast<int>(s >> 40) % 41 - 20));
  }
  return z;
}

enum class operation { product_value, product_rest, sum_value, sum_rest, fma, madd, product_less_rounded };

/// One operation over pairs from one array: a at i, b at i + n, c at i + 2n.
template <class T, operation O> struct pair_kernel {
  std::vector<T> const& z;
  std::vector<T>& y;
  template <class L> SATUR_INLINE void run() {
    constexpr auto width = static_cast<std::size_t>(math::lane_count<L>);
    std::size_t const n = y.size();
    for (std::size_t i = 0; i + width <= n; i += width) {
      L const a = math::load<L>(z.data() + i);
      L const b = math::load<L>(z.data() + i + n);
      L const c = math::load<L>(z.data() + i + 2 * n);
      math::store(y.data() + i, at(a, b, c));
    }
  }
  template <class L> SATUR_INLINE static L at(L const& a, L const& b, L const& c) {
    if constexpr (O == operation::product_value) {
      return math::exact_product(a, b).value;
    } else if constexpr (O == operation::product_rest) {
      return math::exact_product(a, b).rest;
    } else if constexpr (O == operation::sum_value) {
      return math::exact_sum(a, b).value;
    } else if constexpr (O == operation::sum_rest) {
      return math::exact_sum(a, b).rest;
    } else if constexpr (O == operation::fma) {
      return math::fma(a, b, c);
    } else if constexpr (O == operation::madd) {
      return math::madd(a, b, c);
    } else { // c is the rounded product, so the difference is 0 unless the operations are contracted
      return math::rounded(a * b) - c;
    }
  }
};
template <operation O, class T> std::vector<T> compute(std::vector<T> const& z, test::simd_level level) {
  std::vector<T> y(z.size() / 3);
  pair_kernel<T, O> kernel{z, y};
  math::run<T>(kernel, level);
  return y;
}

constexpr std::size_t pairs = 1 << 14;

} // namespace

TEST_CASE_TEMPLATE("exact_product: value + rest is exact", T, float, double) {
  std::vector<T> const z = all_digits<T>(3 * pairs, 1);
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    std::vector<T> const value = compute<operation::product_value>(z, level);
    std::vector<T> const rest = compute<operation::product_rest>(z, level);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
      wrong += value[i] != z[i] * z[i + pairs] || rest[i] != std::fma(z[i], z[i + pairs], -value[i]);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("exact_sum: value + rest is exact", T, float, double) {
  std::vector<T> const z = all_digits<T>(3 * pairs, 2);
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    std::vector<T> const value = compute<operation::sum_value>(z, level);
    std::vector<T> const rest = compute<operation::sum_rest>(z, level);
    std::size_t wrong = 0;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
      T const a = z[i];
      T const b = z[i + pairs];
      wrong += value[i] != a + b;
      // a + b in the wider type is exact if the exponents are close enough
      if (std::abs(std::ilogb(a) - std::ilogb(b)) < 10) {
        using W = test::wider<T>;
        wrong += static_cast<W>(rest[i]) != (static_cast<W>(a) + static_cast<W>(b)) - static_cast<W>(value[i]);
        ++compared;
      }
    }
    CHECK(wrong == 0);
    CHECK(compared > pairs / 4);
  }
  CHECK(math::exact_sum(1e16, 1.0).rest == 1.0);
  CHECK(math::exact_sum(1.0, 1e16).rest == 1.0);
  CHECK(math::exact_sum(T(1), std::numeric_limits<T>::denorm_min()).rest == std::numeric_limits<T>::denorm_min());
}

TEST_CASE_TEMPLATE("fma: rounds once, even if the product cancels", T, float, double) {
  std::vector<T> z = all_digits<T>(3 * pairs, 3);
  for (std::size_t i = 0; i < pairs; i += 2) { // half of them cancel down to the last digits of the product
    z[i + 2 * pairs] = -(z[i] * z[i + pairs]);
  }
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    std::vector<T> const y = compute<operation::fma>(z, level);
    bool const fused = level > test::simd_level::baseline || math::has_fused_v<T>;
    double worst = 0.0;
    std::size_t differ = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
      T const exact = std::fma(z[i], z[i + pairs], z[i + 2 * pairs]);
      worst = std::max(worst, test::ulp_error(y[i], static_cast<long double>(exact)));
      differ += y[i] != exact;
    }
    CHECK(worst <= (fused ? 0.0 : 1.0));
    CHECK(differ <= (fused ? 0 : pairs / 1000)); // double rounding may rarely differ
    if (fused) {
      CHECK(test::differing(compute<operation::madd>(z, level), y) == 0);
    }
  }
}

TEST_CASE_TEMPLATE("rounded: keeps a product from being contracted into a fused multiply-add", T, float, double) {
  std::vector<T> z = all_digits<T>(3 * pairs, 4);
  for (std::size_t i = 0; i < pairs; ++i) {
    T const product = z[i] * z[i + pairs];
    z[i + 2 * pairs] = product;
  }
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    CHECK(test::differing(compute<operation::product_less_rounded>(z, level), std::vector<T>(pairs)) == 0);
  }
  std::size_t left = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    left += math::rounded(z[i] * z[i + pairs]) - z[i + 2 * pairs] != T(0);
  }
  CHECK(left == 0);
}

TEST_CASE("arithmetic: long double and dual numbers") {
  long double const a = 1.0L + std::numeric_limits<long double>::epsilon();
  CHECK(math::fma(a, a, -(a * a)) == std::fma(a, a, -(a * a)));
  CHECK(math::madd(2.0L, 3.0L, 1.0L) == 7.0L);
  CHECK(math::negative_magnitude(-3.0L) == -3.0L);
  CHECK(math::negative_magnitude(3.0L) == -3.0L);
  test::dual const x = test::dual::variable(3.0);
  CHECK(math::fma(x, x, x).d == 7.0);
  CHECK(math::madd(x, x, x).v == 12.0);
  CHECK(math::negative_magnitude(x).d == -1.0);
  CHECK(math::negative_magnitude(-x).d == -1.0);
  CHECK(math::rounded(x).d == 1.0);
  CHECK(math::select(x < test::dual(4.0), x, -x).d == 1.0);
  CHECK(math::maximum(x, test::dual(4.0)).d == 0.0);
}
