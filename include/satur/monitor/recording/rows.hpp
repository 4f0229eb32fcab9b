/// \file monitor/recording/rows.hpp  Which rows of a batch are observed in a step, which blocks of weights are read,
/// and how they are brought together.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/array/unit_layout.hpp"
#include "satur/monitor/recording/drawing.hpp"
#include "satur/observe/kernel/half_arrays.hpp"
#include "satur/observe/kernel/into_arrays.hpp"
#include "satur/observe/kernel/moments.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace satur::detail {

/// One in `one_in` of `all` rows or blocks, others each turn: in `one_in` turns each of them once. At least one, if
/// there is any.
struct drawn_places {
  std::size_t all;
  std::size_t one_in; ///< 1: all of them
  std::size_t first;

  drawn_places(std::size_t places, std::size_t wanted, std::uint64_t turn)
      : all(places), one_in((std::max<std::size_t>)(1, (std::min)(wanted, places))),
        first(static_cast<std::size_t>(turn % one_in)) {}
  [[nodiscard]] std::size_t count() const { return first < all ? (all - 1 - first) / one_in + 1 : 0; }
  /// The largest count() of any turn.
  [[nodiscard]] std::size_t most() const { return (all + one_in - 1) / one_in; }
};

/// 16-bit numbers as float, in lanes.
template <math::half_format F> struct half_reading_pass {
  std::uint16_t const* from;
  std::size_t n;
  float* to;
  template <class L> SATUR_INLINE void run() { half_arrays<F>::template load<L>(from, n, to); }
};
template <class Access> struct half_reading {
  static constexpr bool known = false;
};
template <math::half_format F> struct half_reading<half_access<F>> {
  static constexpr bool known = true;
  static void read(std::uint16_t const* from, std::size_t n, float* to) {
    half_reading_pass<F> pass{from, n, to};
    math::run<float>(pass);
  }
};

/// Copies runs of any numbers. In the order of their indices; in that of memory if `any_order` and they lie in one
/// piece.
template <class X> class run_reader {
public:
  using T = value_t<X>;
  run_reader(X const& x, bool any_order) : plain_(any_order ? contiguous_data(x) : row_major_data(x)), x_(x) {
    if constexpr (stored_halves) {
      auto const view = as_array_view(x);
      halves_ = view.is_row_major() ? view.data : nullptr;
    }
  }
  run_reader(run_reader const&) = delete;
  run_reader& operator=(run_reader const&) = delete;
  ~run_reader() = default;

  void read(std::size_t at, std::size_t n, T* to) {
    if (plain_ != nullptr) {
      std::copy_n(plain_ + at, n, to);
      return;
    }
    if constexpr (stored_halves) {
      if (halves_ != nullptr) {
        half_reading<typename view_t<X const>::access_type>::read(halves_ + at, n, to);
        return;
      }
    }
    if (!in_order_) {
      in_order_.emplace(x_);
    }
    in_order_->read(at, n, to);
  }

private:
  static constexpr bool stored_halves = [] {
    if constexpr (memory_of_numbers<X>) {
      return half_reading<typename view_t<X const>::access_type>::known;
    } else {
      return false;
    }
  }();

  T const* plain_;
  std::uint16_t const* halves_ = nullptr;
  X const& x_;
  std::optional<number_reader<X>> in_order_;
};

/// Rows of T side by side.
template <class T> struct observed_rows {
  T const* data;
  unit_layout layout;
};
/// The drawn rows of x, copied to `memory`.
template <class X>
[[nodiscard]] observed_rows<value_t<X>> rows_of(X const& x, unit_layout const& layout, drawn_places const& drawn,
                                                scratch_memory& memory) {
  using T = value_t<X>;
  std::size_t const length = layout.units * layout.inner;
  T* const to = memory.room<T>(drawn.most() * length);
  run_reader<X> from(x, false);
  std::size_t k = 0;
  for (std::size_t row = drawn.first; row < drawn.all; row += drawn.one_in) {
    from.read(row * length, length, to + k++ * length);
  }
  return {to, {k, layout.units, layout.inner}};
}

template <class X> [[nodiscard]] array_summary summary_of(X const& x) {
  array_summary summary;
  for_each_block(x, [&](value_t<X> const* data, std::size_t n) { summarize(data, n, summary); });
  return summary;
}
/// Of one block of 256 numbers in `one_in`, others each turn, and of at least 16 blocks: a standard deviation of fewer
/// numbers is wrong by more than a percent.
template <class X>
[[nodiscard]] array_summary summary_of_blocks(X const& x, std::size_t one_in, std::uint64_t turn,
                                              scratch_memory& memory) {
  using T = value_t<X>;
  constexpr std::size_t block = drawn_blocks::block;
  constexpr std::size_t least_blocks = 16;
  std::size_t const n = size_of(x);
  std::size_t const blocks = (n + block - 1) / block;
  drawn_places const drawn(blocks, (std::min)(one_in, blocks / least_blocks), turn);
  if (drawn.one_in == 1) {
    return summary_of(x);
  }
  array_summary summary;
  T* const leaf = memory.room<T>(leaf_elements);
  run_reader<X> from(x, true);
  std::size_t filled = 0;
  for (std::size_t k = drawn.first; k < blocks; k += drawn.one_in) {
    std::size_t const count = (std::min)(block, n - k * block);
    from.read(k * block, count, leaf + filled);
    filled += count;
    if (filled + block > leaf_elements || k + drawn.one_in >= blocks) {
      summarize(static_cast<T const*>(leaf), filled, summary);
      filled = 0;
    }
  }
  return summary;
}

/// Throws what `forward` throws where y has another shape than z, or shares memory with it.
template <class Y, class Z> void require_result(char const* name, Y& y, Z const& z) {
  require_same_shape("forward", name, y, z);
  if constexpr (stored_alike<Y, Z>()) {
    auto const from = as_array_view(z);
    auto const to = as_array_view(y);
    if (in_one_piece(from) && in_one_piece(to)) {
      require_apart(name, const_element(to.data), const_element(from.data), from.size());
      return;
    }
  }
  require_another_start(name, y, z);
}

} // namespace satur::detail
