// Data-parallel training by hand: every rank has the same weights and a part of each batch, MPI_Allreduce averages the
// gradients, and the run is diagnosed as one. mpirun -n 4 satur_11_data_parallel. Each rank also trains alone on the
// whole batch: with the same weights all counters are equal, and after 100 steps the findings and shares are.
#include <satur/adapt/mpi.hpp>
#include <satur/finding.hpp>
#include <satur/monitor.hpp>

#include <mpi.h>

#include <cmath>
#include <iostream>
#include <random>
#include <vector>

namespace {

constexpr std::size_t inputs = 20;
constexpr std::size_t units = 32;
constexpr std::size_t batch = 128;
constexpr double rate = 0.05;

using vector = std::vector<double>;

// x -> tanh(x w1 + b1) -> the sum with weights w2, squared error. The ranks of comm share each batch.
struct training {
  MPI_Comm comm;
  satur::monitor mon{satur::monitor_options{.histograms = 1, .units = true}};
  vector w = vector(inputs * units), b = vector(units), w2 = vector(units);

  explicit training(MPI_Comm ranks) : comm(ranks) {
    std::mt19937_64 urbg(1); // the same weights everywhere
    std::normal_distribution<double> normal;
    for (double& e : w) {
      e = 8.0 / std::sqrt(double(inputs)) * normal(urbg); // eight times too large
    }
    for (double& e : w2) {
      e = normal(urbg) / std::sqrt(double(units));
    }
  }

  void step(std::size_t number) {
    int rank = 0, size = 1;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    std::size_t const first = batch * std::size_t(rank) / std::size_t(size);
    std::size_t const rows = batch * std::size_t(rank + 1) / std::size_t(size) - first;
    vector x(batch * inputs);
    std::mt19937_64 urbg(1000 + number);
    std::normal_distribution<double> normal;
    for (double& e : x) {
      e = normal(urbg);
    }
    x = vector(x.begin() + std::ptrdiff_t(first * inputs), x.begin() + std::ptrdiff_t((first + rows) * inputs));

    vector z(rows * units), a(z.size()), slope(z.size()), dz(z.size());
    for (std::size_t s = 0; s < rows; ++s) {
      for (std::size_t u = 0; u < units; ++u) {
        double sum = b[u];
        for (std::size_t i = 0; i < inputs; ++i) {
          sum += x[s * inputs + i] * w[i * units + u];
        }
        z[s * units + u] = sum;
      }
    }
    auto const layout = satur::unit_layout::matrix(rows, units);
    mon["hidden"].forward(satur::tanh{}, z, a, slope, layout);

    // Gradients of w, b, w2, and the loss, in one array: one reduction.
    vector sums(w.size() + b.size() + w2.size() + 1);
    double* const dw = sums.data();
    double* const db = dw + w.size();
    double* const dw2 = db + b.size();
    for (std::size_t s = 0; s < rows; ++s) {
      double error = -std::sin(x[s * inputs]);
      for (std::size_t u = 0; u < units; ++u) {
        error += a[s * units + u] * w2[u];
      }
      sums.back() += error * error / double(batch);
      for (std::size_t u = 0; u < units; ++u) {
        double const d = 2.0 * error / double(batch);
        dw2[u] += d * a[s * units + u];
        dz[s * units + u] = d * w2[u] * slope[s * units + u];
        db[u] += dz[s * units + u];
        for (std::size_t i = 0; i < inputs; ++i) {
          dw[i * units + u] += dz[s * units + u] * x[s * inputs + i];
        }
      }
    }
    mon["hidden"].gradient(dz, layout);
    MPI_Allreduce(MPI_IN_PLACE, sums.data(), int(sums.size()), MPI_DOUBLE, MPI_SUM, comm);
    mon["hidden"].update(w, vector(dw, db), -rate);
    mon.loss(sums.back(), 0.43); // chance: the variance of sin x
    for (std::size_t k = 0; k < w.size(); ++k) {
      w[k] -= rate * dw[k];
    }
    for (std::size_t u = 0; u < units; ++u) {
      b[u] -= rate * db[u];
      w2[u] -= rate * dw2[u];
    }
    mon.end_step();
  }
};

bool close(double a, double b, double within) { return std::fabs(a - b) <= within * std::fmax(1.0, std::fabs(b)); }

bool same_counters(satur::saturation const& a, satur::saturation const& b) {
  return a.count == b.count && a.low == b.low && a.high == b.high && a.nan == b.nan && a.infinite == b.infinite &&
         a.lowest_z == b.lowest_z && a.highest_z == b.highest_z && close(a.mean_z(), b.mean_z(), 1e-12) &&
         close(a.variance_z(), b.variance_z(), 1e-12) && close(a.mean_derivative(), b.mean_derivative(), 1e-12) &&
         close(a.mean_output(), b.mean_output(), 1e-12);
}

bool same_findings(std::vector<satur::finding> const& a, std::vector<satur::finding> const& b) {
  bool same = a.size() == b.size();
  for (std::size_t i = 0; same && i < a.size(); ++i) {
    same = a[i].layer == b[i].layer && a[i].symptom == b[i].symptom && a[i].severity == b[i].severity &&
           a[i].cause == b[i].cause && a[i].cure.what == b[i].cure.what;
  }
  return same;
}

} // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);

  training shared(MPI_COMM_WORLD);
  training alone(MPI_COMM_SELF);
  bool holds = true;
  for (std::size_t step = 0; step < 100; ++step) {
    shared.step(step);
    alone.step(step);
    if (step == 0) { // the weights of the first step are the same
      satur::layer_monitor const& one = alone.mon.at("hidden");
      satur::monitor const run = satur::all_reduce(shared.mon, MPI_COMM_WORLD);
      satur::layer_monitor const& all = run.at("hidden");
      holds = holds && same_counters(all.total().saturation, one.total().saturation) &&
              all.total().gradient.count == one.total().gradient.count && all.histograms()->z == one.histograms()->z;
    }
  }
  satur::monitor const run = satur::all_reduce(shared.mon, MPI_COMM_WORLD); // the whole run, on every rank
  std::vector<satur::finding> const found = satur::diagnose(run);
  satur::saturation const all = run.at("hidden").total().saturation;
  satur::saturation const one = alone.mon.at("hidden").total().saturation;
  holds = holds && run.steps() == 100 && all.count == one.count && close(all.fraction(), one.fraction(), 1e-3) &&
          close(all.slope_share(), one.slope_share(), 1e-3) && !found.empty() &&
          same_findings(found, satur::diagnose(alone.mon));
  if (rank == 0) {
    std::cout << size << (size == 1 ? " rank, with" : " ranks, each with") << " a part of every batch of " << batch
              << ":\n\n"
              << run << '\n';
    for (satur::finding const& f : found) {
      std::cout << f << '\n';
    }
    std::cout << "\nsaturated: " << 100.0 * all.fraction() << " % on " << size << (size == 1 ? " rank, " : " ranks, ")
              << 100.0 * one.fraction() << " % on one; counters of the first step and findings are "
              << (holds ? "the same\n" : "NOT the same\n");
  }
  MPI_Finalize();
  return holds ? 0 : 1;
}
