/// \file rowwise/pass.hpp  The pass over rows of logits, of contiguous memory or any container.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/array/chunk.hpp"
#include "satur/rowwise/concept.hpp"
#include "satur/rowwise/row_steps.hpp"
#include "satur/simd/run.hpp"

namespace satur::inline SATUR_ABI::detail {

/// Leaves the probabilities unchanged.
struct unweighted {
  template <class R> SATUR_INLINE double operator()(R) const { return 1.0; }
};
/// A visitor that does nothing.
struct no_visitor {
  template <class S> SATUR_INLINE void close(std::size_t, S const&) const {}
};

/// The output written for each element.
enum class row_output { nothing, probabilities, logarithms };

/// One pass over contiguous rows. y may be z. weight(r) is the factor on the probabilities of row r. visitor.open(r, z,
/// m), if present, is called before anything is written over the row. visitor.close(r, summary) is called after it.
template <class T, row_output Out, bool Moments, class Visitor, class Weight> struct row_pass {
  T const* z;
  T* y;
  row_shape shape;
  Visitor& visitor;
  Weight const& weight;

  template <class L> SATUR_INLINE void run() {
    using steps = row_steps<T, L>;
    using S = sum_element<T>;
    std::size_t const n = shape.length;
    for (std::size_t r = 0; r < shape.rows; ++r) {
      T const* const from = z + r * n;
      T* const to = Out == row_output::nothing ? nullptr : y + r * n;
      row_sums<T> sums;
      steps::add_largest(sums, from, n);
      if constexpr (requires { visitor.open(r, from, sums.largest); }) {
        visitor.open(r, from, sums.largest);
      }
      bool nan = false;
      if (sums.has_sums()) {
        steps::template add_sums<Moments>(sums, from, Out == row_output::probabilities ? to : nullptr, n);
      } else {
        nan = any_nan_in(from, n);
      }
      row_summary<T> const summary = sums.template finish<Moments>(nan);
      if constexpr (Out != row_output::nothing) {
        if (summary.kind != row_kind::good) {
          std::fill_n(to, n, std::numeric_limits<T>::quiet_NaN());
        } else if constexpr (Out == row_output::probabilities) {
          steps::scale(to, n, S(1) + summary.others, static_cast<S>(weight(r)));
        } else {
          steps::write_logarithms(sums, log_of_sum(summary), from, to, n);
        }
      }
      visitor.close(r, summary);
    }
  }
};

/// One step over one piece of a row.
template <class T, bool Moments> struct row_piece {
  enum class step { largest, sums, probabilities, logarithms };
  step what;
  row_sums<T>& sums;
  T const* z;
  T* y;
  std::size_t n;
  sum_element<T> sum;    // s or log s
  sum_element<T> factor; // factor on the probabilities

  template <class L> SATUR_INLINE void run() {
    using steps = row_steps<T, L>;
    if (what == step::largest) {
      steps::add_largest(sums, z, n);
    } else if (what == step::sums) {
      steps::template add_sums<Moments>(sums, z, nullptr, n);
    } else if (what == step::probabilities) {
      steps::write_exponentials(sums, z, y, n);
      steps::scale(y, n, sum, factor);
    } else {
      steps::write_logarithms(sums, sum, z, y, n);
    }
  }
};

/// Calls f(piece, n) over `length` elements from the `at`-th on, read through a buffer.
template <class T, class Reader, class F> void for_each_piece(Reader& from, std::size_t at, std::size_t length, F&& f) {
  constexpr std::size_t most = 1024;
  static_assert(most % row_group_size == 0);
  T piece[most];
  for (std::size_t done = 0; done < length;) {
    std::size_t const n = (std::min)(most, length - done);
    from.read(at + done, n, piece);
    f(static_cast<T const*>(piece), n);
    done += n;
  }
}

/// All rows of any container into any container. y may be null if nothing is written.
template <row_output Out, bool Moments, class Z, class Y, class Visitor, class Weight>
void run_rows(Z const& z, Y* y, row_shape shape, Visitor& visitor, Weight const& weight) {
  using T = value_t<Z>;
  using S = sum_element<T>;
  T const* const from = row_major_data(z);
  T* to = nullptr;
  if constexpr (Out != row_output::nothing) {
    to = row_major_data(*y);
  }
  if (from != nullptr && (to != nullptr || Out == row_output::nothing || size_of(z) == 0)) {
    row_pass<T, Out, Moments, Visitor, Weight> pass{from, to, shape, visitor, weight};
    math::run<T>(pass);
    return;
  }
  using piece = row_piece<T, Moments>;
  using step = typename piece::step;
  number_reader<Z> row(z);
  [[maybe_unused]] auto out = [&] {
    if constexpr (Out != row_output::nothing) {
      return number_writer<Y>(*y);
    } else {
      return 0;
    }
  }();
  [[maybe_unused]] std::size_t out_at = 0;
  for (std::size_t r = 0; r < shape.rows; ++r) {
    row_sums<T> sums;
    bool nan = false;
    auto const go = [&](step what, T const* data, T* written, std::size_t n, S sum, S factor) {
      piece p{what, sums, data, written, n, sum, factor};
      math::run<T>(p);
    };
    std::size_t const at = r * shape.length;
    for_each_piece<T>(row, at, shape.length, [&](T const* data, std::size_t n) {
      go(step::largest, data, nullptr, n, 0, 0);
      nan = nan || any_nan_in(data, n);
    });
    if (sums.has_sums()) {
      for_each_piece<T>(row, at, shape.length,
                        [&](T const* data, std::size_t n) { go(step::sums, data, nullptr, n, 0, 0); });
    }
    row_summary<T> const summary = sums.template finish<Moments>(nan);
    for_each_piece<T>(row, at, shape.length, [&]([[maybe_unused]] T const* data, [[maybe_unused]] std::size_t n) {
      if constexpr (Out != row_output::nothing) {
        T written[1024];
        if (summary.kind != row_kind::good) {
          std::fill_n(written, n, std::numeric_limits<T>::quiet_NaN());
        } else if constexpr (Out == row_output::probabilities) {
          go(step::probabilities, data, written, n, S(1) + summary.others, static_cast<S>(weight(r)));
        } else {
          go(step::logarithms, data, written, n, log_of_sum(summary), 0);
        }
        out.write(out_at, n, written);
        out_at += n;
      }
    });
    visitor.close(r, summary);
  }
}

} // namespace satur::inline SATUR_ABI::detail
