// Checks of samples: moments with standard errors, the Kolmogorov-Smirnov distance, a hash of the bits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace satur_test {

struct sample_moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

template <class T> sample_moments moments_of(std::span<T const> x) {
  double const n = static_cast<double>(x.size());
  sample_moments m;
  for (T v : x) {
    m.mean += static_cast<double>(v) / n;
  }
  double m3 = 0;
  double m4 = 0;
  for (T v : x) {
    double const d = static_cast<double>(v) - m.mean;
    m.variance += d * d / n;
    m3 += d * d * d / n;
    m4 += d * d * d * d / n;
  }
  m.skewness = m3 / std::pow(m.variance, 1.5);
  m.kurtosis = m4 / (m.variance * m.variance);
  return m;
}

/// sqrt(n) sup |F_n - F|. For the right F it exceeds 1.95 once in a thousand samples, 2.23 once in ten thousand.
template <class T, class Cdf> double kolmogorov_smirnov(std::span<T const> x, Cdf const& cdf) {
  std::vector<T> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  double const n = static_cast<double>(sorted.size());
  double worst = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    double const f = cdf(static_cast<double>(sorted[i]));
    worst = std::max({worst, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return worst * std::sqrt(n);
}

inline double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

/// FNV-1a over the bits, lowest byte first on every machine.
template <class T> std::uint64_t hash_of_bits(std::span<T const> x) {
  std::uint64_t h = 14695981039346656037u;
  for (T const& v : x) {
    std::uint64_t bits = 0;
    if constexpr (sizeof(T) == 4) {
      std::uint32_t b;
      std::memcpy(&b, &v, sizeof b);
      bits = b;
    } else {
      std::memcpy(&bits, &v, sizeof bits);
    }
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      h = (h ^ (bits & 0xff)) * 1099511628211u;
      bits >>= 8;
    }
  }
  return h;
}

} // namespace satur_test
