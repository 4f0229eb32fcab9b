/// \file record/histogram.hpp  How z, slopes and gradients are spread: fixed edges, exact counters, mergeable.
///
/// The value alone; observe/histogram.hpp defines the members that read arrays.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/array/numbers.hpp"
#include "satur/error.hpp"
#include "satur/math/least_count.hpp"
#include "satur/record/bins.hpp"
#include "satur/record/histogram_text.hpp" // its operator<<
#include "satur/simd/level.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct record_access;
}

/// A histogram over fixed edges. A regular value: copy, compare, merge with += (exactly), reset with `clear()`.
/// Allocates when it is made and never again.
///
/// linear: bins of equal width over [low, high). logarithmic: bins of |x| over [2^first, 2^last), each octave cut into
/// equal parts, so that a bin is narrow in log10 |x|: at most 0.097 wide with four to an octave. Each bin holds edge(i)
/// <= x < edge(i + 1): exactly, at every level and on every machine.
///
/// What is outside has counters of its own: below, above, NaN, -inf, inf, and on the logarithmic scale 0. The extremes
/// are exact. For one thread at a time: give each its own and merge.
class histogram {
public:
  enum class scale { linear, logarithmic };

  /// Equal bins over [low, high). Throws std::invalid_argument where low < high does not hold, either is not finite, or
  /// bins is not in [1, 2^24].
  [[nodiscard]] SATUR_COMPILED_MEMBER static histogram linear(double low, double high, std::size_t bins)
#if SATUR_COMPILED
      ;
#else
  {
    if (!(low < high) || !detail::is_finite(low) || !detail::is_finite(high) || !detail::is_finite(high - low)) {
      detail::bad_parameter("histogram::linear", "(low, high)", detail::message("(", low, ", ", high, ")"),
                            "finite limits, low < high");
    }
    require_bins("histogram::linear", bins);
    double const width = (high - low) / static_cast<double>(bins);
    if (!(low + width > low && high - width < high)) {
      detail::bad_parameter("histogram::linear", "bins", bins, "so few that neighboring edges differ");
    }
    histogram h(scale::linear, bins);
    h.low_ = low;
    h.high_ = high;
    h.width_ = width;
    return h;
  }
#endif
  /// |x| from 2^first up to 2^last, `per_octave` bins (1, 2, 4, ... 64) to a doubling. Throws std::invalid_argument
  /// where first < last does not hold or the octaves are not in [-126, 127].
  [[nodiscard]] SATUR_COMPILED_MEMBER static histogram logarithmic(int first, int last, int per_octave = 4)
#if SATUR_COMPILED
      ;
#else
  {
    if (!(first < last) || first < -126 || last > 127) {
      detail::bad_parameter("histogram::logarithmic", "(first, last)", detail::message("(", first, ", ", last, ")"),
                            "-126 <= first < last <= 127");
    }
    if (per_octave < 1 || per_octave > 64 || (per_octave & (per_octave - 1)) != 0) {
      detail::bad_parameter("histogram::logarithmic", "per_octave", per_octave, "1, 2, 4, 8, 16, 32 or 64");
    }
    histogram h(scale::logarithmic, static_cast<std::size_t>(last - first) * static_cast<std::size_t>(per_octave));
    h.first_ = first;
    h.per_octave_ = per_octave;
    h.low_ = std::ldexp(1.0, first);
    h.high_ = std::ldexp(1.0, last);
    return h;
  }
#endif
  /// For pre-activations: 512 bins of 1/8 over [-32, 32).
  [[nodiscard]] static histogram of_z() { return linear(-32.0, 32.0, 512); }
  /// For slopes f'(z): |f'| from 2^-64 (5e-20) to 4, four bins to an octave.
  [[nodiscard]] static histogram of_slope() { return logarithmic(-64, 2); }
  /// For gradients: |g| from 2^-80 (8e-25) to 2^16 (65536), four bins to an octave.
  [[nodiscard]] static histogram of_gradient() { return logarithmic(-80, 16); }

  /// Adds the values of any container of float, double or long double.
  template <detail::numbers X> void observe(X const& x);
  /// Adds the first `block` of each `stride` values. Throws std::invalid_argument where block is not in [1, 1024] or
  /// greater than stride.
  template <std::floating_point T> void observe_blocks(std::span<T const> x, std::size_t block, std::size_t stride);
  /// Adds f'(z) for each z: what a slope histogram wants.
  template <class A, detail::numbers Z>
    requires activation<A, detail::value_t<Z>>
  void observe_slope(A const& act, Z const& z);

  [[nodiscard]] std::size_t bins() const { return bins_; }
  [[nodiscard]] scale kind() const { return kind_; }
  /// Bins to a doubling; 1 on the linear scale.
  [[nodiscard]] std::size_t per_octave() const { return static_cast<std::size_t>(per_octave_); }
  /// Lower edge of bin i; edge(bins()) is the upper edge of the last.
  [[nodiscard]] double edge(std::size_t i) const {
    if (kind_ == scale::linear) {
      return i == bins_ ? high_ : detail::linear_edge(static_cast<double>(i), low_, width_);
    }
    auto const parts = static_cast<std::size_t>(per_octave_);
    return std::ldexp(1.0 + static_cast<double>(i % parts) / static_cast<double>(parts),
                      first_ + static_cast<int>(i / parts));
  }
  /// What bin i holds. Throws std::out_of_range where there is no such bin.
  [[nodiscard]] std::uint64_t count(std::size_t i) const { return places_.at(i < bins_ ? 1 + i : places_.size()); }
  /// Finite, below the first edge (not 0 on the logarithmic scale); finite, at or above the last.
  [[nodiscard]] std::uint64_t below() const { return places_[0]; }
  [[nodiscard]] std::uint64_t above() const { return places_[bins_ + 1]; }
  /// Exactly 0, of either sign: in a bin too on the linear scale, in none on the logarithmic.
  [[nodiscard]] std::uint64_t zeros() const { return kind_ == scale::linear ? zeros_ : beside(detail::beside::zero); }
  [[nodiscard]] std::uint64_t nan() const { return beside(detail::beside::nan); }
  [[nodiscard]] std::uint64_t minus_infinite() const { return beside(detail::beside::minus_infinity); }
  [[nodiscard]] std::uint64_t plus_infinite() const { return beside(detail::beside::plus_infinity); }
  [[nodiscard]] std::uint64_t infinite() const { return minus_infinite() + plus_infinite(); }
  /// All that was seen but NaN.
  [[nodiscard]] std::uint64_t total() const {
    return std::accumulate(places_.begin(), places_.end(), std::uint64_t{0}) - nan();
  }
  /// Exact extremes of finite x (of |x| without zeros on the logarithmic scale); NaN where there was none.
  [[nodiscard]] double lowest() const { return lowest_ <= highest_ ? lowest_ : none; }
  [[nodiscard]] double highest() const { return lowest_ <= highest_ ? highest_ : none; }

  /// A quantile and where it certainly is: low <= exact <= high, `value` in between by a straight line. The bounds are
  /// those of the bin, narrowed by the extremes; outside the edges, of the whole tail.
  struct quantile_estimate {
    double value = none;
    double low = none;
    double high = none;
  };
  /// Of all that was seen but NaN (of |x| on the logarithmic scale): the smallest number that is no less than k of
  /// them, k the least count with k / total >= p, at least 1 (`math::least_count`). p = 0 and 1 are exact. All NaN
  /// where nothing was seen. Throws std::invalid_argument where p is not in [0, 1].
  [[nodiscard]] quantile_estimate quantile(double p) const {
    if (detail::is_nan(p) || !(p >= 0.0 && p <= 1.0)) {
      detail::bad_parameter("histogram::quantile", "p", p, "a share in [0, 1]");
    }
    std::uint64_t const all = total();
    if (all == 0) {
      return {};
    }
    std::uint64_t rank = (std::max<std::uint64_t>)(1, math::least_count(p, all));
    std::uint64_t const first_infinite = kind_ == scale::linear ? minus_infinite() : 0;
    std::uint64_t const last_infinite = infinite() - first_infinite;
    if (rank <= first_infinite) {
      return exactly(-std::numeric_limits<double>::infinity());
    }
    if (rank > all - last_infinite) {
      return exactly(std::numeric_limits<double>::infinity());
    }
    rank -= first_infinite;
    std::uint64_t finite = all - infinite();
    if (kind_ == scale::logarithmic) {
      if (rank <= zeros()) {
        return exactly(0.0);
      }
      rank -= zeros();
      finite -= zeros();
    }
    if (rank == 1 || rank == finite) {
      return exactly(rank == 1 ? lowest_ : highest_);
    }
    std::size_t place = 0;
    while (rank > places_[place]) {
      rank -= places_[place++];
    }
    quantile_estimate q;
    q.low = place == 0 ? lowest_ : (std::max)(lowest_, edge(place - 1));
    q.high = place == bins_ + 1 ? highest_ : (std::min)(highest_, edge(place));
    q.value = q.low + (q.high - q.low) * ((static_cast<double>(rank) - 0.5) / static_cast<double>(places_[place]));
    return q;
  }

  /// Adds what another one saw, exactly. Throws std::invalid_argument where the edges differ.
  histogram& operator+=(histogram const& o) {
    if (kind_ != o.kind_ || bins_ != o.bins_ || low_ != o.low_ || high_ != o.high_) {
      detail::raise(std::invalid_argument(detail::message(
          "satur::histogram: cannot merge ", detail::count_text(o.bins_, "bin"), " over ", o.range(), " into ",
          detail::count_text(bins_, "bin"), " over ", range(), "; merge histograms of the same edges")));
    }
    for (std::size_t i = 0; i < places_.size(); ++i) {
      places_[i] += o.places_[i];
    }
    zeros_ += o.zeros_;
    lowest_ = (std::min)(lowest_, o.lowest_);
    highest_ = (std::max)(highest_, o.highest_);
    return *this;
  }
  [[nodiscard]] friend histogram operator+(histogram a, histogram const& b) { return a += b; }
  /// Forgets what was seen, keeps the edges and the memory.
  void clear() {
    std::fill(places_.begin(), places_.end(), 0);
    zeros_ = 0;
    lowest_ = std::numeric_limits<double>::infinity();
    highest_ = -lowest_;
  }
  bool operator==(histogram const&) const = default;

private:
  friend struct detail::record_access; // save and load
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  histogram(scale kind, std::size_t bins)
      : kind_(kind), bins_(bins), places_(bins + static_cast<std::size_t>(detail::beside::places), 0) {}
  static void require_bins(char const* function, std::size_t bins) {
    if (bins == 0 || bins > (std::size_t{1} << 24)) {
      detail::bad_parameter(function, "bins", bins, "1 to 16777216");
    }
  }
  [[nodiscard]] static quantile_estimate exactly(double x) { return {x, x, x}; }
  [[nodiscard]] std::uint64_t beside(detail::beside what) const {
    return places_[bins_ + static_cast<std::size_t>(what)];
  }
  [[nodiscard]] std::string range() const {
    return detail::message(kind_ == scale::linear ? "[" : "|x| in [", low_, ", ", high_, ")");
  }

  template <class T> void add(T const* x, std::size_t n, detail::binned_blocks const& taken);
  template <class T> void add_part(T const* x, std::size_t n, detail::binned_blocks const& taken);

  scale kind_;
  std::size_t bins_;
  double low_ = 0.0;
  double high_ = 0.0;
  double width_ = 0.0; // linear scale only
  int first_ = 0;
  int per_octave_ = 1;
  std::vector<std::uint64_t> places_;
  std::uint64_t zeros_ = 0; // linear scale only
  double lowest_ = std::numeric_limits<double>::infinity();
  double highest_ = -std::numeric_limits<double>::infinity();
};

}} // namespace satur::SATUR_ABI
