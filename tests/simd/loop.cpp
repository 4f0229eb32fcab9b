// The loop over an array, for every length from 0 to three registers and a bit: each element once and in order, through
// whole registers as long as they fit; nothing past the end is read or written; padding is what was asked for.
// levels: all
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include "support/elementwise.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace {

namespace math = satur::math;
using satur::detail::for_each_part;
using satur::detail::for_each_register;
using satur::detail::width_of;

constexpr int canary = 77;
constexpr int padding = -5;
constexpr std::size_t room = 3 * 64 + 70; // more than three of the widest group, and what lies past the end

/// What a loop did.
template <class T> struct trace {
  std::vector<T> from = std::vector<T>(room, T(canary));
  std::vector<T> stored = std::vector<T>(room, T(canary));
  std::vector<std::uint16_t> written = std::vector<std::uint16_t>(room, canary);
  std::vector<int> visits = std::vector<int>(room, 0); ///< of each place
  std::size_t next = 0;                                ///< the place that the next step must begin with
  std::size_t width = 0;
  std::size_t group = 0;
  std::size_t whole_steps = 0;
  std::size_t parts = 0;
  std::size_t out_of_order = 0;
  std::size_t wrong_lanes = 0; ///< lanes that held neither their element nor, without one, the padding
  std::size_t wrong_masks = 0;
  std::size_t wrong_filled = 0;
};

enum class loop { registers, twins, groups, parts };

template <class T, loop Kind> struct tracing_kernel {
  trace<T>& seen;
  std::size_t first;
  std::size_t n;

  template <class Part> SATUR_INLINE void step(std::size_t i, Part part) const {
    using G = typename Part::lanes;
    constexpr std::size_t width = width_of<G>;
    seen.out_of_order += i != seen.next || part.count == 0 || part.count > width;
    seen.next = i + part.count;
    (part.whole ? seen.whole_steps : seen.parts) += 1;
    for (std::size_t k = 0; k < part.count; ++k) {
      ++seen.visits[i + k];
    }

    G const x = part.load(seen.from.data() + i, T(padding));
    T lanes[width];
    math::store(static_cast<T*>(lanes), x);
    T filled_up[width];
    T const* const filled = part.filled(seen.from.data() + i, T(padding), static_cast<T*>(filled_up));
    for (std::size_t k = 0; k < width; ++k) {
      T const wanted = k < part.count ? seen.from[i + k] : T(padding);
      seen.wrong_lanes += lanes[k] != wanted;
      seen.wrong_filled += filled[k] != wanted;
    }
    seen.wrong_filled += part.whole && filled != seen.from.data() + i;

    T ones[width];
    math::store(static_cast<T*>(ones), math::select(part.of_elements(x == x), G(T(1)), G(T(0))));
    for (std::size_t k = 0; k < width; ++k) {
      seen.wrong_masks += ones[k] != (k < part.count ? T(1) : T(0));
    }

    part.store(seen.stored.data() + i, x * G(T(2)));
    part.write(seen.written.data() + i, [i](std::uint16_t* at) SATUR_INLINE_LAMBDA {
      for (std::size_t k = 0; k < width_of<G>; ++k) {
        at[k] = static_cast<std::uint16_t>(1000 + i + k);
      }
    });
  }

  template <class L> SATUR_INLINE void run() const {
    using two = math::twin<L>;
    using G =
        std::conditional_t<Kind == loop::groups, math::twin<two>, std::conditional_t<Kind == loop::twins, two, L>>;
    using rest = std::conditional_t<Kind == loop::twins, two, L>; // what is left of an array goes through
    seen.width = width_of<rest>;
    seen.group = width_of<G>;
    seen.next = first;
    if constexpr (Kind == loop::parts) {
      for_each_part<rest>(first, n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA { this->step(i, part); });
    } else {
      for_each_register<G, rest>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA { this->step(i, part); });
    }
  }
};

template <class T, loop Kind> void check_length(std::size_t first, std::size_t n, math::simd_level level) {
  CAPTURE(static_cast<int>(level));
  CAPTURE(first);
  CAPTURE(n);
  trace<T> seen;
  for (std::size_t i = 0; i < n; ++i) {
    seen.from[i] = static_cast<T>(100 + i);
  }
  tracing_kernel<T, Kind> const kernel{seen, first, n};
  math::run<T>(kernel, level);

  CHECK(seen.out_of_order == 0);
  CHECK(seen.next == std::max(first, n));
  CHECK(seen.wrong_lanes == 0);
  CHECK(seen.wrong_filled == 0);
  CHECK(seen.wrong_masks == 0);
  std::size_t const rest = Kind == loop::parts ? n - std::min(first, n) : n % seen.group;
  CHECK(seen.whole_steps == (Kind == loop::parts ? 0 : n / seen.group));
  CHECK(seen.parts == (rest + seen.width - 1) / seen.width);

  std::size_t wrong = 0;
  for (std::size_t i = 0; i < room; ++i) {
    bool const here = i >= first && i < n;
    wrong += seen.visits[i] != (here ? 1 : 0);
    wrong += seen.stored[i] != (here ? static_cast<T>(2 * (100 + i)) : T(canary));
    wrong += seen.written[i] != (here ? 1000 + i : std::size_t{canary});
  }
  CHECK(wrong == 0);
}

template <class T> void check_every_length() {
  for (math::simd_level const level : test::levels()) {
    for (std::size_t n = 0; n <= 3 * 16 + 5; ++n) { // three of the widest registers
      check_length<T, loop::registers>(0, n, level);
      for (std::size_t const first : {std::size_t{0}, std::size_t{1}, std::size_t{17}}) {
        check_length<T, loop::parts>(first, n, level);
      }
    }
    for (std::size_t n = 0; n <= 3 * 32 + 5; ++n) {
      check_length<T, loop::twins>(0, n, level);
    }
    for (std::size_t n = 0; n <= 3 * 64 + 5; ++n) {
      check_length<T, loop::groups>(0, n, level);
    }
  }
}

} // namespace

TEST_CASE("the loop takes each element once, in order, and nothing past the end") {
  check_every_length<float>();
  check_every_length<double>();
  check_every_length<long double>();
}
