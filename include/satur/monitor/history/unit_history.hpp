/// \file monitor/history/unit_history.hpp  How the units of a layer changed over a run, in bounded memory: groups of
/// neighboring units over windows of steps.
#pragma once

#include "satur/monitor/history.hpp"
#include "satur/record/units/unit_records.hpp"
#include "satur/record/units/unit_window.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct unit_history_access;
}

/// The units of a layer over the steps of a run: `history_options::unit_groups` groups of neighboring units over at
/// most `history_options::unit_windows` windows. Windows have equally many sampled steps but for the last, which may be
/// open; where one more would not fit, neighbors become one, and later windows are twice as long. Where the layer has
/// fewer units than groups, each unit is a group.
///
/// Memory: 24 bytes a group and window, taken with the first step: 154 kB for 64 groups and 100 windows. Time: the
/// units are read where a window ends, so about windows log2(steps / windows) times in a run.
class unit_history {
public:
  unit_history() = default;
  explicit unit_history(history_options const& options)
      : most_(options.unit_windows), groups_most_(options.unit_groups) {
    options.require_valid();
  }

  [[nodiscard]] std::size_t units() const { return units_; }
  [[nodiscard]] std::size_t groups() const { return before_.size(); }
  [[nodiscard]] std::size_t size() const { return windows_.size(); }
  [[nodiscard]] bool empty() const { return windows_.empty(); }
  [[nodiscard]] double peak_slope() const { return peak_slope_; } ///< 0 where the activation does not state it
  /// The w-th window, the oldest first; w < size().
  [[nodiscard]] unit_window const& window(std::size_t w) const { return windows_[w]; }
  /// Group g of window w; w < size(), g < groups().
  [[nodiscard]] unit_cell const& operator()(std::size_t w, std::size_t g) const { return cells_[w * groups() + g]; }
  /// The first unit of group g; that of group `groups()` is `units()`.
  [[nodiscard]] std::size_t first_unit(std::size_t g) const {
    return groups() == 0 ? 0 : (g * units_ + groups() - 1) / groups();
  }
  /// Mean f'(z) of a cell as a share of the peak slope; NaN where either is not known.
  [[nodiscard]] double slope_share(std::size_t w, std::size_t g) const {
    return peak_slope_ > 0.0 ? (*this)(w, g).mean_derivative() / peak_slope_ : std::numeric_limits<double>::quiet_NaN();
  }

  /// A sampled step has ended; `units` is what was recorded since they were last forgotten. Steps come in order.
  void push(std::uint64_t step, unit_records const& units) {
    if (most_ == 0 || units.size() == 0) {
      return;
    }
    if (before_.empty()) {
      units_ = units.size();
      before_.resize((std::min)(units_, groups_most_));
      open_cells_.resize(before_.size());
      cells_.reserve(most_ * before_.size());
      windows_.reserve(most_);
    }
    peak_slope_ = units.peak_slope();
    if (open_.steps == 0 && windows_.size() == most_) {
      halve();
    }
    if (open_.steps == 0) {
      open_.first = step;
    }
    open_.last = step;
    ++open_.steps;
    if (open_.steps >= stride_) {
      flush(units);
      close();
    }
  }
  /// Adds what `units` saw since the last call to the window that is open: before they are forgotten or merged, and
  /// before another history is added.
  void flush(unit_records const& units) {
    for (std::size_t g = 0; g < groups(); ++g) {
      unit_cell const now = total(units, g);
      open_cells_[g].count += now.count - before_[g].count;
      open_cells_[g].saturated += now.saturated - before_[g].saturated;
      open_cells_[g].slope += now.slope - before_[g].slope;
      before_[g] = now;
    }
  }
  /// Takes what `units` hold for known: after they were forgotten or merged.
  void follow(unit_records const& units) {
    for (std::size_t g = 0; g < groups(); ++g) {
      before_[g] = total(units, g);
    }
  }
  /// The history up to now: the window that is open, if it has steps, is the last.
  [[nodiscard]] unit_history with_open_window(unit_records const& units) const {
    unit_history h = *this;
    if (h.open_.steps != 0) {
      h.flush(units);
      h.close();
    }
    return h;
  }
  void clear() {
    windows_.clear();
    cells_.clear();
    before_.assign(before_.size(), unit_cell{});
    open_cells_.assign(groups(), unit_cell{});
    open_ = {};
    stride_ = 1;
  }

  /// Throws std::invalid_argument where `+=` cannot add the other.
  void require_mergeable(unit_history const& o) const {
    if (groups() != 0 && o.groups() != 0 && (units_ != o.units_ || groups() != o.groups())) {
      detail::raise(std::invalid_argument(
          detail::message("satur::unit_history: cannot merge ", detail::count_text(groups(), "group"), " of ",
                          detail::count_text(units_, "unit"), " with ", o.groups(), " of ", o.units_,
                          "; record with the same history_options::unit_groups")));
    }
  }
  /// Adds another history: windows that share a step become one, the others are put in between, and where there are
  /// more than fit, neighbors become one. Both must be flushed; `follow` comes after their units were merged.
  unit_history& operator+=(unit_history const& o) {
    require_mergeable(o);
    if (most_ == 0 || o.before_.empty()) {
      return *this;
    }
    if (before_.empty()) {
      std::size_t const most = most_;
      *this = o;
      most_ = most;
    } else {
      merge(o);
    }
    while (windows_.size() + (open_.steps == 0 ? 0 : 1) > most_) {
      halve();
    }
    return *this;
  }
  bool operator==(unit_history const&) const = default;

private:
  friend struct detail::unit_history_access; // save and load

  [[nodiscard]] unit_cell total(unit_records const& units, std::size_t g) const {
    unit_cell sum;
    for (std::size_t u = first_unit(g), end = first_unit(g + 1); u < end; ++u) {
      unit_summary const s = units[u];
      sum.count += static_cast<std::uint64_t>(s.samples);
      sum.saturated += static_cast<std::uint64_t>(s.low + s.high);
      sum.slope += s.mean_slope * s.samples;
    }
    return sum;
  }
  /// Adds window `w` of `from` to window `to_w` of `to`.
  void add(std::vector<unit_cell> const& from, std::size_t w, std::vector<unit_cell>& to, std::size_t to_w) const {
    for (std::size_t g = 0; g < groups(); ++g) {
      to[to_w * groups() + g] += from[w * groups() + g];
    }
  }
  void move(std::size_t from, std::size_t to) {
    for (std::size_t g = 0; g < groups(); ++g) {
      cells_[to * groups() + g] = cells_[from * groups() + g];
    }
  }
  void close() {
    windows_.push_back(open_);
    cells_.insert(cells_.end(), open_cells_.begin(), open_cells_.end());
    open_ = {};
    open_cells_.assign(open_cells_.size(), unit_cell{});
  }
  /// Neighbors become one; one without a neighbor is open again.
  void halve() {
    std::size_t const n = windows_.size() / 2;
    for (std::size_t w = 0; w < n; ++w) {
      unit_window const& second = windows_[2 * w + 1];
      windows_[w] = {windows_[2 * w].first, second.last, windows_[2 * w].steps + second.steps};
      add(cells_, 2 * w + 1, cells_, 2 * w);
      move(2 * w, w);
    }
    if (windows_.size() % 2 != 0) {
      unit_window const& odd = windows_.back();
      open_ = {odd.first, open_.steps == 0 ? odd.last : open_.last, odd.steps + open_.steps};
      add(cells_, 2 * n, open_cells_, 0);
    }
    windows_.resize(n);
    cells_.resize(n * groups());
    stride_ *= 2;
  }
  void merge(unit_history theirs) {
    if (open_.steps != 0 && theirs.open_.steps != 0 && !(open_ == theirs.open_)) { // the one that ended first is closed
      (open_.last < theirs.open_.last ? *this : theirs).close();
    }
    if (open_.steps == 0) {
      open_ = theirs.open_;
    }
    add(theirs.open_cells_, 0, open_cells_, 0);
    peak_slope_ = (std::max)(peak_slope_, theirs.peak_slope_);
    stride_ = (std::max)(stride_, theirs.stride_);
    merge_windows(theirs);
  }
  void merge_windows(unit_history const& o) {
    std::vector<unit_window> windows;
    std::vector<unit_cell> cells;
    for (std::size_t i = 0, k = 0; i < size() || k < o.size();) {
      bool const mine = k == o.size() || (i < size() && windows_[i].first <= o.windows_[k].first);
      unit_history const& from = mine ? *this : o;
      std::size_t const w = mine ? i++ : k++;
      unit_window const& next = from.windows_[w];
      bool const joins = !windows.empty() && next.first <= windows.back().last;
      if (joins) {
        bool const same = windows.back() == next; // the same steps, seen by two
        windows.back().steps = same ? next.steps : windows.back().steps + next.steps;
        windows.back().last = (std::max)(windows.back().last, next.last);
      } else {
        windows.push_back(next);
        cells.resize(cells.size() + groups());
      }
      add(from.cells_, w, cells, windows.size() - 1);
    }
    windows_ = std::move(windows);
    cells_ = std::move(cells);
    if (open_.steps != 0 && !windows_.empty() && open_.first <= windows_.back().last) { // begun within the last
      windows_.back().last = (std::max)(windows_.back().last, open_.last);
      windows_.back().steps += open_.steps;
      add(open_cells_, 0, cells_, windows_.size() - 1);
      open_ = {};
      open_cells_.assign(groups(), unit_cell{});
    }
  }

  std::size_t most_ = 0;
  std::size_t groups_most_ = 64;
  std::size_t units_ = 0;
  double peak_slope_ = 0.0;
  std::uint64_t stride_ = 1; ///< sampled steps of a window
  std::vector<unit_window> windows_;
  std::vector<unit_cell> cells_; ///< window after window
  unit_window open_;
  std::vector<unit_cell> open_cells_;
  std::vector<unit_cell> before_; ///< what the records of units held when they were last read
};

}} // namespace satur::SATUR_ABI
