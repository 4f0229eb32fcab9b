/// \file layer/attention_saturation.hpp  The record of one head of attention: its largest logit, and the entropy of its
/// rows.
#pragma once

#include "satur/rowwise/entropy_bound.hpp"
#include "satur/rowwise/observe.hpp"
#include "satur/text/number.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// What a pass over the logits of a head saw. A row is one query; its keys are those that it may see. A regular value:
/// merge with += (heads, batches, machines), reset with `= {}`. Padded queries, and rows that may see no key, are in
/// `masked` and in no other number.
///
/// A row with one key has p = 1, whatever its logit: it is counted in `rows.single`, and no share of rows has it.
struct attention_saturation {
  row_saturation rows;           ///< largest p, entropy and slope of the rows; `elements` counts the keys they see
  std::uint64_t low_entropy = 0; ///< rows whose entropy is below entropy_limit log(keys)
  std::uint64_t masked = 0;      ///< padded queries, and rows that may see no key
  compensated_sum entropy_bound; ///< sum of the rows' entropy_lower_bound
  /// S_max, the largest logit that the softmax saw. -inf if there was none.
  double largest_logit = -std::numeric_limits<double>::infinity();
  /// The largest q k / sqrt(width) before the softcap; the same as largest_logit without one.
  double largest_product = -std::numeric_limits<double>::infinity();
  double entropy_limit = 0.1;

  /// Share of rows whose largest p is above the threshold of the rule (0.99): their softmax hardly learns.
  [[nodiscard]] double fraction() const { return share(rows.saturated - rows.single); }
  /// Share of rows whose entropy is below entropy_limit log(keys): entropy collapse.
  [[nodiscard]] double low_entropy_fraction() const { return share(low_entropy); }
  [[nodiscard]] double mean_max_probability() const { return rows.mean_max_probability(); }
  /// Mean over rows of -sum p log p, in nats.
  [[nodiscard]] double mean_entropy() const { return rows.mean_entropy(); }
  /// Mean over rows of the entropy relative to log(keys): 1 if all keys get the same.
  [[nodiscard]] double normalized_entropy() const { return rows.normalized_entropy(); }
  /// Mean over rows of the least entropy that logits of their size can have; see entropy_lower_bound.
  [[nodiscard]] double mean_entropy_bound() const {
    return rows.rows == 0 ? std::numeric_limits<double>::quiet_NaN()
                          : entropy_bound.value() / static_cast<double>(rows.rows);
  }
  /// Mean over rows and the keys they see of p (1 - p), the slope of a probability in its own logit.
  [[nodiscard]] double mean_derivative() const { return rows.mean_derivative(); }
  /// That slope relative to equal probabilities: 1 if all keys get the same.
  [[nodiscard]] double slope_share() const { return rows.slope_share(); }
  [[nodiscard]] bool empty() const { return rows.empty() && masked == 0; }

  /// Merges another record. Throws std::invalid_argument if the limits differ.
  attention_saturation& operator+=(attention_saturation const& o) {
    if (o.empty()) {
      return *this;
    }
    if (empty()) {
      return *this = o;
    }
    if (entropy_limit != o.entropy_limit) {
      detail::raise(std::invalid_argument(
          detail::message("satur::attention_saturation: cannot merge a record of an entropy below ", entropy_limit,
                          " log(keys) with one of ", o.entropy_limit, " log(keys); merge records of one limit")));
    }
    rows += o.rows;
    low_entropy += o.low_entropy;
    masked += o.masked;
    entropy_bound += o.entropy_bound;
    largest_logit = o.largest_logit > largest_logit ? o.largest_logit : largest_logit;
    largest_product = o.largest_product > largest_product ? o.largest_product : largest_product;
    return *this;
  }
  [[nodiscard]] friend attention_saturation operator+(attention_saturation a, attention_saturation const& b) {
    return a += b;
  }
  bool operator==(attention_saturation const&) const = default;

private:
  [[nodiscard]] double share(std::uint64_t part) const {
    return rows.rows == rows.single ? std::numeric_limits<double>::quiet_NaN()
                                    : static_cast<double>(part) / static_cast<double>(rows.rows - rows.single);
  }
};

/// The record of a head, and its name: "head 0".
struct named_attention {
  std::string name;
  attention_saturation record;
};

/// Writes the record in a few lines, each number with its meaning.
inline std::ostream& operator<<(std::ostream& out, attention_saturation const& s) {
  out << "attention: " << detail::count_text(s.rows.rows, "row") << ", saturated where the largest p > "
      << text::number(s.rows.rule.threshold) << '\n'
      << "  saturated    " << text::percent(s.fraction()) << " %  (entropy below " << text::number(s.entropy_limit)
      << " log(keys): " << text::percent(s.low_entropy_fraction()) << " %)\n"
      << "  largest      logit " << text::significant(s.largest_logit, 4);
  if (s.largest_product != s.largest_logit) {
    out << ", before the softcap " << text::significant(s.largest_product, 4);
  }
  out << "; p mean " << text::significant(s.mean_max_probability(), 4) << '\n'
      << "  entropy      mean " << text::significant(s.mean_entropy(), 4) << " nats  ("
      << text::percent(s.normalized_entropy()) << " % of equal probabilities), at least "
      << text::significant(s.mean_entropy_bound(), 4) << " for logits of this size\n"
      << "  mean slope   " << text::significant(s.mean_derivative(), 4) << "  (" << text::percent(s.slope_share())
      << " % of equal probabilities)\n";
  if (s.rows.single != 0 || s.masked != 0) {
    out << "  left out     " << detail::count_text(s.rows.single, "row")
        << (s.rows.single == 1 ? " that sees" : " that see") << " one key, of the shares; "
        << detail::count_text(s.masked, "masked row") << ", of all\n";
  }
  if (s.rows.nonfinite()) {
    out << "  NOT FINITE   " << detail::count_text(s.rows.nan, "row") << " with NaN, " << s.rows.infinite
        << " with +inf (in no other number but the largest)\n";
  }
  return out;
}

namespace detail {

/// Adds rows of logits to the record of a head.
struct attention_visitor {
  attention_saturation& record;
  reading_visitor rows;
  std::size_t length = 0;         // of a row
  double sum = 0.0, square = 0.0; // of z - m over the keys of the row, m the largest

  explicit attention_visitor(attention_saturation& of, std::size_t keys) : record(of), rows{of.rows, 0}, length(keys) {}

  // Not inlined, so that every instruction set gives the same bits. Eight sums side by side, which the compiler puts
  // into registers.
  template <class T> SATUR_NOINLINE void measure(T const* z, std::size_t n, T largest) {
    constexpr std::size_t width = 8;
    double sums[width] = {}, squares[width] = {};
    double const m = static_cast<double>(largest);
    auto const add = [&](std::size_t lane, T x) {
      double const off = x >= std::numeric_limits<T>::lowest() ? static_cast<double>(x) - m : 0.0;
      sums[lane] += off;
      squares[lane] += off * off;
    };
    std::size_t j = 0;
    for (; j + width <= n; j += width) {
      for (std::size_t lane = 0; lane < width; ++lane) {
        add(lane, z[j + lane]);
      }
    }
    for (; j < n; ++j) {
      add(0, z[j]);
    }
    sum = square = 0.0;
    for (std::size_t lane = 0; lane < width; ++lane) {
      sum += sums[lane];
      square += squares[lane];
    }
    record.largest_logit = m > record.largest_logit ? m : record.largest_logit;
  }
  template <class T> void open(std::size_t, T const* z, T largest) { measure(z, length, largest); }
  template <class T> SATUR_NOINLINE void close(std::size_t number, row_summary<T> const& r) {
    rows.length = static_cast<std::size_t>(r.allowed);
    rows.close(number, r);
    if (r.kind == row_kind::good) {
      double const keys = static_cast<double>(r.allowed);
      double const centered = square - sum / keys * sum; // loses a factor of `keys` at most
      record.entropy_bound += entropy_lower_bound(rows.length, math::sqrt(centered > 0.0 ? centered : 0.0));
      record.low_entropy += r.allowed > 1 && entropy_of(r) < record.entropy_limit * math::log1p(keys - 1.0) ? 1 : 0;
    }
  }
};

/// Adds `rows` rows of `keys` logits to the record.
template <class T>
void observe_attention(attention_saturation& record, T const* z, std::size_t rows, std::size_t keys) {
  attention_visitor visitor(record, keys);
  std::span<T const> const all(z, rows * keys);
  run_rows<row_output::nothing, true>(all, static_cast<T**>(nullptr), {rows, keys}, visitor, unweighted{});
}

} // namespace detail

}} // namespace satur::SATUR_ABI
