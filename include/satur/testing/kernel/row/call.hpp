/// \file testing/kernel/row/call.hpp  One call of a kernel of rows, as it was judged.
#pragma once

#include "satur/config.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

enum class row_function { softmax, log_softmax, logsumexp };

/// One call of a kernel of rows, as doubles. A cause of wrong results is found by what it would have given.
struct row_call {
  enum class verdict : unsigned char { open, right, wrong };
  explicit row_call(std::size_t n) : columns(n) {}

  std::size_t columns;
  std::vector<double> z;
  std::vector<double> known; ///< of a gradient: what the kernel got beside dy, z or y
  std::vector<double> dy;
  std::vector<double> got;
  std::vector<double> exact;
  std::vector<verdict> is;

  [[nodiscard]] std::size_t rows() const { return z.size() / columns; }
  [[nodiscard]] std::span<double const> row(std::vector<double> const& all, std::size_t r) const {
    return std::span<double const>(all).subspan(r * columns, columns);
  }
};

} // namespace satur::inline SATUR_ABI::testing::detail
