/// \file array/kept_numbers.hpp  The numbers that a mask keeps, brought together.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/array/sample_mask.hpp"
#include "satur/array/unit_layout.hpp"

#include <algorithm>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// Reads the numbers of the kept samples one after the other, as if their rows had been copied into a matrix
/// (samples, units). The layout fits z and the mask.
template <class Z> class kept_numbers {
public:
  using T = value_t<Z>;
  kept_numbers(Z const& z, unit_layout const& layout, sample_mask const& mask)
      : data_(row_major_data(z)), reader_(z), layout_(layout), mask_(mask) {}

  /// The next numbers, `room` of them or all that are left; returns how many. If the layout has inner > 1, `room` is a
  /// multiple of its units.
  [[nodiscard]] std::size_t read(T* to, std::size_t room) {
    std::size_t const length = layout_.units;
    std::size_t n = 0;
    while (length != 0 && n != room && sample_ != mask_.size()) {
      if (done_ == 0 && !mask_[sample_]) {
        ++sample_;
        continue;
      }
      if (layout_.inner != 1) {
        gather(to + n);
        n += length;
        ++sample_;
        continue;
      }
      std::size_t run = length - done_; // of this sample, and of those behind it that are kept
      for (std::size_t next = sample_ + 1; run < room - n && next != mask_.size() && mask_[next]; ++next) {
        run += length;
      }
      run = (std::min)(run, room - n);
      copy(sample_ * length + done_, run, to + n);
      n += run;
      done_ += run;
      sample_ += done_ / length;
      done_ %= length;
    }
    return n;
  }

private:
  void copy(std::size_t at, std::size_t count, T* to) {
    if (data_ != nullptr) {
      std::copy_n(data_ + at, count, to);
    } else {
      reader_.read(at, count, to);
    }
  }
  void gather(T* to) {
    std::size_t const first = sample_ / layout_.inner * layout_.units * layout_.inner + sample_ % layout_.inner;
    for (std::size_t u = 0; u < layout_.units; ++u) {
      copy(first + u * layout_.inner, 1, to + u);
    }
  }

  T const* data_; ///< null if z is not row-major memory
  number_reader<Z> reader_;
  unit_layout layout_;
  sample_mask mask_;
  std::size_t sample_ = 0;
  std::size_t done_ = 0; ///< numbers of this sample that were read
};

} // namespace satur::inline SATUR_ABI::detail
