/// \file array/half_span.hpp  A buffer of sixteen-bit floating-point numbers, read one by one as float.
#pragma once

#include "satur/math/half.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace satur { inline namespace SATUR_ABI {

/// The 16-bit elements of an array_view as float: array_view<std::uint16_t, half_access<math::half_format::bfloat16>>.
template <math::half_format F> struct half_access {
  [[nodiscard]] static float get(std::uint16_t element) { return math::float_of_half<F>(std::int32_t{element}); }
  /// Rounded to nearest, ties to even.
  static void put(std::uint16_t& element, float value) {
    element = static_cast<std::uint16_t>(math::half_of_float<F>(value));
  }
};

/// A buffer of `half_format` F: it owns nothing. U is std::uint16_t, or const where it is only read. Read one by one,
/// its numbers are float: what takes any range of numbers takes it too (`saturated_fraction`, a monitor's `gradient`).
template <math::half_format F, class U> class half_span {
public:
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = float;
    using difference_type = std::ptrdiff_t;
    using pointer = float const*;
    using reference = float;
    constexpr explicit iterator(U* at) noexcept : at_(at) {}
    [[nodiscard]] float operator*() const { return math::float_of_half<F>(std::int32_t{*at_}); }
    constexpr iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    bool operator==(iterator const&) const = default;

  private:
    U* at_;
  };

  constexpr half_span(U* bits, std::size_t size) noexcept : bits_(bits), size_(size) {}
  [[nodiscard]] constexpr U* bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr iterator begin() const noexcept { return iterator(bits_); }
  [[nodiscard]] constexpr iterator end() const noexcept { return iterator(bits_ + size_); }
  /// One number, as float.
  [[nodiscard]] float operator[](std::size_t i) const { return math::float_of_half<F>(std::int32_t{bits_[i]}); }

private:
  U* bits_;
  std::size_t size_;
};

/// A contiguous range of std::uint16_t as bfloat16, or as IEEE binary16 ("half", "float16").
template <class R> [[nodiscard]] auto as_bfloat16(R&& range) {
  std::span const all(range);
  return half_span<math::half_format::bfloat16, typename decltype(all)::element_type>{all.data(), all.size()};
}
template <class R> [[nodiscard]] auto as_float16(R&& range) {
  std::span const all(range);
  return half_span<math::half_format::ieee, typename decltype(all)::element_type>{all.data(), all.size()};
}

}} // namespace satur::SATUR_ABI
