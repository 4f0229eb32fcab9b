// What of an array leaves a number format: observe_format against saturated_fraction, which reads the same array for
// one comparison, and on top of the full pass, observe with a sigmoid.
#include "measure.hpp"
#include "pairs.hpp"

#include <satur/format.hpp>
#include <satur/observe.hpp>

#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace {

double volatile sink;

template <class T> std::vector<T> batch(std::size_t n, double deviation) {
  std::mt19937 urbg(5);
  std::normal_distribution<double> normal(0.0, deviation);
  std::vector<T> x(n);
  for (std::size_t i = 0; i < n; ++i) { // 2^16 drawn numbers, over and over
    x[i] = i < 65536 ? static_cast<T>(normal(urbg)) : x[i - 65536];
  }
  return x;
}

/// The counters are those of numbers one by one.
template <class T> void check_counts(satur::format const& f, std::vector<T> const& x) {
  satur::format_loss const l = satur::observe_format(f, x);
  std::uint64_t to_limit = 0;
  std::uint64_t to_zero = 0;
  std::uint64_t subnormal = 0;
  for (T const e : x) {
    double const stored = std::fabs(satur::round_to(f, static_cast<double>(e)));
    to_limit += stored > f.largest;
    to_zero += e != T(0) && stored == 0.0;
    subnormal += stored != 0.0 && stored < f.smallest_normal;
  }
  bench::check(l.count == x.size() && l.to_limit == to_limit && l.to_zero == to_zero && l.subnormal == subnormal,
               "the counters of observe_format");
}

std::string text(bench::paired const& p) {
  char line[64];
  std::snprintf(line, sizeof line, "%.2f (%.2f to %.2f)", p.median(), p.low(), p.high());
  return line;
}

template <class T> void row(char const* type, char const* numbers, double deviation, std::size_t n) {
  satur::format const f = satur::formats::fp8_e4m3;
  std::vector<T> const x = batch<T>(n, deviation);
  check_counts(f, std::vector<T>(x.begin(), x.begin() + 16384));
  std::size_t const calls = (std::size_t{1} << 22) / n + 1;
  auto const repeated = [calls](auto const& once) {
    return [calls, &once] {
      for (std::size_t i = 0; i < calls; ++i) {
        sink = once();
      }
    };
  };
  auto const fraction = [&] { return satur::saturated_fraction(x); };
  auto const loss = [&] { return satur::observe_format(f, x).to_limit_fraction(); };
  auto const noisy = [&] { return satur::observe_format(f, x, 1.0, {.noise = true}).signal_to_noise_db(); };
  auto const full = [&] { return satur::observe(satur::sigmoid{}, x).mean_derivative(); };
  auto const both = [&] { return full() + loss(); };
  bench::paired const alone = bench::in_pairs(41, repeated(fraction), repeated(loss));
  bench::paired const on_top = bench::in_pairs(41, repeated(full), repeated(both));
  bench::paired const noise = bench::in_pairs(11, repeated(fraction), repeated(noisy));
  double const each = static_cast<double>(calls) * static_cast<double>(n);
  std::printf("| %s | %s | %zu | %.3f | %s | %.3f | %s | %.1f |\n", type, numbers, n, alone.base_ns / each,
              text(alone).c_str(), on_top.base_ns / each, text(on_top).c_str(), noise.median());
  std::fflush(stdout);
}

} // namespace

int main() {
  bench::machine();
  std::printf("fp8_e4m3 at scale 1; processor time of 41 pairs: medians, and the 95 %% interval of each ratio\n\n");
  std::printf(
      "| type | numbers | n | `saturated_fraction`, ns an element | `observe_format` / that | `observe(sigmoid)`, "
      "ns | with `observe_format` / without | with noise / fraction |\n|---|---|---|---|---|---|---|---|\n");
  for (std::size_t const n : {std::size_t{1} << 14, std::size_t{1} << 17, std::size_t{1} << 24}) {
    row<float>("float", "N(0, 1): none too large", 1.0, n);
    row<float>("float", "N(0, 200): 2 % too large", 200.0, n);
  }
  row<double>("double", "N(0, 1): none too large", 1.0, std::size_t{1} << 13);
  row<double>("double", "N(0, 200): 2 % too large", 200.0, std::size_t{1} << 13);
  return 0;
}
