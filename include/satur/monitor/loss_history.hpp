/// \file monitor/loss_history.hpp  The loss of a run in bounded memory.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/special_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct record_access;
struct replica_access;

/// `part` of a loss, for one above 0. A loss below 0 (a likelihood of densities has such losses) is moved by as much
/// of its size: 1.5 of -2 is -1, 0.5 of -2 is -3, so that more than 1 is always the worse.
[[nodiscard]] constexpr double part_of_loss(double loss, double part) {
  return loss < 0.0 ? loss * (2.0 - part) : loss * part;
}
} // namespace detail

/// Losses of successive steps as one: their number, mean, and variance.
struct loss_block {
  std::uint64_t first_step = 0;
  std::uint64_t count = 0; ///< finite losses
  std::uint64_t nonfinite = 0;
  double mean = 0.0;
  double deviations = 0.0; ///< sum of (loss - mean)^2

  /// Adds the block that follows.
  loss_block& operator+=(loss_block const& o) {
    if (count + nonfinite == 0) {
      return *this = o;
    }
    double const n = static_cast<double>(count);
    double const m = static_cast<double>(o.count);
    if (o.count != 0) {
      double const d = o.mean - mean;
      mean += d * (m / (n + m));
      deviations += o.deviations + d * d * (n * (m / (n + m)));
    }
    count += o.count;
    nonfinite += o.nonfinite;
    return *this;
  }
  /// Standard error of the mean; 0 for fewer than two losses.
  [[nodiscard]] double error() const {
    double const n = static_cast<double>(count);
    return count < 2 ? 0.0 : std::sqrt(deviations / (n - 1.0) / n);
  }
  bool operator==(loss_block const&) const = default;
};

/// The loss of every step, in at most 64 blocks of equal length. When all are full, each two neighbors become one. A
/// regular value.
class loss_history {
public:
  /// Records the loss of step `step`. `chance` is the loss of a model that knows nothing (ln C for cross entropy over C
  /// classes); NaN if it is not known. Both may be below 0.
  void add(std::uint64_t step, double loss, double chance = std::numeric_limits<double>::quiet_NaN()) {
    if (!detail::is_nan(chance)) {
      chance_ = chance;
    }
    if (size_ == 0 || blocks_[size_ - 1].count + blocks_[size_ - 1].nonfinite == length_) {
      if (size_ == blocks_.size()) {
        for (std::size_t i = 0; i < size_ / 2; ++i) {
          loss_block pair = blocks_[2 * i];
          pair += blocks_[2 * i + 1];
          blocks_[i] = pair;
        }
        size_ /= 2;
        length_ *= 2;
      }
      blocks_[size_++] = {.first_step = step};
    }
    loss_block& last = blocks_[size_ - 1];
    bool const finite = detail::is_finite(loss);
    std::uint64_t const first = last.first_step;
    last += finite ? loss_block{.first_step = step, .count = 1, .mean = loss}
                   : loss_block{.first_step = step, .nonfinite = 1};
    last.first_step = first;
    last_ = loss;
    ++seen_;
    if (!finite && !broke_) {
      broke_ = true;
      broke_at_ = step;
    }
  }

  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] bool empty() const { return seen_ == 0; }
  /// The last loss; NaN without losses.
  [[nodiscard]] double last() const { return last_; }
  /// The loss of a model that knows nothing, as handed over; NaN if it was not.
  [[nodiscard]] double chance() const { return chance_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] loss_block const& operator[](std::size_t i) const { return blocks_[i]; }
  /// Whether a loss was NaN or infinite, and the first step in which it was.
  [[nodiscard]] bool nonfinite() const { return broke_; }
  [[nodiscard]] std::uint64_t nonfinite_step() const { return broke_at_; }
  /// The losses of the part of the run between the shares `from` and `to`, both in [0, 1]: whole blocks, at least one.
  /// `between(0.8, 1.0)` is the last fifth.
  [[nodiscard]] loss_block between(double from, double to) const {
    double const n = static_cast<double>(size_);
    auto const first = static_cast<std::size_t>(from * n);
    auto const last = static_cast<std::size_t>(std::ceil(to * n));
    loss_block all;
    for (std::size_t i = (std::min)(first, size_ == 0 ? 0 : size_ - 1); i < (std::min)(last, size_); ++i) {
      all += blocks_[i];
    }
    return all;
  }
  /// The first block; empty without losses.
  [[nodiscard]] loss_block start() const { return size_ == 0 ? loss_block{} : blocks_[0]; }
  /// Whether the first losses may be those of a net that has learned nothing. False if they came after the first step,
  /// or if no loss of the first fifth, or the first 8 blocks, can have been 0.9 of chance: the run is watched from its
  /// middle, or went on from trained weights. Without chance only the step can tell.
  [[nodiscard]] bool start_seen() const {
    if (size_ == 0 || blocks_[0].first_step != 0) {
      return false;
    }
    for (std::size_t i = 0; i < size_ && i < (std::max)(size_ / 5, std::size_t{8}); ++i) {
      // a loss that high adds at least the square of this
      double const below = detail::part_of_loss(chance_, 0.9) - blocks_[i].mean;
      if (!(detail::is_above(below, 0.0) && below * below > blocks_[i].deviations)) {
        return true;
      }
    }
    return false;
  }

  /// Forgets the losses; keeps `chance`.
  void clear() {
    double const chance = chance_;
    *this = {};
    chance_ = chance;
  }
  /// Appends the losses of another run: each of its blocks counts as one loss, its mean.
  loss_history& operator+=(loss_history const& o) {
    for (std::size_t i = 0; i < o.size_; ++i) {
      loss_block const& b = o.blocks_[i];
      if (b.count != 0) {
        add(b.first_step, b.mean, o.chance_);
      } else if (b.nonfinite != 0) {
        add(b.first_step, std::numeric_limits<double>::quiet_NaN(), o.chance_);
      }
    }
    return *this;
  }
  /// NaN equals NaN.
  bool operator==(loss_history const& o) const {
    auto const same = [](double a, double b) { return a == b || (detail::is_nan(a) && detail::is_nan(b)); };
    return blocks_ == o.blocks_ && size_ == o.size_ && length_ == o.length_ && seen_ == o.seen_ &&
           same(last_, o.last_) && same(chance_, o.chance_) && broke_ == o.broke_ && broke_at_ == o.broke_at_;
  }

private:
  friend struct detail::record_access;  // save and load
  friend struct detail::replica_access; // replicas

  std::array<loss_block, 64> blocks_{};
  std::size_t size_ = 0;
  std::uint64_t length_ = 1; ///< losses in a block
  std::uint64_t seen_ = 0;
  std::uint64_t broke_at_ = 0;
  bool broke_ = false;
  double last_ = std::numeric_limits<double>::quiet_NaN();
  double chance_ = std::numeric_limits<double>::quiet_NaN();
};

}} // namespace satur::SATUR_ABI
