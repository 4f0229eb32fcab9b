// Two ways of doing the same, in turns: the ratio of their times in each pair, its median and a 95 % interval.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <vector>

namespace bench {

/// Ratios of pairs, sorted.
struct paired {
  std::vector<double> ratios;
  double base_ns; ///< median time of the first of a pair

  [[nodiscard]] double median() const { return ratios[ratios.size() / 2]; }
  /// The interval of the median, by order statistics: the k-th of n from either end, with 2 P(Binomial(n, 1/2) < k)
  /// at most 0.05. It assumes nothing of how the times are distributed.
  [[nodiscard]] double low() const { return ratios[rank()]; }
  [[nodiscard]] double high() const { return ratios[ratios.size() - 1 - rank()]; }

private:
  [[nodiscard]] std::size_t rank() const {
    double const n = static_cast<double>(ratios.size());
    double below = 0.0;
    for (std::size_t k = 0;; ++k) {
      double const i = static_cast<double>(k);
      below += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) - n * std::log(2.0));
      if (2.0 * below > 0.05) {
        return k == 0 ? 0 : k - 1;
      }
    }
  }
};

/// Calls base() and other() in turns, `pairs` times, each time another one first. The time is that of the processor in
/// this thread: whoever else runs on the machine is not part of it.
template <class Base, class Other>
[[nodiscard]] paired in_pairs(std::size_t pairs, Base const& base, Other const& other) {
  auto const time_of = [](auto const& f) {
    auto const now = [] {
      timespec t{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
      return 1e9 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec);
    };
    double const start = now();
    f();
    return now() - start;
  };
  paired all;
  std::vector<double> bases;
  for (std::size_t i = 0; i < pairs; ++i) {
    double const before = i % 2 == 0 ? 0.0 : time_of(other);
    double const b = time_of(base);
    all.ratios.push_back((i % 2 == 0 ? time_of(other) : before) / b);
    bases.push_back(b);
  }
  std::sort(all.ratios.begin(), all.ratios.end());
  std::sort(bases.begin(), bases.end());
  all.base_ns = bases[bases.size() / 2];
  return all;
}

} // namespace bench
