/// \file array/row_major.hpp  Numbers and results as row-major memory: in place, or through a copy.
#pragma once

#include "satur/array/in_order.hpp"

#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// Row-major numbers: where they are, or a copy.
template <class Z> class row_major_numbers {
public:
  using T = value_t<Z>;
  explicit row_major_numbers(Z const& z) : data_(row_major_data(z)) {
    if (data_ == nullptr) {
      copy_.resize(size_of(z));
      number_reader<Z>(z).read(0, copy_.size(), copy_.data());
      data_ = copy_.data();
    }
  }
  row_major_numbers(row_major_numbers const&) = delete;
  row_major_numbers& operator=(row_major_numbers const&) = delete;
  ~row_major_numbers() = default;
  [[nodiscard]] T const* data() const { return data_; }

private:
  std::vector<T> copy_;
  T const* data_;
};

/// Memory for row-major results: where they are wanted, or a buffer that `finish` copies there.
template <class Y> class row_major_results {
public:
  using T = value_t<Y>;
  explicit row_major_results(Y& y) : y_(y), data_(row_major_data(y)) {
    if (data_ == nullptr) {
      own_.resize(size_of(y));
      data_ = own_.data();
    }
  }
  row_major_results(row_major_results const&) = delete;
  row_major_results& operator=(row_major_results const&) = delete;
  ~row_major_results() = default;
  [[nodiscard]] T* data() const { return data_; }
  void finish() {
    if (!own_.empty()) {
      number_writer<Y>(y_).write(0, own_.size(), own_.data());
    }
  }

private:
  Y& y_;
  std::vector<T> own_;
  T* data_;
};

/// The memory of a container in row-major order. Throws shape_error if it is not.
template <class X> [[nodiscard]] auto memory_of(char const* function, char const* what, X& x) {
  auto* const data = row_major_data(x);
  std::size_t const n = size_of(x);
  if (data == nullptr && n != 0) {
    bad_shape(function, what, shape_text({n}), "contiguous row-major memory; copy the view first");
  }
  return std::span(data, n);
}

} // namespace satur::inline SATUR_ABI::detail
