/// \file array/threads.hpp  A long array over OpenMP's threads, where the file is compiled with OpenMP; else one after
/// another.
///
/// The same bits for any number of threads: each leaf is summed by one thread, and what the leaves give is added in
/// their order.
#pragma once

#include "satur/array/chunk.hpp"

#include <type_traits>

#if defined(_OPENMP)
#include <array>
#include <omp.h>
#endif

namespace satur::inline SATUR_ABI::detail {

/// Where two threads are faster than one: some 50 microseconds of work for one.
inline constexpr std::size_t parallel_elements = std::size_t{1} << 17;

/// Whether n elements are worked on by several threads.
[[nodiscard]] inline bool on_threads([[maybe_unused]] std::size_t n) {
#if defined(_OPENMP)
  return n >= parallel_elements && omp_get_max_threads() > 1 && omp_in_parallel() == 0;
#else
  return false;
#endif
}

/// work(first, count, total) over all n elements. It adds what it finds to `total`, whose += joins two such; `empty()`
/// gives a total that has seen nothing yet. No exception may leave `work`.
template <class Total, class Empty, class Work>
  requires std::is_invocable_r_v<Total, Empty const&> // asked in a build without OpenMP too, which does not call it
void over_leaves(std::size_t n, Total& total, [[maybe_unused]] Empty const& empty, Work const& work) {
#if defined(_OPENMP)
  if (on_threads(n)) {
    constexpr std::size_t at_a_time = 128;
    std::array<Total, at_a_time> parts;
    Total const nothing = empty();
    for (std::size_t start = 0; start < n; start += at_a_time * leaf_elements) {
      std::size_t const leaves = (std::min)(at_a_time, (n - start + leaf_elements - 1) / leaf_elements);
#pragma omp parallel for schedule(static)
      for (std::size_t k = 0; k < leaves; ++k) {
        std::size_t const first = start + k * leaf_elements;
        parts[k] = nothing;
        work(first, (std::min)(leaf_elements, n - first), parts[k]);
      }
      for (std::size_t k = 0; k < leaves; ++k) {
        total += parts[k];
      }
    }
    return;
  }
#endif
  work(0, n, total);
}

/// work(first, count) over all n elements.
template <class Work> void over_leaves(std::size_t n, Work const& work) {
  struct nothing {
    nothing& operator+=(nothing const&) { return *this; }
  } none;
  over_leaves(
      n, none, [] { return nothing{}; }, [&](std::size_t first, std::size_t count, nothing&) { work(first, count); });
}

} // namespace satur::inline SATUR_ABI::detail
