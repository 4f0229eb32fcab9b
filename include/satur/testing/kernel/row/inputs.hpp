/// \file testing/kernel/row/inputs.hpp  Rows of logits that kernels of rows fail at.
#pragma once

#include "satur/testing/kernel/options.hpp"
#include "satur/testing/kernel/sweep/numbers.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// A row of logits, and what it is.
struct named_row {
  std::string name;
  std::vector<double> z;
};

/// Makes the rows of one length. `smallest_normal` and `smallest` are those of the results.
class row_maker {
public:
  row_maker(std::size_t columns, std::uint64_t seed, double smallest_normal, double smallest)
      : n_(columns), state_(mixed(seed + columns)) {
    for (double const v : {0.0, 3.25, -5.0, 12.0, -12.0, 89.0, -89.0, 110.0, -110.0, 710.0, -760.0, 1e4, -1e4}) {
      add("equal logits", [v](std::size_t) { return v; });
    }
    for (double const gap : {3.0, 10.0, 17.0, 25.0, 50.0, 95.0, 400.0, 1e4}) {
      std::size_t const at = place();
      add("one logit far above", [&](std::size_t j) { return j == at ? gap : normal(); });
    }
    for (double const v : {50.0, 89.0, 300.0, 710.0, 1e4}) {
      add("all logits large", [&](std::size_t) { return v + normal(); });
      add("all logits far below 0", [&](std::size_t) { return -v + normal(); });
    }
    for (double const spread : {0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 1e4}) {
      for (int i = 0; i < 2; ++i) {
        add("random logits", [&](std::size_t) { return spread * normal(); });
      }
    }
    for (double const span : {1.0, 20.0, 110.0, 760.0}) {
      double const step = span / static_cast<double>(n_);
      add("descending logits", [&](std::size_t j) { return -step * static_cast<double>(j); });
      add("ascending logits", [&](std::size_t j) { return step * static_cast<double>(j); });
    }
    std::size_t const first = place();
    std::size_t const second = place();
    add("two equal logits above the others",
        [&](std::size_t j) { return j == first || j == second ? 2.5 : normal() - 6.0; });
    add("logits of 1e30 and -1e30", [&](std::size_t j) { return j == first ? 1e30 : j == second ? -1e30 : 0.0; });
    if (smallest_normal > 0.0) {
      double const high = std::log(smallest_normal);
      double const low = std::log(smallest) - 1.0;
      for (int i = 0; i < 2; ++i) {
        std::size_t const at = place();
        add("one logit above others with subnormal results",
            [&](std::size_t j) { return j == at ? 0.0 : low + (high - low) * uniform(); });
      }
    }
    add_specials();
    for (std::size_t i = rows_.size(); i > 1; --i) { // special rows between ordinary ones
      std::swap(rows_[i - 1], rows_[static_cast<std::size_t>(next() % i)]);
    }
  }

  [[nodiscard]] std::vector<named_row> rows() && { return std::move(rows_); }

private:
  void add_specials() {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    std::size_t const at = place();
    auto const among = [&](double x, std::size_t where) {
      return [this, x, where](std::size_t j) { return j == where ? x : normal(); };
    };
    add("every other class masked by -inf", [&](std::size_t j) { return j % 2 == 0 ? normal() : -infinity; });
    add("the first class masked by -inf", [&](std::size_t j) { return j == 0 && n_ > 1 ? -infinity : normal(); });
    add("the first half masked by -inf", [&](std::size_t j) { return j < n_ / 2 ? -infinity : normal(); });
    add("all classes but one masked by -inf", [&](std::size_t j) { return j == at ? 4.0 : -infinity; });
    add("only -inf", [&](std::size_t) { return -infinity; });
    add("one +inf", among(infinity, at));
    add("+inf and -inf", [&](std::size_t j) { return j == at ? infinity : -infinity; });
    add("NaN in front", among(nan, 0));
    add("NaN among numbers", among(nan, at));
    add("NaN at the end", among(nan, n_ - 1));
    add("NaN and -inf", [&](std::size_t j) { return j == at ? nan : -infinity; });
  }
  template <class F> void add(char const* name, F const& f) {
    rows_.push_back({name, {}});
    for (std::size_t j = 0; j < n_; ++j) {
      rows_.back().z.push_back(f(j));
    }
  }
  std::uint64_t next() { return state_ = mixed(state_); }
  std::size_t place() { return static_cast<std::size_t>(next() % n_); }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// About normal: the sum of four uniform numbers.
  double normal() { return (uniform() + uniform() + uniform() + uniform() - 2.0) * 1.7320508; }

  std::size_t n_;
  std::uint64_t state_;
  std::vector<named_row> rows_;
};

/// The lengths of rows that are tried: multiples of options.multiple_of, at most options.longest_call.
[[nodiscard]] inline std::vector<std::size_t> tried_columns(kernel_options const& o) {
  std::vector<std::size_t> all;
  for (std::size_t const n : {1u, 2u, 3u, 7u, 8u, 17u, 64u, 1000u}) {
    std::size_t const columns = (n + o.multiple_of - 1) / o.multiple_of * o.multiple_of;
    if ((all.empty() || columns > all.back()) && (all.empty() || columns <= o.longest_call)) {
      all.push_back(columns);
    }
  }
  return all;
}

/// Rows of more than 100 columns are tried of these kinds, one of each.
[[nodiscard]] inline bool is_tried_long(std::string_view name) {
  return name == "equal logits" || name == "random logits" || name == "one logit far above" ||
         name == "ascending logits" || name == "all logits far below 0" || name == "the first half masked by -inf" ||
         name == "NaN at the end";
}

/// Whether the options let a row be tried.
[[nodiscard]] inline bool is_wanted(std::vector<double> const& z, kernel_options const& o) {
  for (double const x : z) {
    if (satur::detail::is_finite(x) ? x < o.low || x > o.high : !o.specials) {
      return false;
    }
  }
  return true;
}

/// dL/dy of a row, in numbers that every floating format has: random ones, or 1 (-1) at one class and 0 elsewhere.
[[nodiscard]] inline std::vector<double> gradient_row(std::size_t columns, std::size_t top, std::size_t kind,
                                                      std::uint64_t seed) {
  std::vector<double> dy(columns);
  std::uint64_t state = mixed(seed);
  for (double& d : dy) {
    state = mixed(state);
    d = (static_cast<double>(state % 7) / 4.0 + 0.5) * ((state >> 32) % 2 == 0 ? 1.0 : -1.0);
  }
  if (kind != 0) {
    dy.assign(columns, 0.0);
    dy[kind == 1 ? top : static_cast<std::size_t>(state % columns)] = kind == 1 ? -1.0 : 1.0;
  }
  return dy;
}

} // namespace satur::inline SATUR_ABI::testing::detail
