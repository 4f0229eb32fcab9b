/// \file monitor/recording/format_watch.hpp  What of a layer's numbers leaves the formats that a monitor watches.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/monitor/recording/drawing.hpp"
#include "satur/monitor/recording/weights.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/format.hpp"
#include "satur/observe/kernel/into_arrays.hpp"
#include "satur/record/format_records.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// The formats of a layer, and the passes that count what leaves them. Records are made when the first one is needed;
/// `blocks` says which numbers join the histograms of sizes: none if `one_in` is 0.
struct format_watch {
  watched_formats wanted = {};

  /// Adds numbers x.
  template <class X>
  void add(layer_numbers which, X const& x, std::optional<format_records>& records, drawn_blocks blocks) const {
    scaled_format const& as = wanted.of(which);
    if (!as.is_set()) {
      return;
    }
    format_records& to = made(records);
    to.current.of(which) += observe_format(as.format, x, as.scale);
    draw_sizes(which, x, to, blocks);
  }
  /// Adds z, and f(z): y, if it is there and has the numbers as they are, else f(z) is computed once more.
  template <class A, class Z, class Y>
  void add_pass(A const& act, Z const& z, Y const* y, std::optional<format_records>& records,
                drawn_blocks blocks) const {
    add(layer_numbers::z, z, records, blocks);
    if (!wanted.outputs.is_set()) {
      return;
    }
    if constexpr (is_array_v<Y>) {
      if constexpr (plain_memory<Y>) { // 16-bit numbers have left float already
        add(layer_numbers::outputs, *y, records, blocks);
        return;
      }
    }
    using T = value_t<Z>;
    format_records& to = made(records);
    format_observer<T> observer(wanted.outputs.format, wanted.outputs.scale, {});
    T values[leaf_elements];
    for_each_block(z, [&](T const* data, std::size_t n) {
      for (std::size_t at = 0; at < n; at += leaf_elements) {
        std::size_t const count = (std::min)(n - at, leaf_elements);
        std::span<T> some(values, count);
        satur::apply(act, std::span<T const>(data + at, count), some);
        observer.add(values, count);
        draw_sizes(layer_numbers::outputs, some, to, blocks);
      }
    });
    to.current.of(layer_numbers::outputs) += observer.loss();
  }
  /// Adds weights: one block of 256 in `one_in`, as an update reads them.
  template <class W>
  void add_weights(W const& w, std::optional<format_records>& records, drawn_blocks blocks, std::size_t one_in,
                   scratch_memory& memory) const {
    if (!wanted.weights.is_set()) {
      return;
    }
    auto const some = numbers_of_blocks(w, one_in, blocks.number, memory);
    if (some.empty()) {
      add(layer_numbers::weights, w, records, blocks);
    } else {
      blocks.number /= one_in; // other blocks of these, once all had their turn
      add(layer_numbers::weights, some, records, blocks);
    }
  }
  /// Forgets what was recorded in another format or at another scale than `next`.
  void forget_others(watched_formats const& next, std::optional<format_records>& records) const {
    for (layer_numbers const which : format_losses::each) {
      if (records && !(wanted.of(which) == next.of(which))) {
        records->forget(which);
      }
    }
  }
  bool operator==(format_watch const& o) const { return wanted == o.wanted; }

private:
  [[nodiscard]] static format_records& made(std::optional<format_records>& records) {
    return records ? *records : records.emplace();
  }
  /// Draws the sizes of numbers, and goes on behind their blocks.
  template <class X> static void draw_sizes(layer_numbers which, X const& x, format_records& to, drawn_blocks& blocks) {
    if (blocks.one_in == 0) {
      return;
    }
    std::optional<histogram>& sizes = to.sizes.of(which);
    for_each_block(x, [&](auto const* data, std::size_t n) {
      blocks.draw(data, n,
                  [&]() -> histogram& { return sizes ? *sizes : sizes.emplace(format_histograms::of_sizes()); });
      blocks.pass(n);
    });
  }
};

} // namespace satur::inline SATUR_ABI::detail
