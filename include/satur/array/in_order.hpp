/// \file array/in_order.hpp  Any numbers read and written in order.
///
/// Memory (as_array_view) without gaps is read in place. Anything else (strided memory, 16-bit numbers, a range of
/// rows, a lazy expression, a std::deque) is read through a buffer, in the order of its indices or iterators. Both give
/// the same bits.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/array/numbers.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// An iterator that goes to places: forward from where it is, else from the beginning.
template <class Iterator> class place {
public:
  explicit place(Iterator begin) : begin_(begin), at_(begin) {}
  [[nodiscard]] Iterator& go_to(std::size_t k) {
    if (k < number_) {
      at_ = begin_;
      number_ = 0;
    }
    if (k != number_) {
      std::advance(at_, static_cast<std::iter_difference_t<Iterator>>(k - number_));
      number_ = k;
    }
    return at_;
  }
  void moved(std::size_t n) { number_ += n; }

private:
  Iterator begin_;
  Iterator at_;
  std::size_t number_ = 0;
};

/// f(first, count, row) for n numbers of rows from the `at`-th on: the part of the row that is meant.
template <class Iterator, class F>
void for_each_row_part(place<Iterator>& rows, std::size_t length, std::size_t at, std::size_t n, F&& f) {
  while (n != 0) {
    std::size_t const first = at % length;
    std::size_t const count = (std::min)(n, length - first);
    f(std::data(*rows.go_to(at / length)) + first, count);
    at += count;
    n -= count;
  }
}

/// How elements that have no address of their own in order are read and written: by the strides of an array_view, or by
/// iterators (xtensor's too, whose order is the one of its lazy expressions).
template <class Z>
concept read_by_view = memory_of_numbers<Z> && !xtensor_memory<Z>;

/// Reads any numbers, n of them from the at-th on; in order is cheap.
template <class Z> class number_reader {
public:
  using T = value_t<Z>;
  explicit number_reader(Z const& z) : from_(source_of(z)), length_(length_of(z)) {}

  void read(std::size_t at, std::size_t n, T* to) {
    if constexpr (read_by_view<Z const>) {
      for_each_run(from_, at, n, [&](auto const* element, std::ptrdiff_t stride, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i, element += stride) {
          *to++ = view_t<Z const>::access_type::get(*element);
        }
      });
    } else if constexpr (rows_of_memory<Z>) {
      for_each_row_part(from_, length_, at, n,
                        [&](T const* row, std::size_t count) { to = std::copy_n(row, count, to); });
    } else if (n != 0) {
      auto& from = from_.go_to(at);
      for (std::size_t i = 0; i < n; ++i, ++from) {
        to[i] = *from;
      }
      from_.moved(n);
    }
  }

private:
  [[nodiscard]] static auto source_of(Z const& z) {
    if constexpr (read_by_view<Z const>) {
      return as_array_view(z);
    } else {
      return place(begin_of(z));
    }
  }
  [[nodiscard]] static std::size_t length_of(Z const& z) {
    if constexpr (rows_of_memory<Z>) {
      return row_length(z);
    } else {
      return 0;
    }
  }
  decltype(source_of(std::declval<Z const&>())) from_;
  std::size_t length_;
};

/// Writes any numbers, n of them from the at-th on.
template <class Y> class number_writer {
public:
  using T = value_t<Y>;
  explicit number_writer(Y& y) : to_(target_of(y)), length_(length_of(y)) {}

  void write(std::size_t at, std::size_t n, T const* from) {
    if constexpr (read_by_view<Y>) {
      for_each_run(to_, at, n, [&](auto* element, std::ptrdiff_t stride, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i, element += stride) {
          view_t<Y>::access_type::put(*element, *from++);
        }
      });
    } else if constexpr (rows_of_memory<Y>) {
      for_each_row_part(to_, length_, at, n, [&](T* row, std::size_t count) {
        std::copy_n(from, count, row);
        from += count;
      });
    } else if (n != 0) {
      auto& to = to_.go_to(at);
      for (std::size_t i = 0; i < n; ++i, ++to) {
        *to = from[i];
      }
      to_.moved(n);
    }
  }

private:
  [[nodiscard]] static auto target_of(Y& y) {
    if constexpr (read_by_view<Y>) {
      return as_array_view(y);
    } else {
      return place(std::begin(y));
    }
  }
  [[nodiscard]] static std::size_t length_of(Y const& y) {
    if constexpr (rows_of_memory<Y>) {
      return row_length(y);
    } else {
      return 0;
    }
  }
  decltype(target_of(std::declval<Y&>())) to_;
  std::size_t length_;
};

/// Calls f(data, n) with one leaf of z at a time, read through a buffer.
template <class Z, class F> void for_each_buffered_leaf(Z const& z, F&& f) {
  value_t<Z> leaf[leaf_elements];
  std::size_t const size = size_of(z);
  number_reader<Z> from(z);
  for (std::size_t at = 0; at < size; at += leaf_elements) {
    std::size_t const n = (std::min)(size - at, leaf_elements);
    from.read(at, n, leaf);
    f(static_cast<value_t<Z> const*>(leaf), n);
  }
}

/// Calls f(data, n) over all of z: once if it lies in one piece, else leaf by leaf. Never with n = 0.
template <class Z, class F> void for_each_block(Z const& z, F&& f) {
  if (auto const* const data = contiguous_data(z); data == nullptr) {
    for_each_buffered_leaf(z, f);
  } else if (std::size_t const n = size_of(z); n != 0) {
    f(data, n);
  }
}

} // namespace satur::inline SATUR_ABI::detail
