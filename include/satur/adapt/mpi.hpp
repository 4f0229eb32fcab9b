/// \file adapt/mpi.hpp  Data-parallel training over MPI, diagnosed as one run.
#pragma once

#include "satur/adapt/mpi/messages.hpp"
#include "satur/adapt/mpi/rank_monitor.hpp"
#include "satur/monitor/monitor.hpp"

#include <mpi.h>

#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

/// The monitors of all ranks as one run, on every rank. Each rank keeps a monitor of its own, which this leaves as it
/// is, so a call counts nothing twice and may be made after any step:
///
///     local["fc1"].forward(act, z, a);          // each rank, of its own samples
///     local.end_step();
///     if (step % 100 == 99) {
///       monitor const run = all_reduce(local, MPI_COMM_WORLD);
///       if (rank == 0) { std::cout << run; }
///     }
///
/// The result is the whole run since the start (or since `clear`; histograms and units since `start_window`), merged as
/// `replicas` says: a step is one step, counters are exact. Ranks are added in a fixed order: the same bytes on every
/// rank, and in every run with as many ranks. The options, the phase and the rhythm of sampling are those of rank 0.
///
/// Collective: every rank of comm has to call it. A rank may have fewer steps than others, or no records at all. A
/// message of a few hundred bytes a layer, which tells whether the ranks agree, goes up a binary tree of the ranks and
/// back, then one of the size of a saved monitor. A rank holds its own monitor, the merged one, and one that arrives.
/// docs/machines.md has the sizes and times.
///
/// Throws std::invalid_argument **on every rank** if ranks disagree about the rule, the options, the names or the order
/// of the layers, an activation, or a number of units; the message names the ranks and the two values. A failed MPI
/// call throws std::runtime_error with MPI's text, on the rank where it failed (an error of comm itself is for comm's
/// own handler). A rank that ends, or does not call it, makes the others wait, as in any collective call: the launcher
/// (mpirun) ends a run that lost a rank.
[[nodiscard]] inline monitor all_reduce(monitor const& local, MPI_Comm comm) {
  detail::mpi_group group(comm);
  detail::rank_facts const facts(local, static_cast<std::uint64_t>(group.rank()));
  detail::reduce_in_order(group, facts, detail::rank_facts::write, detail::rank_facts::read).require_agreement();
  monitor run = detail::reduce_in_order(group, replicas(local), detail::write_replicas, detail::read_replicas).merged();
  run.use_rule(local.rule()); // a rule of the caller travels by its name and numbers alone
  return run;
}

/// The sum of a single record (`saturation`, `gradient_record`, `layer_record`, `moments`, …) over all ranks, on every
/// rank, in the same fixed order. Collective, for ranks on machines of one kind. Throws as above where += throws on any
/// rank. Histograms and units travel in a monitor.
template <class R>
  requires std::is_class_v<R> && std::is_trivially_copyable_v<R> && std::default_initializable<R> &&
           requires(R& a, R const& b) { a += b; }
[[nodiscard]] R all_reduce(R const& record, MPI_Comm comm) {
  detail::mpi_group group(comm);
  return detail::reduce_in_order(
      group, record, [](R const& r) { return std::string(reinterpret_cast<char const*>(&r), sizeof(R)); },
      [](std::string const& bytes) {
        R r{};
        std::memcpy(&r, bytes.data(), sizeof(R));
        return r;
      });
}

}} // namespace satur::SATUR_ABI
