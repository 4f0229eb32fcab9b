// The passes over z: sizes, strides, alignment, types, levels and special values. The counters are compared with plain
// loops over the bits, the numbers with those of the same elements without gaps. A byte chooses which pass; most sizes
// are a few registers.
#include "fuzz/fuzz.hpp"

#include "satur/diagnostic.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

namespace {

using half = satur::half_access<satur::math::half_format::ieee>;
using bfloat16 = satur::half_access<satur::math::half_format::bfloat16>;

/// A number of the fuzzer: special, usual, or any bits.
template <class Element> Element number(fuzz::bytes& in) {
  constexpr std::array<double, 12> special{0.0,    -0.0,   5.0,  -5.0,   5.5,   -5.5,
                                           1e-310, -1e-40, 88.5, -104.0, 709.9, -746.0};
  std::uint8_t const first = in.byte();
  if constexpr (std::is_floating_point_v<Element>) {
    if (first < 24) {
      return static_cast<Element>(special[first % special.size()]);
    }
    if (first < 128) {
      return static_cast<Element>((first - 76) * 0.25);
    }
  }
  std::array<unsigned char, sizeof(Element)> raw{};
  for (unsigned char& byte : raw) {
    byte = in.byte();
  }
  return std::bit_cast<Element>(raw);
}

struct counters {
  std::uint64_t count = 0, low = 0, high = 0, nan = 0, infinite = 0;
  template <class T> void add(T z) {
    if (z != z) {
      ++nan;
      return;
    }
    ++count;
    low += z < T(-5) ? 1u : 0u;
    high += z > T(5) ? 1u : 0u;
    infinite += z - z != T(0) ? 1u : 0u;
  }
  [[nodiscard]] bool same(satur::saturation const& r) const {
    return r.count == count && r.low == low && r.high == high && r.nan == nan && r.infinite == infinite;
  }
};

template <class T> bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](T x, T y) {
           return (x != x && y != y) || std::memcmp(&x, &y, sizeof(T)) == 0;
         });
}

template <class Element, class Access, class Activation> void passes(fuzz::bytes& in, Activation const& act) {
  // Up to three axes, each with its own step, forward or backward, with gaps or none, or the same element again and
  // again.
  std::size_t const axes = 1 + in.byte() % 3;
  satur::array_shape shape;
  satur::array_strides strides;
  std::ptrdiff_t lowest = 0;
  std::ptrdiff_t highest = 0;
  std::size_t size = 1;
  std::ptrdiff_t step = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    std::uint8_t const how = in.byte();
    std::size_t const first = in.byte();
    // A chunk of the passes is 8192 numbers: now and then there are more.
    bool const longer = how % 32 == 9;
    std::size_t const extent =
        axes == 1 ? (how == 251 ? first * 70 : first % (longer ? 256 : 48)) : first % (longer ? 13 : 5);
    std::ptrdiff_t const gap = how % 4 == 0 ? how / 4 % 5 : 0;
    std::ptrdiff_t const sign = how % 8 == 5 ? -1 : how % 16 == 7 ? 0 : 1;
    shape.push_back(extent);
    strides.push_back(sign * (step + gap));
    if (extent > 1) {
      (sign < 0 ? lowest : highest) += strides[axis] * static_cast<std::ptrdiff_t>(extent - 1);
    }
    size *= extent;
    step = (step + gap) * static_cast<std::ptrdiff_t>((std::max)(extent, std::size_t{1}));
  }
  if (in.byte() % 2 == 0) { // the last axis the fastest
    satur::array_shape turned;
    satur::array_strides turned_strides;
    for (std::size_t axis = axes; axis-- > 0;) {
      turned.push_back(shape[axis]);
      turned_strides.push_back(strides[axis]);
    }
    shape = turned;
    strides = turned_strides;
  }
  // Exactly the memory that the elements span, so that every read beside it is seen; off the alignment of registers.
  std::size_t const span = static_cast<std::size_t>(highest - lowest) + 1;
  std::size_t const off = in.byte() % 8;
  std::uint8_t const way = in.byte();
  std::unique_ptr<Element[]> const memory(new Element[span + off]);
  Element pattern[64];
  for (Element& p : pattern) {
    p = number<Element>(in);
  }
  for (std::size_t i = 0; i < span + off; ++i) {
    memory[i] = in.left() != 0 ? number<Element>(in) : pattern[i % 64];
  }
  satur::array_view<Element const, Access> const z{memory.get() + off - lowest, shape, strides};
  using T = typename satur::array_view<Element const, Access>::value_type;

  std::vector<T> flat;
  flat.reserve(size);
  counters expected;
  std::array<std::size_t, 3> extents{1, 1, 1};
  std::array<std::ptrdiff_t, 3> steps{0, 0, 0};
  for (std::size_t axis = 0; axis < axes; ++axis) {
    extents[axis] = shape[axis];
    steps[axis] = strides[axis];
  }
  for (std::size_t i = 0; i < extents[0]; ++i) {
    for (std::size_t j = 0; j < extents[1]; ++j) {
      for (std::size_t k = 0; k < extents[2]; ++k) {
        std::ptrdiff_t const at = static_cast<std::ptrdiff_t>(i) * steps[0] +
                                  static_cast<std::ptrdiff_t>(j) * steps[1] + static_cast<std::ptrdiff_t>(k) * steps[2];
        flat.push_back(Access::get(z.data[at]));
        expected.add(flat.back());
      }
    }
  }

  fuzz::require(flat.size() == size, "as many elements as the shape has");
  // A monitor costs a hundred passes of such sizes.
  bool const by_monitor = way >= 252 && size != 0 && size <= 64;
  switch (way % 4) {
  case 0:
    fuzz::require(expected.same(satur::observe(act, z)), "counters of a view are those of a plain loop");
    break;
  case 1: {
    double const fraction = satur::saturated_fraction(z);
    fuzz::require(expected.count == 0 ? fraction != fraction
                                      : fraction == static_cast<double>(expected.low + expected.high) /
                                                        static_cast<double>(expected.count),
                  "saturated_fraction is that of the counters");
    break;
  }
  case 2: {
    std::vector<T> y(size);
    std::vector<T> y_view(size);
    satur::apply(act, flat, y);
    fuzz::require(expected.same(satur::forward(act, z, y_view)), "forward counts as observe does");
    fuzz::require(same_bits(y, y_view), "an element of a view has the same bits as alone");
    break;
  }
  default: {
    std::vector<T> y(size);
    std::vector<T> y_alone(size);
    std::vector<T> dy(size);
    fuzz::require(expected.same(satur::forward(act, flat, y, dy)),
                  "counters of contiguous numbers are those of a plain loop");
    satur::apply(act, flat, y_alone);
    fuzz::require(same_bits(y, y_alone), "an element has the same bits with its slope as without");
    break;
  }
  }

  if (by_monitor) {
    satur::monitor_options options;
    options.units = true;
    options.histograms = true;
    satur::monitor mon(options);
    satur::unit_layout const layout = satur::unit_layout::of(shape, way % axes);
    std::vector<T> y(size);
    std::vector<T> dy(size);
    std::vector<T> y_monitor(size);
    satur::apply(act, flat, y);
    mon["a"].forward(act, flat, y_monitor, dy, layout);
    mon["a"].gradient(flat, layout);
    fuzz::require(same_bits(y, y_monitor), "a monitor leaves the values as they are");
    mon.end_step();
    fuzz::require(expected.same(mon["a"].last().saturation), "a monitor counts the same");
  }
}

template <class Activation> void of_type(fuzz::bytes& in, std::uint8_t type, Activation const& act) {
  switch (type) {
  case 0:
    return passes<float, satur::plain_access>(in, act);
  case 1:
    return passes<double, satur::plain_access>(in, act);
  case 2:
    return passes<std::uint16_t, half>(in, act);
  default:
    return passes<std::uint16_t, bfloat16>(in, act);
  }
}

} // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::bytes in(data, size);
  std::uint8_t const choice = in.byte();
  auto const wanted = static_cast<satur::simd_level>(choice / 4 % 3);
  satur::scoped_level const level((std::min)(wanted, satur::math::best_level()));
  if (choice % 2 == 0) {
    of_type(in, choice / 16 % 4, satur::sigmoid{});
  } else {
    of_type(in, choice / 16 % 4, satur::tanh{});
  }
  return 0;
}
