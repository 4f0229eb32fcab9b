/// \file rowwise/online_entropy.hpp  The entropy of a softmax whose logits come block by block, as in a fused kernel of
/// attention.
///
///     satur::online_entropy row;
///     for (auto const& block : blocks) row.add(std::span<float const>(block)); // logits of one row, in any pieces
///     double const h = row.entropy();
#pragma once

#include "satur/math/exp.hpp"
#include "satur/rowwise/pass.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>

namespace satur { inline namespace SATUR_ABI {

/// The entropy H = lse - E[z] of one row of logits z, with lse = log sum e^z and E[z] = sum p z. The sums are kept
/// relative to the largest logit m that was seen, as a fused kernel keeps its running maximum and sum; a new maximum
/// scales them by e^(m - new m). A regular value: parts of a row merge with +=, in any order, to the last few bits.
///
/// A kernel of yours that has m, the sum of e^(z - m) and the sum of e^(z - m) (z - m) already writes the members:
/// largest = m, others = sum - 1, weighted, allowed = keys seen.
///
/// Special values: -inf is a masked key. A row with NaN or +inf has no softmax, and a row without a key that is not
/// masked has none either: every reading is NaN.
///
/// Accuracy: no reading cancels. With s' the sum without the largest, H = log1p(s') - weighted / (1 + s'), so it keeps
/// its digits if the largest p rounds to 1; m + log s - E[z] would not.
struct online_entropy {
  double largest = -std::numeric_limits<double>::infinity(); ///< m
  double others = 0.0;                                       ///< sum of e^(z - m) without one of the largest
  double weighted = 0.0;                                     ///< sum of e^(z - m) (z - m), 0 or below
  std::uint64_t allowed = 0;                                 ///< logits that are not -inf
  std::uint64_t nonfinite = 0;                               ///< blocks with NaN or +inf

  /// Adds logits of the row.
  template <std::floating_point T> void add(std::span<T const> logits) {
    if (!logits.empty()) {
      visitor into{*this};
      detail::run_rows<detail::row_output::nothing, true>(logits, static_cast<T**>(nullptr), {1, logits.size()}, into,
                                                          detail::unweighted{});
    }
  }
  /// Adds one logit.
  template <std::floating_point T> void add(T logit) { add(std::span<T const>(&logit, 1)); }

  /// Adds another part of the same row.
  online_entropy& operator+=(online_entropy const& o) {
    nonfinite += o.nonfinite;
    if (o.allowed == 0) {
      return *this;
    }
    if (allowed == 0) {
      std::uint64_t const bad = nonfinite; // of both
      *this = o;
      nonfinite = bad;
      return *this;
    }
    online_entropy const& top = largest >= o.largest ? *this : o;
    online_entropy const& low = largest >= o.largest ? o : *this;
    double const moved = low.largest - top.largest;
    double const factor = moved < -708.0 ? 0.0 : math::exp(moved);
    double const sum = 1.0 + low.others;
    double const new_others = top.others + factor * sum;
    double const new_weighted = top.weighted + (factor > 0.0 ? factor * (low.weighted + moved * sum) : 0.0);
    largest = top.largest;
    others = new_others;
    weighted = new_weighted;
    allowed += o.allowed;
    return *this;
  }
  [[nodiscard]] friend online_entropy operator+(online_entropy a, online_entropy const& b) { return a += b; }
  bool operator==(online_entropy const&) const = default;

  /// -sum p log p, in nats.
  [[nodiscard]] double entropy() const { return known(math::log1p(others) - weighted / (1.0 + others)); }
  /// log sum e^z.
  [[nodiscard]] double logsumexp() const { return known(largest + math::log1p(others)); }
  /// E[z] = sum p z.
  [[nodiscard]] double mean_logit() const { return known(largest + weighted / (1.0 + others)); }
  [[nodiscard]] double max_probability() const { return known(1.0 / (1.0 + others)); }
  /// 1 - (largest p), with all its digits.
  [[nodiscard]] double complement() const { return known(others / (1.0 + others)); }

private:
  struct visitor {
    online_entropy& row;
    template <class T> SATUR_NOINLINE void close(std::size_t, detail::row_summary<T> const& r) {
      online_entropy part;
      if (r.kind == detail::row_kind::good) {
        part.largest = static_cast<double>(r.largest);
        part.others = static_cast<double>(r.others);
        part.weighted = static_cast<double>(r.weighted);
        part.allowed = r.allowed;
      } else {
        part.nonfinite = r.kind == detail::row_kind::minus_infinity ? 0 : 1;
      }
      row += part;
    }
  };

  [[nodiscard]] double known(double reading) const {
    return allowed == 0 || nonfinite != 0 ? std::numeric_limits<double>::quiet_NaN() : reading;
  }
};

}} // namespace satur::SATUR_ABI
