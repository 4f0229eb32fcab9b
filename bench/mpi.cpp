// Data-parallel training over MPI: the bytes of a monitor by layer and by unit, the time to write, read and merge one,
// and that of all_reduce. mpirun -n 4 satur_bench_mpi; on one rank there is no message.
#include "measure.hpp"

#include <satur/adapt/mpi.hpp>
#include <satur/diagnostic.hpp>

#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace {

/// A net of `layers` layers after `steps` steps on other samples on each rank.
satur::monitor run_of(satur::monitor_options const& options, std::size_t layers, std::size_t units, std::size_t steps,
                      int rank) {
  satur::monitor mon(options);
  std::vector<float> z(16 * units);
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t k = 0; k < layers; ++k) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        z[i] =
            0.01f * static_cast<float>((i * 7919 + step * 31 + k + static_cast<std::size_t>(rank) * 17) % 2003) - 10.0f;
      }
      satur::layer_monitor& layer = mon["fc" + std::to_string(k)];
      layer.observe(satur::tanh{}, z, satur::unit_layout::matrix(16, units));
      layer.gradient(z, satur::unit_layout::matrix(16, units));
    }
    if (step == 0) { // a loss has bytes of its own
      mon.loss(1.0);
    }
    mon.end_step();
  }
  return mon;
}
double bytes_of(satur::monitor_options const& options, std::size_t layers, std::size_t units, std::size_t steps) {
  return static_cast<double>(
      satur::detail::write_replicas(satur::replicas(run_of(options, layers, units, steps, 0))).size());
}
template <class F> double median_us(int repeats, F const& f) {
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    MPI_Barrier(MPI_COMM_WORLD);
    double const begin = MPI_Wtime();
    f();
    times.push_back(1e6 * (MPI_Wtime() - begin));
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[static_cast<std::size_t>(repeats / 2)];
}

} // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank == 0) {
    bench::machine();
    satur::monitor_options const plain{.history = {.lines = 0}};
    satur::monitor_options const by_unit{.units = true, .history = {.lines = 0}};
    satur::monitor_options const drawn{.histograms = 1, .history = {.lines = 0}};
    double const layer = bytes_of(plain, 2, 10, 1) - bytes_of(plain, 1, 10, 1);
    std::printf("\n| bytes | |\n|---|---|\n");
    std::printf("| a monitor without layers | %.0f |\n", 2.0 * bytes_of(plain, 1, 10, 1) - bytes_of(plain, 2, 10, 1));
    std::printf("| each layer | %.0f |\n", layer);
    std::printf("| each line of its history | %.0f |\n",
                (bytes_of({.history = {.lines = 64}}, 1, 10, 12) - bytes_of({.history = {.lines = 64}}, 1, 10, 2)) /
                    10.0);
    std::printf("| each unit, with units | %.0f |\n",
                (bytes_of(by_unit, 1, 20, 1) - bytes_of(by_unit, 1, 10, 1)) / 10.0);
    std::printf("| its histograms | %.0f |\n", bytes_of(drawn, 1, 10, 1) - bytes_of(plain, 1, 10, 1));
    std::printf("\n| net | bytes | write, us | read, us | merge, us | all_reduce on %d ranks, us "
                "|\n|---|---|---|---|---|---|\n",
                size);
  }
  struct net {
    char const* name;
    satur::monitor_options options;
    std::size_t layers;
    std::size_t units;
  };
  for (net const& n : {net{"10 layers, records alone", {.history = {.lines = 0}}, 10, 256},
                       net{"10 layers, 256 lines of history", {}, 10, 256},
                       net{"10 layers of 256 units, histograms", {.histograms = 1, .units = true}, 10, 256},
                       net{"100 layers of 1024 units", {.units = true}, 100, 1024}}) {
    satur::monitor const mon = run_of(n.options, n.layers, n.units, n.layers > 10 ? 20 : 300, rank);
    int const repeats = n.layers > 10 ? 11 : 31;
    satur::replicas const mine(mon);
    std::string const bytes = satur::detail::write_replicas(mine);
    satur::replicas sum(mon);
    double const write =
        median_us(repeats, [&] { bench::check(satur::detail::write_replicas(mine) == bytes, "bytes"); });
    double const read = median_us(
        repeats, [&] { bench::check(satur::detail::read_replicas(bytes).merged().size() == n.layers, "layers"); });
    double const merge = median_us(repeats, [&] { sum += mine; });
    double const all = median_us(repeats, [&] {
      std::uint64_t const count = satur::all_reduce(mon, MPI_COMM_WORLD).at("fc0").total().saturation.count;
      bench::check(count == static_cast<std::uint64_t>(size) * mon.at("fc0").total().saturation.count, "counters");
    });
    if (rank == 0) {
      std::printf("| %s | %zu | %.0f | %.0f | %.0f | %.0f |\n", n.name, bytes.size(), write, read, merge, all);
    }
  }
  MPI_Finalize();
  return 0;
}
