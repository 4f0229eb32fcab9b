/// \file array/row_major.hpp  Numbers and results as row-major memory: in place, or through a copy.
#pragma once

#include "satur/array/numbers.hpp"

#include <vector>

namespace satur::detail {

/// Row-major numbers: where they are, or a copy.
template <class Z> class row_major_numbers {
public:
  using T = value_t<Z>;
  explicit row_major_numbers(Z const& z) {
    if (in_place(z)) {
      data_ = contiguous_data(z);
    } else {
      copy_.resize(size_of(z));
      auto from = std::begin(z);
      for (T& x : copy_) {
        x = *from;
        ++from;
      }
      data_ = copy_.data();
    }
  }
  row_major_numbers(row_major_numbers const&) = delete;
  row_major_numbers& operator=(row_major_numbers const&) = delete;
  ~row_major_numbers() = default;
  [[nodiscard]] T const* data() const { return data_; }
  [[nodiscard]] static bool in_place(Z const& z) {
    if constexpr (strided_memory<Z const>) {
      return z.is_contiguous() && row_major(z);
    } else {
      return contiguous_data(z) != nullptr || size_of(z) == 0;
    }
  }

private:
  std::vector<T> copy_;
  T const* data_;
};

/// Room for row-major results: where they are wanted, or a buffer that `finish` copies there.
template <class Y> class row_major_results {
public:
  using T = value_t<Y>;
  explicit row_major_results(Y& y) : y_(y) {
    if (row_major_numbers<Y>::in_place(y)) {
      data_ = contiguous_data(y);
    } else {
      own_.resize(size_of(y));
      data_ = own_.data();
    }
  }
  row_major_results(row_major_results const&) = delete;
  row_major_results& operator=(row_major_results const&) = delete;
  ~row_major_results() = default;
  [[nodiscard]] T* data() const { return data_; }
  void finish() {
    auto to = std::begin(y_);
    for (T const x : own_) {
      *to = x;
      ++to;
    }
  }

private:
  Y& y_;
  std::vector<T> own_;
  T* data_;
};

} // namespace satur::detail
