// One training step of a 784-256-256-256-10 network, batch 128 (start it with OPENBLAS_NUM_THREADS=1, as run.sh does):
// the matrix products alone, the step, and the step with every layer monitored.
#include "measure.hpp"
#include "network.hpp"

#include <cmath>
#include <cstdlib>

int main() {
  bench::machine();
  bench::matrix_products();
  bench::network bare;
  bench::network watched;
  bench::network products;
  products.step<false>();
  for (int i = 0; i < 3; ++i) {
    double const a = bare.step<false>();
    double const b = watched.step<true>();
    bench::check(std::fabs(a - b) < 1e-6, "the loss of the watched step");
  }
  std::vector<bench::contender> all{{"matrix products alone", [&] { products.products(); }},
                                    {"step", [&] { bare.step<false>(); }},
                                    {"step, every layer monitored", [&] { watched.step<true>(); }}};
  bench::race(all, 1.0);
  std::printf("| what | median us | minimum us |\n|---|---|---|\n");
  for (bench::contender const& c : all) {
    std::printf("| %s | %.1f | %.1f |\n", c.name.c_str(), c.median() / 1e3, c.minimum() / 1e3);
  }
  std::printf("\nstep / products %.3f; monitored / bare %.3f\n", all[1].median() / all[0].median(),
              all[2].median() / all[1].median());
  return 0;
}
