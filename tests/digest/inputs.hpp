// The fixed inputs of the digest: a generator of its own, no function of the C library, no standard distribution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace digest {

/// Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
class splitmix64 {
public:
  using result_type = std::uint64_t;
  explicit splitmix64(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  /// On [0, 1), in steps of 2^-32: sums of a few of them are exact.
  double uniform() { return static_cast<double>((*this)() >> 32) * 0x1p-32; }
  /// Nearly N(0, 1), in exact arithmetic: the sum of twelve uniform numbers minus 6.
  double normal() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) {
      sum += uniform();
    }
    return sum;
  }

private:
  std::uint64_t state_;
};

/// n numbers of this mean and standard deviation, all finite.
template <class T> std::vector<T> normal_numbers(std::size_t n, double mean, double deviation, std::uint64_t seed) {
  splitmix64 random(seed);
  std::vector<T> all(n);
  for (T& x : all) {
    double const volatile scaled = deviation * random.normal(); // rounded here, so that it is never fused with the sum
    x = static_cast<T>(mean + scaled);
  }
  return all;
}

/// ±0, infinity, NaN, the ends of the type, subnormal numbers, powers of two.
template <class T> std::vector<T> special_numbers() {
  using limits = std::numeric_limits<T>;
  std::vector<T> all{limits::quiet_NaN()};
  auto const both = [&](T x) {
    all.push_back(x);
    all.push_back(-x);
  };
  for (T const x : {T(0), limits::infinity(), limits::max(), limits::min(), limits::denorm_min(), limits::epsilon(),
                    T(3) * limits::denorm_min(), limits::min() - limits::denorm_min(), limits::max() / T(2), T(5),
                    T(1) / T(3), T(2.5), T(0.1), T(88.5), T(103.5), T(709.5), T(744.5)}) {
    both(x);
  }
  // from the smallest subnormal number to half of the largest finite one, as powers of 2
  constexpr int step = std::is_same_v<T, float> ? 4 : 32;
  T factor = T(1);
  for (int i = 0; i < step; ++i) {
    factor *= T(2);
  }
  for (T x = limits::denorm_min(); x < limits::max() / factor; x *= factor) {
    both(x);
  }
  return all;
}

/// The points for values and slopes: evenly spaced from -reach to reach (120 for float, 800 for the others), more
/// densely in [-8, 8], and the special numbers.
template <class T> std::vector<T> sweep() {
  T const reach = std::is_same_v<T, float> ? T(120) : T(800);
  std::vector<T> all = special_numbers<T>();
  for (int i = -400; i <= 400; ++i) {
    all.push_back(static_cast<T>(i) * (reach / T(400)));
    all.push_back(static_cast<T>(i) * T(0.02));
  }
  return all;
}

} // namespace digest
