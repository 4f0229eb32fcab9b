/// \file observe/histogram.hpp  The members of a histogram that read arrays.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/binning/linear_binning.hpp"
#include "satur/observe/kernel/binning/octave_binning.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/record/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace satur { inline namespace SATUR_ABI {

template <detail::numbers X> void histogram::observe(X const& x) {
  detail::require_equal_rows("histogram::observe", "x", x);
  detail::for_each_block(x, [&](auto const* data, std::size_t n) { add(data, n, {}); });
}

template <std::floating_point T>
void histogram::observe_blocks(std::span<T const> x, std::size_t block, std::size_t stride) {
  if (block == 0 || block > detail::block_elements || block > stride) {
    detail::bad_parameter("histogram::observe_blocks", "(block, stride)",
                          detail::message("(", block, ", ", stride, ")"), "1 <= block <= 1024, block <= stride");
  }
  add(x.data(), x.size(), {block, stride});
}

template <class A, detail::numbers Z>
  requires activation<A, detail::value_t<Z>>
void histogram::observe_slope(A const& act, Z const& z) {
  using T = detail::value_t<Z>;
  detail::require_valid_parameters(act);
  detail::for_each_block(z, [&](T const* data, std::size_t n) {
    T slopes[detail::block_elements];
    for (std::size_t i = 0; i < n; i += detail::block_elements) {
      std::size_t const count = (std::min)(detail::block_elements, n - i);
      detail::mapping_pass<T, A, detail::wanted::slope> pass{act, data + i, slopes, slopes, count};
      math::run<T>(pass);
      add(static_cast<T const*>(slopes), count, {});
    }
  });
}

template <class T> void histogram::add(T const* x, std::size_t n, detail::binned_blocks const& taken) {
  constexpr std::size_t most = std::size_t{1} << 30; // numbers at a time
  std::size_t const part = taken.stride >= most ? taken.stride : most / taken.stride * taken.stride;
  for (; n > part; x += part, n -= part) {
    add_part(x, part, taken);
  }
  add_part(x, n, taken);
}
template <class T> void histogram::add_part(T const* x, std::size_t n, detail::binned_blocks const& taken) {
  if constexpr (std::same_as<T, long double>) {
    double as_double[detail::block_elements];
    for (std::size_t i = 0; i < n; i += taken.stride) {
      std::size_t const count = (std::min)(taken.block, n - i);
      for (std::size_t k = 0; k < count; ++k) {
        constexpr auto largest = static_cast<long double>((std::numeric_limits<double>::max)());
        long double const e = x[i + k];
        as_double[k] = static_cast<double>(detail::is_finite_number(e) ? std::clamp(e, -largest, largest) : e);
      }
      add_part(static_cast<double const*>(as_double), count, {});
    }
  } else if (kind_ == scale::linear) {
    detail::linear_binning_pass<T> pass{low_,
                                        high_,
                                        width_,
                                        static_cast<double>(bins_) / (high_ - low_),
                                        static_cast<std::int64_t>(bins_),
                                        x,
                                        n,
                                        taken,
                                        places_.data(),
                                        zeros_,
                                        lowest_,
                                        highest_};
    math::run<T>(pass);
  } else {
    using pass_type = detail::octave_binning_pass<T>;
    using E = typename pass_type::E;
    int per_octave_bits = 0;
    while ((1 << per_octave_bits) < per_octave_) {
      ++per_octave_bits;
    }
    int const shift = std::numeric_limits<T>::digits - 1 - per_octave_bits;
    pass_type pass{shift,
                   static_cast<E>(math::bits(static_cast<T>(low_)) >> shift),
                   static_cast<E>(bins_),
                   x,
                   n,
                   taken,
                   places_.data(),
                   lowest_,
                   highest_};
    math::run<T>(pass);
  }
}

SATUR_COMPILED_TEMPLATE(void histogram::add<float>(float const*, std::size_t, detail::binned_blocks const&));
SATUR_COMPILED_TEMPLATE(void histogram::add<double>(double const*, std::size_t, detail::binned_blocks const&));

}} // namespace satur::SATUR_ABI
