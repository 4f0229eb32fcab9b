// What a saturated batch costs: every activation on z in ±[10, 40] against |z| < 3, and both with subnormal numbers
// flushed to zero. On Intel cores a subnormal number anywhere in a formula costs a microcode assist.
//
// It needs neither xtensor nor Google Benchmark: g++ -O2 -std=c++20 -Iinclude bench/saturated.cpp
#include <satur/activation.hpp>
#include <satur/observe.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#if !defined(SATUR_BENCH_FLAGS)
#define SATUR_BENCH_FLAGS "flags not known"
#endif

namespace {

constexpr std::size_t count = std::size_t{1} << 14;
constexpr int repetitions = 31;

void check(bool right, std::string_view activation, char const* what) {
  if (!right) {
    std::printf("WRONG RESULT: %s, %s\n", std::string(activation).c_str(), what);
    std::exit(1);
  }
}

/// Subnormal operands and results count as 0 while `on`; otherwise underflow is gradual, as IEEE 754 has it.
void flush_to_zero([[maybe_unused]] bool on) {
#if defined(__SSE2__)
  _mm_setcsr(on ? 0x9fc0u : 0x1f80u);
#endif
}

template <class T> bool is_subnormal(T x) { return std::fpclassify(x) == FP_SUBNORMAL; }

/// Numbers of both signs with a magnitude in [low, high), spread evenly; without those whose value or slope is itself
/// a subnormal number.
template <class T, class A> std::vector<T> batch(A const& act, double low, double high) {
  std::vector<T> z;
  for (std::size_t i = 0; z.size() < count; ++i) {
    double const share = static_cast<double>((i * 2654435761u) % 100003) / 100003.0;
    T const x = static_cast<T>((i % 2 == 0 ? 1.0 : -1.0) * (low + (high - low) * share));
    if (!is_subnormal(act.value(x)) && !is_subnormal(act.derivative(x))) {
      z.push_back(x);
    }
  }
  return z;
}

/// The pass over z gives what calls for one number give.
template <class T, class A> void check_results(A const& act, std::vector<T> const& z, double beyond_five) {
  double const allowed = 16.0 * static_cast<double>(std::numeric_limits<T>::epsilon());
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  satur::saturation const seen = satur::forward(act, z, y, dy);
  long double slopes = 0.0L;
  for (std::size_t i = 0; i < z.size(); ++i) {
    double const value = static_cast<double>(act.value(z[i]));
    double const slope = static_cast<double>(act.derivative(z[i]));
    slopes += static_cast<long double>(slope);
    check(std::fabs(static_cast<double>(y[i]) - value) <= allowed * std::fabs(value), A::name, "value");
    check(std::fabs(static_cast<double>(dy[i]) - slope) <= allowed * std::fabs(slope) + allowed, A::name, "slope");
  }
  check(seen.fraction() == beyond_five, A::name, "fraction");
  double const mean = static_cast<double>(slopes / static_cast<long double>(z.size()));
  check(std::fabs(seen.mean_derivative() - mean) <= std::max(allowed, 1e-12) * (1.0 + std::fabs(mean)), A::name,
        "mean slope");
}

double volatile sink;

/// Median ns an element of each contender; they take turns.
template <class F> std::vector<double> race(int contenders, F const& run) {
  using clock = std::chrono::steady_clock;
  std::vector<std::vector<double>> ns(static_cast<std::size_t>(contenders));
  for (int k = 0; k <= repetitions; ++k) {
    for (int c = 0; c < contenders; ++c) {
      auto const start = clock::now();
      run(c);
      double const spent = std::chrono::duration<double, std::nano>(clock::now() - start).count();
      if (k > 0) { // the first turn warms up
        ns[static_cast<std::size_t>(c)].push_back(spent / static_cast<double>(count));
      }
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& all : ns) {
    std::sort(all.begin(), all.end());
    medians.push_back(all[all.size() / 2]);
  }
  return medians;
}

double worst[2] = {}; // the ratio of apply, and of forward
std::string worst_at[2];

template <class T, class A> void row(A const& act, char const* type) {
  std::vector<T> const z[2] = {batch<T>(act, 0.0, 3.0), batch<T>(act, 10.0, 40.0)};
  check_results(act, z[0], 0.0);
  check_results(act, z[1], 1.0);
  std::vector<T> y(count);
  // contender: 4 forward + 2 flushed + saturated
  std::vector<double> const ns = race(8, [&](int c) {
    std::vector<T> const& from = z[c & 1];
    flush_to_zero((c & 2) != 0);
    if ((c & 4) == 0) {
      satur::apply(act, from, y);
    } else {
      sink = satur::forward(act, from, y).mean_derivative();
    }
    flush_to_zero(false);
  });
  std::printf("| `%s` | %s |", std::string(A::name).c_str(), type);
  for (std::size_t pass = 0; pass < 2; ++pass) {
    double const* const of = &ns[4 * pass];
    double const ratio = of[1] / of[0];
    std::printf(" %.3f | %.3f | %.2f | %.2f |", of[0], of[1], ratio, of[3] / of[2]);
    if (ratio > worst[pass]) {
      worst[pass] = ratio;
      worst_at[pass] = std::string(A::name) + ", " + type;
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (auto const colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "a processor that does not say its name";
}

} // namespace

int main() {
  std::printf("%s; g++ or clang %s; %s; level %s\n\n", processor().c_str(), __VERSION__, SATUR_BENCH_FLAGS,
              std::string(satur::math::to_text(satur::math::active_level())).c_str());
  std::printf("ns an element at 2^14, medians of %d; inputs whose value or slope is itself subnormal are left out\n\n",
              repetitions);
  std::printf(
      "| activation | type | `apply`, z in ±3 | z in ±[10, 40] | ratio | ratio, subnormals flushed | `forward`, "
      "z in ±3 | z in ±[10, 40] | ratio | ratio, subnormals flushed |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  std::apply([](auto const&... act) { (row<float>(act, "float"), ...); }, satur::all_activations{});
  std::apply([](auto const&... act) { (row<double>(act, "double"), ...); }, satur::all_activations{});
  std::printf("\nThe largest ratio: apply %.2f (%s), forward %.2f (%s).\n", worst[0], worst_at[0].c_str(), worst[1],
              worst_at[1].c_str());
}
