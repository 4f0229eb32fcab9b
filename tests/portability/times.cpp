// What every activation costs with one compiler, for tests/portability.sh, which compares them:
//   times TURNS    prints the level, the name, and ns an element of apply and of forward; the least of TURNS turns
#include "support/activations.hpp"

#include <satur/observe.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

/// ns an element: the least of `turns`.
template <class F> double least_time(int turns, std::size_t n, F const& run) {
  double least = HUGE_VAL;
  for (int turn = 0; turn < turns; ++turn) {
    auto const start = std::chrono::steady_clock::now();
    for (int i = 0; i < 8; ++i) {
      run();
    }
    std::chrono::duration<double, std::nano> const spent = std::chrono::steady_clock::now() - start;
    least = std::fmin(least, spent.count() / (8.0 * static_cast<double>(n)));
  }
  return least;
}

template <class A> void time_all(A const& act, int turns, satur::simd_level level) {
  satur::scoped_level const forced(level);
  std::vector<float> z(4096);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
  }
  std::vector<float> y(z.size());
  satur::saturation record;
  double const apply = least_time(turns, z.size(), [&] { satur::apply(act, z, y); });
  double const forward = least_time(turns, z.size(), [&] { record += satur::forward(act, z, y); });
  std::printf("%s %s %.4f %.4f\n", satur::math::to_text(level).data(), A::name.data(), apply,
              record.count == 0 ? 0.0 : forward);
}

} // namespace

int main(int count, char** arguments) {
  int const turns = count > 1 ? std::atoi(arguments[1]) : 1;
  int const compiled = static_cast<int>(satur::math::compiled_level);
  for (int l = compiled; l <= static_cast<int>(satur::math::best_level()); ++l) {
    auto const level = static_cast<satur::simd_level>(l);
    test::for_each_activation([&](auto const& act) { time_all(act, turns, level); });
  }
}
