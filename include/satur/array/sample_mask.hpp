/// \file array/sample_mask.hpp  Which samples of a block count: padding is left out.
#pragma once

#include "satur/array/as_array_view.hpp"
#include "satur/array/unit_layout.hpp"
#include "satur/error.hpp"

#include <concepts>
#include <cstddef>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// Memory of bool or of whole numbers. (std::vector<bool> is none; use std::vector<char>.)
template <class R>
concept mask_entries = array_memory<R const> && std::integral<typename view_t<R const>::value_type>;
} // namespace detail

/// Which samples of a block count: those whose entry is not 0. In a mask of padding, 1 is a token and 0 is padding.
///
///     std::vector<char> const keep{1, 1, 0};              // bool, char or int; any container that is memory
///     observe(act, z, sample_mask{keep});                 // z of shape (3, units)
///
/// It has one entry for each sample: all axes of z but the last, row-major, so (time, batch) for z of shape
/// (time, batch, units). Or it has one entry for each number of z, row-major, which `observe` and `forward` take too.
/// It borrows the entries: they must live as long as it does.
class sample_mask {
public:
  /// Throws shape_error if the entries are not row-major without gaps.
  template <detail::mask_entries R> explicit sample_mask(R const& keep) {
    auto const view = as_array_view(keep);
    if ((view.data == nullptr && view.size() != 0) || !view.is_row_major()) {
      detail::bad_shape("sample_mask", "the mask", detail::shape_text(view.shape),
                        "row-major memory without gaps; copy the view first");
    }
    first_ = reinterpret_cast<unsigned char const*>(view.data);
    size_ = view.size();
    width_ = sizeof(*view.data);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Whether entry i counts; i < size().
  [[nodiscard]] bool operator[](std::size_t i) const {
    unsigned char const* const entry = first_ + i * width_;
    bool keeps = false;
    for (std::size_t k = 0; k < width_; ++k) {
      keeps = keeps || entry[k] != 0;
    }
    return keeps;
  }
  /// The number of entries that count.
  [[nodiscard]] std::size_t kept() const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      n += (*this)[i] ? 1 : 0;
    }
    return n;
  }

private:
  unsigned char const* first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t width_ = 1; ///< bytes of an entry
};

namespace detail {

/// Throws shape_error unless the mask has one entry for each sample of the layout.
inline void require_samples(char const* function, sample_mask const& mask, unit_layout const& layout) {
  if (mask.size() != layout.samples()) {
    bad_shape(function, "the mask", shape_text({mask.size()}),
              message(shape_text({layout.samples()}), ", one entry for each sample of ", layout_text(layout)));
  }
}

/// The layout of z whose samples are the entries of the mask: all axes but the last, or single numbers. Throws
/// shape_error if the mask has neither length.
template <class Z>
[[nodiscard]] unit_layout masked_layout(char const* function, char const* name, Z const& z, sample_mask const& mask) {
  require_equal_rows(function, name, z);
  std::size_t const numbers = size_of(z);
  if constexpr (shaped<Z>) {
    if (rank_of(z) != 0) {
      unit_layout const layout = unit_layout::of(shape_of(z));
      if (mask.size() == layout.samples()) {
        return layout;
      }
      if (mask.size() != numbers) {
        bad_shape(function, "the mask", shape_text({mask.size()}),
                  message(shape_text({layout.samples()}), ", one entry for each sample, or ", shape_text({numbers}),
                          ", one for each number of ", name, ", which has shape ", shape_text(shape_of(z))));
      }
    }
  }
  if (mask.size() != numbers) {
    bad_shape(function, "the mask", shape_text({mask.size()}),
              message(shape_text({numbers}), ", one entry for each number of ", name,
                      "; for one a sample give it a shape, as array_view{p, {samples, units}} does"));
  }
  return {numbers, 1, 1};
}

} // namespace detail

}} // namespace satur::SATUR_ABI
