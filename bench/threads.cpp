// The fused pass on one and on more threads, over float, bfloat16 and half. Compiled with OpenMP. The same bits are
// checked before it is timed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>

#include <cstdint>

#include <omp.h>

int main() {
  bench::machine();
  int const threads = omp_get_max_threads();
  std::printf("ns an element, medians of 15; forward(sigmoid), all counters\n\n"
              "| storage | n | 1 thread | %d threads | times as fast |\n|---|---|---|---|---|\n",
              threads);
  for (std::size_t const n : {std::size_t{1} << 17, std::size_t{1} << 20, std::size_t{1} << 22, std::size_t{1} << 24}) {
    std::vector<float> z(n);
    std::vector<std::uint16_t> z16(n);
    for (std::size_t i = 0; i < n; ++i) {
      z[i] = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
      z16[i] = static_cast<std::uint16_t>(satur::math::half_of_float<satur::math::half_format::bfloat16>(z[i]));
    }
    std::vector<float> y(n);
    std::vector<std::uint16_t> y16(n);
    auto const race = [&](char const* storage, auto const& pass) {
      satur::saturation one;
      satur::saturation many;
      std::vector<bench::contender> all{
          {"one",
           [&] {
             omp_set_num_threads(1);
             one = pass();
           }},
          {"many",
           [&] {
             omp_set_num_threads(threads);
             many = pass();
           }},
      };
      all[0].run();
      all[1].run();
      bench::check(one == many, "another number of threads, other bits");
      bench::race(all, static_cast<double>(n));
      std::printf("| %s | %zu | %.3f | %.3f | %.2f |\n", storage, n, all[0].median(), all[1].median(),
                  all[0].median() / all[1].median());
    };
    satur::sigmoid const act;
    race("float", [&] { return satur::forward(act, z, y); });
    race("bfloat16", [&] { return satur::forward(act, satur::as_bfloat16(z16), satur::as_bfloat16(y16)); });
    race("half", [&] { return satur::forward(act, satur::as_float16(z16), satur::as_float16(y16)); });
  }
  return 0;
}
