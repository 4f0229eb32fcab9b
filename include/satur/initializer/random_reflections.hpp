/// \file initializer/random_reflections.hpp  Uniformly distributed matrices with orthonormal columns.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/sampler.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The Householder factorization Q R of a rows x columns matrix of independent N(0, 1) entries, rows >= columns. The
/// signs make the diagonal of R positive. Then Q is uniform (Haar) among the matrices with orthonormal columns (F.
/// Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54, 2007).
///
/// After a reflection the rest of the matrix is again normal and independent of it. So each column is drawn only when
/// it is reflected, which halves the work (G. Stewart, "The efficient generation of random orthogonal matrices with an
/// application to condition estimators", SIAM J. Numer. Anal. 17, 1980).
///
/// Computed in double for any type of weights; the same bits everywhere.
class random_reflections {
public:
  random_reflections(std::size_t rows, std::size_t columns, sampler const& random)
      : rows_(rows), columns_(columns), vectors_(rows * columns), scale_(columns), sign_(columns) {
    random.normal(std::span<double>(vectors_), 0, 1);
    for (std::size_t k = 0; k < columns; ++k) {
      std::span<double> const v = vector(k);
      double const length = std::sqrt(squares(v));
      sign_[k] = v[0] < 0 ? 1.0 : -1.0;
      v[0] += v[0] < 0 ? -length : length;
      double const v2 = squares(v);
      scale_[k] = v2 > 0 ? 2 / v2 : 0;
    }
  }

  /// Calls to(row, column, value) for every entry of Q.
  template <class Write> void write(Write const& to) {
    pass work{this, 0, 0, {}};
    for (work.first = 0; work.first < columns_; work.first += work.width) {
      math::run<double>(work);
      std::size_t const count = (std::min)(work.width, columns_ - work.first);
      for (std::size_t i = 0; i < rows_; ++i) {
        for (std::size_t j = 0; j < count; ++j) {
          to(i, work.first + j, sign_[work.first + j] * work.panel[i * work.width + j]);
        }
      }
    }
  }

private:
  /// The vector of reflection k, which acts on rows k, k + 1, …
  [[nodiscard]] std::span<double> vector(std::size_t k) {
    return std::span<double>(vectors_).subspan(k * rows_ + k, rows_ - k);
  }
  /// The sum of squares, in parts, so that the rounding error does not grow with the length.
  [[nodiscard]] static double squares(std::span<double const> v) {
    double sum = 0;
    while (!v.empty()) {
      std::size_t const count = (std::min<std::size_t>)(v.size(), 64);
      double part = 0;
      for (double const x : v.first(count)) {
        part += product(x, x);
      }
      sum += part;
      v = v.subspan(count);
    }
    return sum;
  }

  /// A few columns of H_0 H_1 … H_(columns - 1) [1; 0], last reflection first. Column j is 0 below row j until
  /// reflection j, so later reflections do not change it.
  struct pass {
    random_reflections* all;
    std::size_t first; ///< column
    std::size_t width; ///< number of columns of the panel
    std::vector<double> panel;

    template <class L> SATUR_INLINE void run() {
      constexpr std::size_t lanes = static_cast<std::size_t>(math::lane_count<L>);
      constexpr std::size_t registers = 4;
      width = registers * lanes;
      std::size_t const count = (std::min)(width, all->columns_ - first);
      panel.assign(all->rows_ * width, 0.0);
      for (std::size_t j = 0; j < count; ++j) {
        panel[(first + j) * width + j] = 1;
      }
      for (std::size_t k = first + count; k-- > 0;) {
        std::span<double const> const v = all->vector(k);
        double* const top = panel.data() + k * width;
        L sum[registers] = {L(0.0), L(0.0), L(0.0), L(0.0)};
        for (std::size_t i = 0; i < v.size(); ++i) {
          for (std::size_t r = 0; r < registers; ++r) {
            sum[r] = sum[r] + product(L(v[i]), math::load<L>(top + i * width + r * lanes));
          }
        }
        for (L& s : sum) {
          s = product(s, L(all->scale_[k]));
        }
        for (std::size_t i = 0; i < v.size(); ++i) {
          for (std::size_t r = 0; r < registers; ++r) {
            double* const at = top + i * width + r * lanes;
            math::store(at, math::load<L>(at) - product(L(v[i]), sum[r]));
          }
        }
      }
    }
  };

  std::size_t rows_, columns_;
  std::vector<double> vectors_;
  std::vector<double> scale_; ///< 2 / v^2
  std::vector<double> sign_;
};

} // namespace satur::inline SATUR_ABI::detail
