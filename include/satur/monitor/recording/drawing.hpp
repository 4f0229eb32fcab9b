/// \file monitor/recording/drawing.hpp  Which blocks of a pass join a layer's histograms.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/histogram.hpp"
#include "satur/record/layer_histograms.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The blocks of 256 numbers that are drawn in a step: one in `one_in`, others each step; 1: all.
struct drawn_blocks {
  static constexpr std::size_t block = 256;
  static_assert(leaf_elements % block == 0);
  std::size_t one_in;
  std::uint64_t number; ///< of the next block; at first that of the step

  /// Adds those of the n next numbers to a histogram of a layer, which is made when the first one is drawn.
  template <class T>
  void draw(std::optional<layer_histograms>& drawn, histogram layer_histograms::*which, T const* data,
            std::size_t n) const {
    draw(data, n, [&]() -> histogram& { return (drawn ? *drawn : drawn.emplace()).*which; });
  }
  /// The same; `into()` is the histogram, which is asked for when the first one is drawn.
  template <class T, class Into> void draw(T const* data, std::size_t n, Into const& into) const {
    if (one_in == 1) {
      into().observe_blocks(std::span(data, n), block_elements, block_elements);
      return;
    }
    std::size_t const first = (one_in - static_cast<std::size_t>(number % one_in)) % one_in * block;
    if (first < n) {
      into().observe_blocks(std::span(data + first, n - first), block, one_in * block);
    }
  }
  /// Goes on behind n numbers.
  void pass(std::size_t n) { number += (n + block - 1) / block; }
};

/// Memory that is kept between calls. A copy has none.
class scratch_memory {
public:
  scratch_memory() = default;
  scratch_memory(scratch_memory const&) {}
  scratch_memory(scratch_memory&&) noexcept = default;
  scratch_memory& operator=(scratch_memory const&) { return *this; }
  scratch_memory& operator=(scratch_memory&&) noexcept = default;
  ~scratch_memory() = default;
  /// For n numbers; what it held is unspecified.
  template <class T> [[nodiscard]] T* room(std::size_t n) {
    if (bytes_.size() < n * sizeof(T)) {
      bytes_.resize(n * sizeof(T));
    }
    return reinterpret_cast<T*>(bytes_.data());
  }

private:
  std::vector<std::byte> bytes_;
};

/// Room for n numbers: on the stack where they are few, which stays in the caches between layers; else in memory.
template <class T> class row_room {
public:
  row_room(std::size_t n, scratch_memory& memory) : data_(n <= leaf_elements ? own_ : memory.room<T>(n)) {}
  row_room(row_room const&) = delete;
  row_room& operator=(row_room const&) = delete;
  ~row_room() = default;
  [[nodiscard]] T* data() const { return data_; }

private:
  alignas(64) T own_[leaf_elements];
  T* data_;
};

/// Draws z and f'(z) of a pass (`record_into`), from its one evaluation.
struct drawing {
  std::optional<layer_histograms>& drawn;
  drawn_blocks blocks;
  scratch_memory& memory;
  template <class T> [[nodiscard]] T* scratch(std::size_t n) { return memory.room<T>(n); }
  template <class T> void see(T const* z, T const* slopes, std::size_t n) {
    blocks.draw(drawn, &layer_histograms::z, z, n);
    blocks.draw(drawn, &layer_histograms::slope, slopes, n);
    blocks.pass(n);
  }
};

} // namespace satur::inline SATUR_ABI::detail
