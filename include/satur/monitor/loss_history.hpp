/// \file monitor/loss_history.hpp  The loss of a run in bounded memory, and whether the run learns.
#pragma once

#include "satur/error.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct record_access;
}

/// What the loss says of a run.
enum class run_state : std::uint8_t { unknown, learning, converged, stalled, at_chance, diverging };
[[nodiscard]] constexpr std::string_view to_text(run_state s) {
  switch (s) {
  case run_state::learning:
    return "learning";
  case run_state::converged:
    return "converged";
  case run_state::stalled:
    return "stalled";
  case run_state::at_chance:
    return "at chance";
  case run_state::diverging:
    return "diverging";
  case run_state::unknown:
    break;
  }
  return "unknown";
}

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
  /// classes); NaN if it is not known.
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
      double const below = 0.9 * chance_ - blocks_[i].mean; // a loss that high adds at least the square of this
      if (!(below > 0.0 && below * below > blocks_[i].deviations)) {
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
  friend struct detail::record_access; // save and load

  std::array<loss_block, 64> blocks_{};
  std::size_t size_ = 0;
  std::uint64_t length_ = 1; ///< losses in a block
  std::uint64_t seen_ = 0;
  std::uint64_t broke_at_ = 0;
  bool broke_ = false;
  double last_ = std::numeric_limits<double>::quiet_NaN();
  double chance_ = std::numeric_limits<double>::quiet_NaN();
};

/// Judges a run by its loss. "start" is the mean of the first block, "recent" of the last fifth of the run, "middle" of
/// the third fifth, "best" the lowest of the five. A comparison "by error" must hold for recent - 3 standard errors.
/// The first that holds:
///
/// - unknown: fewer than 10 losses.
/// - diverging: a recent loss is NaN or infinite; or recent > 1.1 began, and > began by error, with "began" the larger
/// of
///   start and of the mean of the first tenth plus 3 standard errors; or recent > 1.5 best, > 1.1 best by error, and
///   > 0.2 start.
/// - converged: recent < 0.1 start, and not > 0.5 chance.
/// - at chance: recent is 0.97 to 1.5 times chance, if chance is known. Above that it is diverging if it is > start.
/// - converged, stalled or unknown: recent > 0.98 middle and > 0.5 start. It is stalled if recent > 0.5 chance,
/// converged
///   if not, and unknown if chance is not known: a run that learns nothing has such a loss, and so has one that is
///   watched from its middle and has converged.
/// - learning: otherwise.
///
/// If chance is known, a run whose recent loss is finite and < 0.2 chance is not diverging: one that is watched from
/// its middle begins with a low loss.
[[nodiscard]] inline run_state judge(loss_history const& losses) {
  if (losses.seen() < 10) {
    return run_state::unknown;
  }
  loss_block const recent = losses.between(0.8, 1.0);
  loss_block const start = losses.start();
  if (recent.nonfinite != 0) {
    return run_state::diverging;
  }
  double best = recent.mean;
  for (int i = 0; i < 4; ++i) {
    loss_block const fifth = losses.between(0.2 * i, 0.2 * (i + 1));
    if (fifth.count != 0) {
      best = (std::min)(best, fifth.mean);
    }
  }
  double const doubt = 3.0 * recent.error();
  loss_block const early = losses.between(0.0, 0.1); // the first loss alone is as noisy as any
  double const began = (std::max)(start.mean, early.mean + 3.0 * early.error());
  bool const low = recent.mean < 0.2 * losses.chance();
  if (!low && ((recent.mean > 1.1 * began && recent.mean - doubt > began) ||
               (recent.mean > 1.5 * best && recent.mean - doubt > 1.1 * best && recent.mean > 0.2 * start.mean))) {
    return run_state::diverging;
  }
  if (recent.mean < 0.1 * start.mean && !(recent.mean > 0.5 * losses.chance())) {
    return run_state::converged;
  }
  if (recent.mean > 1.5 * losses.chance()) {
    if (recent.mean > start.mean) {
      return run_state::diverging;
    }
  } else if (recent.mean > 0.97 * losses.chance()) {
    return run_state::at_chance;
  }
  loss_block const middle = losses.between(0.4, 0.6);
  if (recent.mean > 0.98 * middle.mean && recent.mean > 0.5 * start.mean) {
    return detail::is_nan(losses.chance())       ? run_state::unknown
           : recent.mean > 0.5 * losses.chance() ? run_state::stalled
                                                 : run_state::converged;
  }
  return run_state::learning;
}

/// "loss 0.342 at the last of 300 steps, 2.303 at the start: learning". If the start was not seen, or if the loss is
/// flat and chance is not known, the text says so.
inline std::ostream& operator<<(std::ostream& out, loss_history const& l) {
  run_state const state = judge(l);
  out << "loss " << text::significant(l.last(), 4) << " at the last of " << text::number(l.seen()) << " steps, "
      << text::significant(l.start().mean, 4)
      << (l.empty() || l.start_seen() ? " at the start: " : " at the first of them (the start was not seen): ")
      << to_text(state);
  if (state == run_state::unknown && l.seen() >= 10) {
    out << ", because the loss is flat and that of a model that knows nothing was not handed over";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
