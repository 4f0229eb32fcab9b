// The sampler: the same bits at every level and for every split, and the stated distributions.
// levels: all
#include <satur/initializer/sampler.hpp>

#include "support/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <span>
#include <utility>
#include <vector>

using satur::sampler;
using namespace satur_test;

namespace {

sampler with_seed(std::uint64_t seed) {
  std::mt19937_64 g(seed);
  return sampler::from(g);
}

template <class T> std::vector<T> normals(std::size_t n, T mean = 0, T stddev = 1, std::uint64_t seed = 42) {
  std::vector<T> x(n);
  with_seed(seed).normal(std::span<T>(x), mean, stddev);
  return x;
}
template <class T> std::vector<T> uniforms(std::size_t n, double low, double high, std::uint64_t seed = 42) {
  std::vector<T> x(n);
  with_seed(seed).uniform(std::span<T>(x), low, high);
  return x;
}
template <class T> std::span<T const> view(std::vector<T> const& x) { return x; }

/// Block and row of element i, as the doc comment of `sampler` says.
template <class T> struct place {
  static constexpr std::uint64_t group = sizeof(T) == 4 ? 256 : 128;
  std::uint64_t block, row;
  explicit place(std::uint64_t i) : block(64 * (i / group) + i % 64), row(i % group / 64) {}
};

/// Element i of the standard normal from its documented definition, in long double with the standard functions.
template <class T> long double normal_by_definition(satur::stream_key const& key, std::uint64_t i) {
  place<T> const p(i);
  auto const w = key.block(p.block);
  std::uint64_t const pair = p.row / 2;
  long double u;
  std::uint64_t v;
  long double within;
  std::uint64_t quarter_bits;
  if constexpr (sizeof(T) == 4) {
    u = static_cast<long double>(static_cast<float>(static_cast<double>(w[2 * pair]) + 0.5)) / 4294967296.0L;
    v = w[2 * pair + 1];
    within = (static_cast<long double>((v & 0x1fffffff) >> 6) + 0.5L) / 8388608.0L;
    quarter_bits = v >> 29;
  } else {
    u = (static_cast<long double>((w[0] | std::uint64_t{w[1]} << 32) >> 12) + 0.5L) / 0x1p52L;
    v = w[2] | std::uint64_t{w[3]} << 32;
    within = (static_cast<long double>((v & 0x1fffffffffffffffu) >> 9) + 0.5L) / 0x1p52L;
    quarter_bits = v >> 61;
  }
  long double const angle = within * std::numbers::pi_v<long double> / 4;
  long double const r = std::sqrt(-2 * std::log(u));
  bool const second = p.row % 2 == 1;
  bool const swapped = (quarter_bits & 1) != 0;
  bool const negative = (second ? quarter_bits & 2 : quarter_bits & 4) != 0;
  long double const value = r * (second != swapped ? std::sin(angle) : std::cos(angle));
  return negative ? -value : value;
}

} // namespace

TEST_CASE("sampler: golden bits for every platform, compiler and standard library") {
  CHECK(hash_of_bits(view(normals<float>(100'000))) == 0xc09c62669d995a87u);
  CHECK(hash_of_bits(view(normals<float>(100'000, 0.3f, 1.7f))) == 0x9952f9e70b338c86u);
  CHECK(hash_of_bits(view(normals<double>(100'000))) == 0x7edb4f00623e5d62u);
  CHECK(hash_of_bits(view(normals<double>(100'000, 0.3, 1.7))) == 0x6363665153cdfef4u);
  CHECK(hash_of_bits(view(uniforms<float>(100'000, -0.3, 1.7))) == 0x594e4e86ee98e8a8u);
  CHECK(hash_of_bits(view(uniforms<double>(100'000, -0.3, 1.7))) == 0x8cb049cd4b21b541u);
  // A few values in plain digits, to compare on another machine.
  CHECK(normals<float>(1)[0] == -0x1.75cae8p-1f);
  CHECK(normals<double>(1)[0] == -0x1.0f5d3618939a2p-5);
  CHECK(uniforms<float>(1, 0, 1)[0] == 0x1.59207cp-1f);
}

TEST_CASE_TEMPLATE("sampler: the same bits at every instruction set", T, float, double) {
  using satur::math::simd_level;
  std::vector<T> x(5000);
  sampler const s = with_seed(7);
  satur::detail::law_pass<T, satur::detail::normal_law<T>> normal{{T(0.1), T(3)}, s.key, 77, x};
  auto const flat_law = satur::detail::uniform_law<T>::between(-0.1, 0.7);
  satur::detail::law_pass<T, satur::detail::uniform_law<T>> flat{flat_law, s.key, 77, x};
  normal.template run<T>(); // plain scalars
  auto const want_normal = x;
  flat.template run<T>();
  auto const want_flat = x;
  for (simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level <= satur::math::best_level()) {
      satur::math::run<T>(normal, level);
      CHECK(x == want_normal);
      satur::math::run<T>(flat, level);
      CHECK(x == want_flat);
    }
  }
}

TEST_CASE_TEMPLATE("sampler: filling in parts gives the bits of one fill", T, float, double, long double) {
  sampler const s = with_seed(3);
  std::vector<T> whole(2000);
  std::vector<T> parts(2000);
  for (bool normal : {false, true}) {
    auto const fill = [&](std::span<T> out, std::uint64_t first) {
      normal ? s.normal(out, T(0), T(1), first) : s.uniform(out, -1.0, 2.0, first);
    };
    fill(whole, 0);
    for (std::size_t step : {1u, 7u, 64u, 100u, 128u, 255u, 256u, 257u, 1999u}) {
      std::fill(parts.begin(), parts.end(), T(99));
      for (std::size_t at = 0; at < parts.size(); at += step) {
        fill(std::span<T>(parts).subspan(at, std::min(step, parts.size() - at)), at);
      }
      CAPTURE(step);
      CHECK(parts == whole);
    }
  }
  s.normal(std::span<T>(), T(0), T(1)); // nothing to do
}

TEST_CASE("sampler: element indices above 2^32") {
  sampler const s = with_seed(3);
  std::uint64_t const far = (std::uint64_t{1} << 40) + 12345;
  std::vector<float> x(300);
  s.normal(std::span<float>(x), 0, 1, far);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(std::abs(static_cast<long double>(x[i]) - normal_by_definition<float>(s.key, far + i)) < 2e-6L);
  }
}

TEST_CASE_TEMPLATE("sampler: each element agrees with the documented definition", T, float, double) {
  sampler const s = with_seed(11);
  std::size_t const n = 200'000;
  std::vector<T> z(n);
  s.normal(std::span<T>(z), T(0), T(1));
  long double worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    long double const want = normal_by_definition<T>(s.key, i);
    worst = std::max(worst, std::abs(static_cast<long double>(z[i]) - want) / std::max(std::abs(want), 1e-4L));
  }
  CAPTURE(static_cast<double>(worst)); // measured: 2.1 epsilons (float), 2.2 (double)
  CHECK(worst < 6 * static_cast<long double>(std::numeric_limits<T>::epsilon()));

  std::vector<T> u(n);
  s.uniform(std::span<T>(u), -1, 1);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < n; ++i) {
    place<T> const p(i);
    auto const w = s.key.block(p.block);
    std::uint64_t const word =
        sizeof(T) == 4 ? w[p.row] : w[2 * p.row % 4] | std::uint64_t{w[(2 * p.row + 1) % 4]} << 32;
    int const bits = std::numeric_limits<T>::digits - 1;
    int const word_bits = sizeof(T) == 4 ? 32 : 64;
    std::uint64_t const k = (word >> (word_bits - 1 - bits)) & ((std::uint64_t{1} << bits) - 1);
    T const s_value = std::ldexp(static_cast<T>(2 * k + 1), -bits - 1);
    wrong += u[i] != (word >> (word_bits - 1) != 0 ? -s_value : s_value);
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("normal: moments, tails and Kolmogorov-Smirnov distance", T, float, double) {
  std::size_t const n = 2'000'000;
  double const root_n = std::sqrt(static_cast<double>(n));
  auto const z = normals<T>(n);
  auto const m = moments_of(view(z));
  CHECK(std::abs(m.mean) < 5 / root_n);
  CHECK(std::abs(m.variance - 1) < 5 * std::sqrt(2.0) / root_n);
  CHECK(std::abs(m.skewness) < 5 * std::sqrt(6.0) / root_n);
  CHECK(std::abs(m.kurtosis - 3) < 5 * std::sqrt(24.0) / root_n);
  for (double t : {0.01, 1.0, 2.0, 3.0, 4.0, 4.5}) {
    double const p = 2 * normal_cdf(-t);
    double const beyond = static_cast<double>(
        std::count_if(z.begin(), z.end(), [t](T v) { return std::abs(static_cast<double>(v)) > t; }));
    CAPTURE(t);
    CHECK(std::abs(beyond - p * static_cast<double>(n)) < 5 * std::sqrt(p * (1 - p) * static_cast<double>(n)));
  }
  CHECK(kolmogorov_smirnov(view(z), normal_cdf) < 1.95);
  double const reach = sizeof(T) == 4 ? 6.77 : 8.58;
  CHECK(std::ranges::all_of(z, [reach](T v) { return std::abs(static_cast<double>(v)) <= reach; }));
  // The same distribution with another mean and standard deviation.
  auto const moved = normals<T>(n, T(-2), T(0.25), 5);
  CHECK(kolmogorov_smirnov(view(moved), [](double x) { return normal_cdf((x + 2) / 0.25); }) < 1.95);
}

TEST_CASE_TEMPLATE("normal: neighbors, rows and both numbers of a pair are independent", T, float, double) {
  std::size_t const n = 1'000'000;
  auto const z = normals<T>(n);
  for (std::size_t lag : {1u, 2u, 3u, 4u, 8u, 16u, 63u, 64u, 65u, 128u, 192u, 256u}) {
    double plain = 0;
    double squares = 0; // of Box and Muller's pair: a^2 + b^2 is the radius
    for (std::size_t i = 0; i + lag < n; ++i) {
      double const a = static_cast<double>(z[i]);
      double const b = static_cast<double>(z[i + lag]);
      plain += a * b;
      squares += (a * a - 1) * (b * b - 1) / 2;
    }
    CAPTURE(lag);
    CHECK(std::abs(plain) < 5 * std::sqrt(static_cast<double>(n)));
    CHECK(std::abs(squares) < 5 * std::sqrt(static_cast<double>(n)));
  }
  // Two keys that differ in one bit give uncorrelated numbers.
  sampler one = with_seed(1);
  sampler two = one;
  two.key.words[3] ^= 1;
  std::vector<T> a(n);
  std::vector<T> b(n);
  one.normal(std::span<T>(a), T(0), T(1));
  two.normal(std::span<T>(b), T(0), T(1));
  double together = 0;
  for (std::size_t i = 0; i < n; ++i) {
    together += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  CHECK(std::abs(together) < 5 * std::sqrt(static_cast<double>(n)));
}

TEST_CASE_TEMPLATE("uniform: moments, Kolmogorov-Smirnov distance, no number outside the bounds", T, float, double) {
  std::size_t const n = 2'000'000;
  double const root_n = std::sqrt(static_cast<double>(n));
  for (auto const& ends :
       {std::pair{-1.0, 1.0}, std::pair{0.0, 1.0}, std::pair{-0.3, 1.7}, std::pair{100.0, 100.125}}) {
    double const low = ends.first;
    double const high = ends.second;
    CAPTURE(low);
    auto const u = uniforms<T>(n, low, high);
    auto const m = moments_of(view(u));
    double const width = high - low;
    CHECK(std::abs(m.mean - (low + high) / 2) < 5 * width / std::sqrt(12.0) / root_n);
    CHECK(std::abs(m.variance / (width * width / 12) - 1) < 5 * std::sqrt(0.8) / root_n);
    // Kurtosis 9/5; that of a sample has the variance (m8 - m4^2 - 4 m4 m6/m2 + 4 m4^3/m2^2) / m2^4 / n = 1152/875 / n.
    CHECK(std::abs(m.kurtosis - 1.8) < 5 * std::sqrt(1152.0 / 875) / root_n);
    CHECK(std::ranges::all_of(
        u, [low, high](T v) { return static_cast<double>(v) >= low && static_cast<double>(v) < high; }));
    if (high < 100) { // with more samples the spacing of float shows in the distance
      CHECK(kolmogorov_smirnov(view(u), [low, width](double x) { return (x - low) / width; }) < 1.95);
    }
  }
}

TEST_CASE_TEMPLATE("uniform: bounds at the edge of the floating-point range", T, float, double) {
  using limits = std::numeric_limits<T>;
  auto const inside = [](std::vector<T> const& u, double low, double high) {
    return std::ranges::all_of(u, [=](T v) { return static_cast<double>(v) >= low && static_cast<double>(v) < high; });
  };
  // A few ulp wide: without the clamp, rounding would give the upper end half of the time.
  double const step = static_cast<double>(limits::epsilon());
  CHECK(inside(uniforms<T>(10'000, 1, 1 + 3 * step), 1, 1 + 3 * step));
  CHECK(inside(uniforms<T>(10'000, 1, 1 + step), 1, 1 + step));
  CHECK(inside(uniforms<T>(10'000, -1 - step, -1), -1 - step, -1));
  // The whole range, whose width overflows.
  double const most = static_cast<double>(limits::max());
  CHECK(inside(uniforms<T>(10'000, -most, most), -most, most));
  CHECK(std::ranges::all_of(uniforms<T>(100, 2, 2), [](T v) { return v == 2; }));
  // Ends that the type cannot represent are rounded inward.
  CHECK(inside(uniforms<T>(100'000, 0.1, 0.1000001), 0.1, 0.1000001));
  double const a = 1.0 / 3;
  CHECK(inside(uniforms<T>(1 << 20, -a, a), -a, a));
}

TEST_CASE("sampler: other floating types get the converted double") {
  std::vector<long double> wide(1000);
  with_seed(42).normal(std::span<long double>(wide), 0.0L, 1.0L);
  auto const want = normals<double>(1000);
  CHECK(std::equal(wide.begin(), wide.end(), want.begin(),
                   [](long double a, double b) { return a == static_cast<long double>(b); }));
}
