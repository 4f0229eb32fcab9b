// Compiled with OpenMP: the same bits for any number of threads, and more than one thread runs.
// levels: all
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <omp.h>

/// LLVM's OpenMP keeps its thread pool until the process ends, which LeakSanitizer reports as a leak.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() { return "leak:libomp"; }

namespace {

constexpr std::size_t long_enough = 3 * satur::detail::parallel_elements + 4711; // the last chunk is not full

template <class T> std::vector<T> filled() {
  std::mt19937_64 urbg(11);
  std::normal_distribution<double> normal(0.3, 4.0);
  std::vector<T> z(long_enough);
  for (T& e : z) {
    e = static_cast<T>(normal(urbg));
  }
  z[0] = z[5] = std::numeric_limits<T>::quiet_NaN();
  z[z.size() / 2] = z.back() = std::numeric_limits<T>::infinity();
  return z;
}

template <class T> bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// All results for a number of threads.
template <class T> struct outcome {
  std::vector<T> y = std::vector<T>(long_enough);
  std::vector<T> dy = std::vector<T>(long_enough);
  std::vector<T> alone = std::vector<T>(long_enough);
  satur::saturation record;
  satur::saturation observed;
  satur::layer_record layer;
  double share = 0.0;
  double mean_slope = 0.0;
};
template <class T> outcome<T> with_threads(int threads, std::vector<T> const& z) {
  omp_set_num_threads(threads);
  outcome<T> o;
  o.record = satur::forward(satur::sigmoid{}, z, o.y, o.dy);
  o.observed = satur::observe(satur::tanh{}, z, satur::slope_below{});
  satur::apply(satur::sigmoid{}, z, o.alone);
  o.share = satur::saturated_fraction(z, 3.0);
  o.mean_slope = satur::mean_derivative(satur::sigmoid{}, z);
  satur::monitor mon;
  mon["layer"].gradient(z);
  mon["layer"].update(o.y, o.dy, 0.1);
  mon.end_step();
  o.layer = mon.at("layer").last();
  return o;
}

template <class T> void check_any_number() {
  int const before = omp_get_max_threads();
  std::vector<T> const z = filled<T>();
  outcome<T> const one = with_threads(1, z);
  for (int const threads : {2, 3, 5, 8}) {
    CAPTURE(threads);
    outcome<T> const many = with_threads(threads, z);
    CHECK(same_bits(many.y, one.y));
    CHECK(same_bits(many.dy, one.dy));
    CHECK(same_bits(many.alone, one.alone));
    CHECK(many.record == one.record);
    CHECK(many.observed == one.observed);
    CHECK(many.layer == one.layer);
    CHECK(many.share == one.share);
    CHECK(many.mean_slope == one.mean_slope);
  }
  CHECK(one.mean_slope == one.record.mean_derivative());
  CHECK(one.record.nan == 2);
  CHECK(one.record.infinite == 2);
  omp_set_num_threads(before);
}

/// Records the threads that call it. Its constraint excludes lanes, so it is applied by element.
struct witness {
  std::atomic<std::uint32_t>* seen;
  template <std::floating_point T> T value(T z) const {
    seen->fetch_or(1u << static_cast<unsigned>(omp_get_thread_num()));
    return z;
  }
  template <std::floating_point T> T derivative(T) const { return T(1); }
};
std::uint32_t threads_seen(std::size_t n, int threads) {
  std::atomic<std::uint32_t> seen{0};
  omp_set_num_threads(threads);
  std::vector<float> const z(n, 1.0f);
  static_cast<void>(satur::observe(witness{&seen}, z));
  return seen.load();
}

} // namespace

TEST_CASE("OpenMP: the same bits for any number of threads") {
  check_any_number<float>();
  check_any_number<double>();
}

TEST_CASE("OpenMP: threads are used only for long arrays") {
  int const before = omp_get_max_threads();
  CHECK(threads_seen(satur::detail::parallel_elements, 3) == 7u);
  CHECK(threads_seen(satur::detail::parallel_elements - 1, 3) == 1u);
  CHECK(threads_seen(long_enough, 1) == 1u);
  omp_set_num_threads(before);
}

TEST_CASE("OpenMP: inside a parallel region of the caller") {
  int const before = omp_get_max_threads();
  std::vector<float> const z = filled<float>();
  satur::saturation const expected = satur::observe(satur::sigmoid{}, z);
  int different = 0;
#pragma omp parallel for reduction(+ : different)
  for (int k = 0; k < 4; ++k) {
    different += satur::observe(satur::sigmoid{}, z) == expected ? 0 : 1;
  }
  CHECK(different == 0);
  omp_set_num_threads(before);
}

TEST_CASE("OpenMP: sixteen-bit input, the same bits for any number of threads") {
  std::vector<std::uint16_t> z(long_enough);
  std::uint32_t s = 1;
  for (std::uint16_t& h : z) {
    h = static_cast<std::uint16_t>((s = s * 1664525u + 1013904223u) >> 16);
  }
  std::vector<std::uint16_t> y(z.size());
  std::vector<std::uint16_t> again(z.size());
  int const before = omp_get_max_threads();
  omp_set_num_threads(1);
  satur::saturation const one = satur::forward(satur::sigmoid{}, satur::as_bfloat16(z), satur::as_bfloat16(y));
  omp_set_num_threads(3);
  CHECK(satur::forward(satur::sigmoid{}, satur::as_bfloat16(z), satur::as_bfloat16(again)) == one);
  CHECK(again == y);
  std::vector<std::uint16_t> dy(z.size());
  satur::forward(satur::sigmoid{}, satur::as_bfloat16(z), satur::as_bfloat16(y), satur::as_bfloat16(dy));
  for (int const threads : {1, 3}) { // without a record: every chunk is in its place
    CAPTURE(threads);
    omp_set_num_threads(threads);
    std::fill(again.begin(), again.end(), std::uint16_t{0});
    satur::apply(satur::sigmoid{}, satur::as_bfloat16(z), satur::as_bfloat16(again));
    CHECK(again == y);
    std::fill(again.begin(), again.end(), std::uint16_t{0});
    satur::apply_derivative(satur::sigmoid{}, satur::as_bfloat16(z), satur::as_bfloat16(again));
    CHECK(again == dy);
  }
  omp_set_num_threads(before);
}
