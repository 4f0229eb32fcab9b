/// \file observe/kernel/evaluate.hpp  f(z), f'(z) or both over an array.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/side_by_side.hpp"
#if SATUR_COMPILED || defined(SATUR_COMPILED_SOURCE)
#include "satur/activation/all.hpp"

#include <tuple>
#include <type_traits>
#endif

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// What a pass evaluates. `both` costs one evaluation, and gives the bits of the other two.
enum class wanted { value, slope, both };

/// y[i] = f(z[i]), dy[i] = f'(z[i]) for i < n, what is wanted of them. Either may be z itself. With both, y may be
/// null.
template <class T, class A, wanted W> struct mapping_pass {
  A const& act;
  T const* z;
  T* y;
  T* dy;
  std::size_t n;

  template <class L> SATUR_INLINE void run() {
    using G = side_by_side<L>;
    std::size_t i = 0;
    for (; i + width_of<G> <= n; i += width_of<G>) {
      map(i, whole_register<G>{});
    }
    if constexpr (width_of<G> > 1) {
      // The last few are the end of a whole register, which is cheaper than a part of one: those before them are
      // computed twice, with the same bits. Not in place, where they are no longer there.
      bool const twice = n >= width_of<L> && z != y && z != dy;
      for (; i < n; i += width_of<L>) {
        std::size_t const rest = n - i;
        bool const whole = rest >= width_of<L> || twice;
        map(rest < width_of<L> && twice ? n - width_of<L> : i, register_part<L>{whole ? width_of<L> : rest});
      }
    }
  }

private:
  template <class Part> SATUR_INLINE void map(std::size_t i, Part part) const {
    using G = typename Part::lanes;
    G const x = part.load(z + i, T(0));
    if constexpr (W == wanted::both) {
      math::value_and_slope<G> const f = evaluate(act, x);
      if (y != nullptr) {
        part.store(y + i, f.value);
      }
      part.store(dy + i, f.slope);
    } else if constexpr (W == wanted::slope) {
      part.store(dy + i, evaluate_one<true>(act, x));
    } else {
      part.store(y + i, evaluate_one<false>(act, x));
    }
  }
};

/// An activation whose type is forgotten: what counts and sums is compiled once, not once for each activation. `map` is
/// the function for the level that was active when the evaluator was made.
template <class T> struct evaluator {
  void const* act;
  void (*map)(void const* act, T const* z, T* y, T* dy, std::size_t n);
};
template <class T, class A, math::simd_level Level>
void evaluate_at(void const* act, T const* z, T* y, T* dy, std::size_t n) {
  mapping_pass<T, A, wanted::both> pass{*static_cast<A const*>(act), z, y, dy, n};
  math::run_at<T, Level>(pass);
}

#if SATUR_COMPILED || defined(SATUR_COMPILED_SOURCE)
/// The place of A in a list; the list's length if it is not in it.
template <class A, class... Of> [[nodiscard]] constexpr std::size_t place_in(std::type_identity<std::tuple<Of...>>) {
  std::size_t place = 0;
  bool found = false;
  ((found = found || std::same_as<A, Of>, place += found ? 0u : 1u), ...);
  return place;
}
template <class T> using compiled_map_t = void (*)(void const* act, T const* z, T* y, T* dy, std::size_t n);
/// `evaluate_at` for the activation at that place of all_activations, from satur::compiled (src/activations.hpp).
template <class T> [[nodiscard]] compiled_map_t<T> compiled_map(std::size_t place, math::simd_level level);
#endif

template <class T, class A> [[nodiscard]] evaluator<T> evaluator_of(A const& act) {
  require_valid_parameters(act);
#if SATUR_COMPILED || defined(SATUR_COMPILED_SOURCE)
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    constexpr std::size_t place = place_in<A>(std::type_identity<all_activations>{});
    if constexpr (place < std::tuple_size_v<all_activations>) {
      return {&act, compiled_map<T>(place, math::active_level())};
    }
  }
#endif
#if SATUR_HAS_DISPATCH
  if (math::simd_level const level = math::active_level(); level == math::simd_level::avx512) {
    return {&act, &evaluate_at<T, A, math::simd_level::avx512>};
  } else if (level == math::simd_level::avx2) {
    return {&act, &evaluate_at<T, A, math::simd_level::avx2>};
  }
#endif
  return {&act, &evaluate_at<T, A, math::compiled_level>};
}

/// An activation that is chosen at run time, and brings the evaluator of its own type (observe/any_activation_for.hpp).
template <class A, class T>
concept brings_evaluator = requires(A const& act) {
  { act.array_evaluator() } -> std::same_as<evaluator<T>>;
};
template <class T, class A>
  requires brings_evaluator<A, T>
[[nodiscard]] evaluator<T> evaluator_of(A const& act) {
  return act.array_evaluator();
}
/// Its passes: one indirect call a block. Its evaluator writes both, so what is not wanted goes to a buffer.
template <class T, class A, wanted W>
  requires brings_evaluator<A, T>
struct mapping_pass<T, A, W> {
  A const& act;
  T const* z;
  T* y;
  T* dy;
  std::size_t n;

  template <class L> void run() {
    constexpr std::size_t block = 512;
    T unwanted[block];
    evaluator<T> const own = act.array_evaluator();
    for (std::size_t i = 0; i < n; i += block) {
      T* const values = W == wanted::slope ? unwanted : y + i;
      T* const slopes = W == wanted::value ? unwanted : dy + i;
      own.map(own.act, z + i, values, slopes, (std::min)(block, n - i));
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
