// Monitors of all ranks as one: run by mpirun with 1, 2, 3 and 4 ranks (tests/bridges.sh mpi). No case stops on one
// rank alone: that would make the others wait.
#include "satur/adapt/mpi.hpp"
#include "satur/diagnostic.hpp"
#include "satur/monitor/file.hpp"

#include "support/same_counters.hpp"

#include <doctest/doctest.h>

#include <mpi.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct mpi_session {
  mpi_session() { MPI_Init(nullptr, nullptr); }
  mpi_session(mpi_session const&) = delete;
  mpi_session& operator=(mpi_session const&) = delete;
  ~mpi_session() { MPI_Finalize(); }
};
mpi_session const session;

int rank_here() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}
int ranks() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

constexpr std::size_t batch = 48; // of all ranks: divides by 1, 2, 3 and 4
constexpr std::size_t units = 6;

/// The samples [first, last) of the batch of a step, with a NaN and infinities.
std::vector<double> samples(int step, std::size_t first, std::size_t last) {
  std::mt19937_64 urbg(static_cast<std::uint64_t>(100 + step));
  std::normal_distribution<double> normal(0.4, 4.0);
  std::vector<double> z(batch * units);
  for (double& e : z) {
    e = normal(urbg);
  }
  z[7] = std::numeric_limits<double>::quiet_NaN();
  z[100] = std::numeric_limits<double>::infinity();
  z[batch * units - 1] = -std::numeric_limits<double>::infinity();
  return {z.begin() + static_cast<std::ptrdiff_t>(first * units),
          z.begin() + static_cast<std::ptrdiff_t>(last * units)};
}
void train(satur::monitor& mon, int step, std::size_t first, std::size_t last) {
  std::vector<double> const z = samples(step, first, last);
  auto const layout = satur::unit_layout::matrix(last - first, units);
  std::vector<double> w(50, 0.25);
  std::vector<double> dw(50, 1e-3);
  w[3] = dw[7] = 0.5;
  mon["fc1"].observe(satur::sigmoid{}, z, layout);
  mon["fc2"].observe(satur::relu{}, z, layout);
  mon["fc1"].gradient(z, layout);
  mon["fc1"].update(w, dw);
  mon.input(z, layout);
  mon.loss(2.0 - 0.01 * step, 2.3);
  mon.end_step();
}
void train_part(satur::monitor& mon, int step, int rank) {
  std::size_t const part = batch / static_cast<std::size_t>(ranks());
  std::size_t const first = part * static_cast<std::size_t>(rank);
  train(mon, step, first, first + part);
}
std::string saved(satur::monitor const& mon) {
  std::ostringstream out;
  satur::save(mon, out);
  return out.str();
}
/// Whether all ranks have these bytes.
bool same_everywhere(std::string const& bytes) {
  std::string first = bytes;
  auto size = static_cast<unsigned long long>(first.size());
  MPI_Bcast(&size, 1, MPI_UNSIGNED_LONG_LONG, 0, MPI_COMM_WORLD);
  first.resize(size);
  MPI_Bcast(first.data(), static_cast<int>(size), MPI_BYTE, 0, MPI_COMM_WORLD);
  int const here = first == bytes ? 1 : 0;
  int all = 0;
  MPI_Allreduce(&here, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return all == 1;
}
/// What all_reduce throws; empty if it does not.
template <class R> std::string error_of(R const& mine) {
  try {
    static_cast<void>(satur::all_reduce(mine, MPI_COMM_WORLD));
  } catch (std::invalid_argument const& error) {
    return error.what();
  }
  return {};
}
void check_same(satur::layer_record const& a, satur::layer_record const& b) {
  satur_test::check_same_counters(a, b);
  CHECK(a.update == b.update);
  CHECK(a.saturation.mean_z() == doctest::Approx(b.saturation.mean_z()).epsilon(1e-12));
  CHECK(a.saturation.variance_z() == doctest::Approx(b.saturation.variance_z()).epsilon(1e-12));
  CHECK(a.saturation.mean_derivative() == doctest::Approx(b.saturation.mean_derivative()).epsilon(1e-12));
  CHECK(a.saturation.mean_output() == doctest::Approx(b.saturation.mean_output()).epsilon(1e-12));
}

} // namespace

TEST_CASE("mpi: all ranks have what one rank has that sees all samples") {
  satur::monitor_options const options{.histograms = 1, .units = true};
  satur::monitor local(options);
  satur::monitor one(options);
  for (int step = 0; step < 5; ++step) {
    train_part(local, step, rank_here());
    train(one, step, 0, batch);
    satur::monitor const before = local;
    static_cast<void>(satur::all_reduce(local, MPI_COMM_WORLD)); // any number of calls counts nothing twice
    CHECK(local == before);
  }
  satur::monitor const run = satur::all_reduce(local, MPI_COMM_WORLD);
  CHECK(same_everywhere(saved(run)));
  CHECK(run.steps() == 5);
  CHECK(run.losses() == one.losses());
  CHECK(run.size() == 2);
  for (satur::layer_monitor const& layer : one) {
    satur::layer_monitor const& all = run.at(layer.name());
    check_same(all.total(), layer.total());
    check_same(all.last(), layer.last());
    CHECK(all.histograms() == layer.histograms());
    CHECK(all.history().size() == 5);
    CHECK(all.history().back().count == layer.history().back().count);
    CHECK(all.units()->samples() == layer.units()->samples());
    for (std::size_t u = 0; u < units; ++u) {
      CHECK((*all.units())[u].nan == (*layer.units())[u].nan);
      CHECK((*all.units())[u].z_mean == doctest::Approx((*layer.units())[u].z_mean).epsilon(1e-12));
    }
  }
  CHECK(run.inputs()->total().saturation.count == one.inputs()->total().saturation.count);
}

TEST_CASE("mpi: sampled rows and steps, different numbers of steps, and ranks without records") {
  satur::monitor sampled({.rows = 4, .sampling = {.every = 2}});
  for (int step = 0; step < 6; ++step) {
    train_part(sampled, step, rank_here());
  }
  satur::monitor const some = satur::all_reduce(sampled, MPI_COMM_WORLD);
  CHECK(some.steps() == 6);
  CHECK(some.sampling().sampled == 3);
  CHECK(some.at("fc1").origin().rows == 4);
  satur::saturation const z = some.at("fc1").total().saturation;
  CHECK(z.count + z.nan == 3 * units * batch / 4);

  satur::monitor uneven; // rank r makes r + 1 steps
  std::uint64_t count = 0;
  for (int r = 0; r < ranks(); ++r) {
    for (int step = 0; step <= r; ++step) {
      satur::monitor one;
      train_part(one, step, r);
      count += one.at("fc1").total().saturation.count;
      if (r == rank_here()) {
        train_part(uneven, step, r);
      }
    }
  }
  satur::monitor const all = satur::all_reduce(uneven, MPI_COMM_WORLD);
  CHECK(all.steps() == static_cast<std::uint64_t>(ranks()));
  CHECK(all.at("fc1").total().saturation.count == count);

  satur::monitor const nothing = satur::all_reduce(satur::monitor(), MPI_COMM_WORLD);
  CHECK(nothing.size() == 0);
  CHECK(nothing.steps() == 0);
  satur::monitor last_only;
  if (rank_here() == ranks() - 1) {
    train_part(last_only, 0, 0);
  }
  satur::monitor const last = satur::all_reduce(last_only, MPI_COMM_WORLD);
  CHECK(last.size() == 2);
  CHECK(last.losses().seen() == 1);
  CHECK(same_everywhere(saved(last)));
}

TEST_CASE("mpi: of ranks that all say something else the first three are told") {
  std::string const error = error_of(satur::monitor({.rows = static_cast<std::size_t>(rank_here()) + 1}));
  CAPTURE(error);
  CHECK((error.find("the option rows: it is 1 on rank 0, 2 on rank 1") != std::string::npos) == (ranks() > 1));
  CHECK((error.find("3 on rank 2, and others; give all ranks") != std::string::npos) == (ranks() > 3));
}

TEST_CASE("mpi: ranks that disagree throw on every rank, and the message names them") {
  for (int odd = 1; odd < ranks(); ++odd) {
    bool const here = rank_here() == odd;
    std::string const who = "on rank " + std::to_string(odd);
    auto const check = [&](satur::monitor const& mine, std::string const& what) {
      std::string const error = error_of(mine);
      CAPTURE(error);
      CHECK(error.find("satur::all_reduce: ranks disagree about " + what) == 0);
      CHECK(error.find(who) != std::string::npos);
      CHECK(error.find(ranks() == 2 ? "on rank 0" : "ranks (the first is rank 0)") != std::string::npos);
      CHECK(error.find(", and others") == std::string::npos); // two values, and both are told
      CHECK(same_everywhere(error));
    };
    check(here ? satur::monitor(satur::z_beyond{4.0}) : satur::monitor(), "the rule: it is");
    check(satur::monitor({.histograms = here ? 2u : 1u}), "the option histograms: it is 1 on ");
    check(satur::monitor({.updates = here ? 2u : 1u}), "the option updates: it is 1 on ");
    check(satur::monitor({.units = here}), "the option units: it is false on ");
    check(satur::monitor({.rows = here ? 8u : 1u}), "the option rows: it is 1 on ");
    check(satur::monitor({.sampling = {.every = here ? 3u : 1u}}), "the option sampling.every: it is 1 on ");
    check(satur::monitor({.sampling = {.budget = here ? 0.1 : 0.0}}), "the option sampling.budget: it is 0 on ");
    check(satur::monitor({.history = {.lines = here ? 16u : 32u}}), "the option history.lines: it is 32 on ");
    check(satur::monitor({.history = {.keeps = here ? satur::history_keeps::newest : satur::history_keeps::evenly}}),
          "the option history.keeps: it is evenly on ");
    check(satur::monitor({.history = {.unit_windows = here ? 50u : 100u}}),
          "the option history.unit_windows: it is 100 on ");
    check(satur::monitor({.history = {.unit_groups = here ? 32u : 64u}}),
          "the option history.unit_groups: it is 64 on ");
    check(satur::monitor({.formats = here ? satur::watched_formats::all(satur::formats::float16, 2.0)
                                          : satur::watched_formats::all(satur::formats::float16)}),
          "the option formats");
    std::vector<double> const z{1.0, -8.0, 3.0, 4.0, 5.0, 6.0};
    satur::monitor names;
    names[here ? "fc2" : "fc1"].observe(satur::tanh{}, z);
    check(names, "the layers: it is fc1 on ");
    satur::monitor activations;
    here ? activations["fc"].observe(satur::relu{}, z) : activations["fc"].observe(satur::tanh{}, z);
    check(activations, "the activation of layer fc in training: it is tanh on ");
    activations.end_step(); // an error leaves nothing behind
    check(activations, "the activation of layer fc in training");
    satur::monitor widths({.units = true});
    widths["fc"].observe(satur::relu{}, z, here ? satur::unit_layout::matrix(2, 3) : satur::unit_layout::matrix(3, 2));
    check(widths, "the number of units of layer fc in training: it is 2 on ");
    satur::monitor data;
    data.input(z, here ? satur::unit_layout::matrix(2, 3) : satur::unit_layout::matrix(3, 2));
    check(data, "the number of features of the data");
    satur::monitor format;
    format["fc"].watch_formats({.z = {satur::formats::bfloat16, here ? 4.0 : 1.0}});
    check(format, "the formats of layer fc");
  }
  CHECK(error_of(satur::monitor(satur::z_beyond{4.0})).empty());
}

TEST_CASE("mpi: what two ranks alone cannot add is an error on every rank too") {
  bool const here = rank_here() == ranks() - 1;
  std::vector<double> const z{1.0, -8.0};
  satur::saturation const mine = here ? satur::observe(satur::relu{}, z) : satur::observe(satur::tanh{}, z);
  std::string const error = error_of(mine);
  CHECK(error.empty() == (ranks() == 1));
  CHECK(same_everywhere(error));
}

TEST_CASE("mpi: single records") {
  std::size_t const part = batch / static_cast<std::size_t>(ranks());
  std::size_t const first = part * static_cast<std::size_t>(rank_here());
  satur::saturation const all =
      satur::all_reduce(satur::observe(satur::tanh{}, samples(0, first, first + part)), MPI_COMM_WORLD);
  satur::saturation const one = satur::observe(satur::tanh{}, samples(0, 0, batch));
  CHECK(all.count == one.count);
  CHECK(all.nan == 1);
  CHECK(all.infinite == 2);
  CHECK(all.high == one.high);
  CHECK(all.mean_z() == doctest::Approx(one.mean_z()).epsilon(1e-12));
  satur::gradient_record g;
  g.count = 3;
  CHECK(satur::all_reduce(g, MPI_COMM_WORLD).count == 3u * static_cast<std::uint64_t>(ranks()));
}

namespace {
struct above_mean { // a rule of a user
  [[nodiscard]] satur::rule_definition definition() const { return {"above_two", 2.0, 0.0}; }
  template <class A> [[nodiscard]] satur::rule_limits limits(A const&) const {
    return {.low = -std::numeric_limits<double>::infinity(), .high = 2.0};
  }
};
} // namespace

TEST_CASE("mpi: a rule of a user counts on in the merged monitor") {
  satur::monitor local(above_mean{});
  local["fc"].observe(satur::tanh{}, std::vector<double>{1.0, 3.0});
  local.end_step();
  satur::monitor run = satur::all_reduce(local, MPI_COMM_WORLD);
  CHECK(run.rule().can_count());
  CHECK(run.at("fc").total().saturation.high == static_cast<std::uint64_t>(ranks()));
}

TEST_CASE("mpi: communicators") {
  satur::monitor local;
  local["fc"].observe(satur::tanh{}, std::vector<double>{1.0});
  local.end_step();
  CHECK_THROWS_AS(static_cast<void>(satur::all_reduce(local, MPI_COMM_NULL)), std::invalid_argument);
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank_here() % 2, rank_here(), &half);
  int size = 0;
  MPI_Comm_size(half, &size);
  CHECK(satur::all_reduce(local, half).at("fc").total().saturation.count == static_cast<std::uint64_t>(size));
  MPI_Comm_free(&half);
  CHECK(satur::all_reduce(local, MPI_COMM_SELF) == local);

  satur::detail::mpi_group group(MPI_COMM_WORLD);
  CHECK_THROWS_WITH_AS(group.send("x", group.size()), doctest::Contains("MPI_Send failed: MPI_ERR_RANK"),
                       std::runtime_error);
  MPI_Errhandler handler{};
  MPI_Comm_get_errhandler(MPI_COMM_WORLD, &handler);
  CHECK(handler == MPI_ERRORS_ARE_FATAL); // the caller's stays
  MPI_Errhandler_free(&handler);
}

TEST_CASE("all_reduce: bytes that take several messages") {
  std::string const sent = "1234567890abcdefghijklmnopqrstuvwxyz";
  for (std::uint64_t const most : {1u, 7u, 12u, 36u, 100u}) { // of one message
    satur::detail::mpi_group group(MPI_COMM_WORLD, most);
    std::string all = group.rank() == 0 ? sent : "";
    group.broadcast(all);
    CHECK(all == sent);
    if (group.rank() == 0 && group.size() > 1) {
      group.send(sent, 1);
      group.send("", 1);
    } else if (group.rank() == 1) {
      CHECK(group.receive(0) == sent);
      CHECK(group.receive(0).empty());
    }
  }
}
