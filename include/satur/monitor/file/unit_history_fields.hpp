/// \file monitor/file/unit_history_fields.hpp  What is saved of the history of a layer's units, in order.
#pragma once

#include "satur/monitor/file/format_fields.hpp"
#include "satur/monitor/history/unit_history.hpp"

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// A list as those of `record_access`, since format 7.
struct unit_history_access : format_access {
  template <class Archive, class R> static void unit_lines(Archive& ar, R& r) {
    all(ar, r.most_, r.groups_most_, r.units_, r.peak_slope_, r.stride_);
    std::size_t n = r.windows_.size();
    if constexpr (Archive::reading) {
      ar.require(r.most_ != 1 && r.most_ <= 4096 && r.groups_most_ != 0 && r.groups_most_ <= 4096 &&
                     std::has_single_bit(r.stride_),
                 "a history of units of at most 4096 windows and groups");
      n = ar.count("windows of a history of units", 24);
      ar.require(n <= r.most_ && (n == 0 || r.units_ != 0), "no more windows of units than the history may hold");
      std::size_t const groups = (std::min)(r.units_, r.groups_most_);
      ar.require((2 + n) * groups <= ar.left() / 24, "the cells of a history of units");
      r.windows_.assign(n, {});
      r.cells_.assign(n * groups, {});
      r.open_cells_.assign(groups, {});
      r.before_.assign(groups, {});
    } else {
      ar.number(n);
    }
    std::uint64_t earlier = 0;
    for (auto& w : r.windows_) {
      window(ar, w);
      if constexpr (Archive::reading) {
        ar.require(w.steps != 0 && w.first <= w.last && (&w == r.windows_.data() || w.first > earlier),
                   "windows of units in order");
        earlier = w.last;
      }
    }
    window(ar, r.open_);
    if constexpr (Archive::reading) {
      ar.require(n + (r.open_.steps == 0 ? 0 : 1) <= r.most_, "no more windows of units than the history may hold");
    }
    for (auto* const cells : {&r.cells_, &r.open_cells_, &r.before_}) {
      for (auto& c : *cells) {
        all(ar, c.count, c.saturated, c.slope);
        if constexpr (Archive::reading) {
          ar.require(c.saturated <= c.count, "no more saturated units than were seen");
        }
      }
    }
  }

private:
  template <class Archive, class R> static void window(Archive& ar, R& w) { all(ar, w.first, w.last, w.steps); }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
