/// \file monitor/file/fields.hpp  What is saved of each record, in order: one list for writing and reading.
#pragma once

#include "satur/monitor/file/archive.hpp"
#include "satur/monitor/history.hpp"
#include "satur/monitor/loss_history.hpp"
#include "satur/monitor/sampling.hpp"
#include "satur/record/layer_histograms.hpp"
#include "satur/record/origin.hpp"

#include <algorithm>
#include <optional>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// record_access::fields(archive, record), for every record of a whole layer. The archive is a byte_writer, and the
/// record const, or a byte_reader. A change of any list is a new `newest_format`.
struct record_access {
  template <class R, class T> static constexpr bool is = std::same_as<std::remove_const_t<R>, T>; // R is T or T const

  template <class Archive, class R> static void fields(Archive& ar, R& r) {
    if constexpr (archived_number<std::remove_const_t<R>>) {
      ar.number(r);
    } else if constexpr (is<R, label>) {
      name(ar, r);
    } else if constexpr (is<R, compensated_sum>) {
      all(ar, r.sum, r.rest);
    } else if constexpr (is<R, moments>) {
      all(ar, r.count, r.mean);
      ar.nonnegative(r.deviations);
    } else if constexpr (is<R, rule_definition>) {
      all(ar, r.name, r.first, r.second);
    } else if constexpr (is<R, satur::saturation>) {
      all(ar, r.count, r.low, r.high, r.nan, r.infinite);
      if (ar.format >= 3) {
        all(ar, r.slope, r.z, r.output);
      } else if constexpr (Archive::reading) {
        sums(ar, r);
      }
      all(ar, r.lowest_z, r.highest_z, r.rule, r.activation, r.peak_slope);
      if constexpr (Archive::reading) {
        require_valid_rule(ar, r.rule);
        ar.require(r.low <= r.count && r.high <= r.count && r.infinite <= r.count && r.z.count <= r.count &&
                       r.slope.count == r.count && r.output.count == r.z.count,
                   "counters of saturation that are no more than their count");
      }
    } else if constexpr (is<R, gradient_record>) {
      all(ar, r.count, r.zeros, r.nan, r.infinite, r.square);
      if constexpr (Archive::reading) {
        ar.require_nonnegative(r.square.value());
        ar.require(r.zeros <= r.count, "zeros among gradients that are no more than their count");
      }
    } else if constexpr (is<R, update_record>) {
      all(ar, r.steps, r.unusable, r.log_ratio);
    } else if constexpr (is<R, layer_record>) {
      all(ar, r.saturation, r.gradient, r.update);
    } else if constexpr (is<R, weight_record>) {
      all(ar, r.count, r.nan, r.infinite, r.mean);
      ar.nonnegative(r.variance);
      if (ar.format >= 5) {
        ar.number(r.size);
      }
    } else if constexpr (is<R, nonfinite_onset>) {
      all(ar, r.after, r.step, r.nan, r.infinite, r.finite, r.gradients, r.weights, r.units, r.first_unit, r.all_alike);
      if (ar.format >= 8) {
        ar.nonnegative(r.largest_z);
      }
    } else if constexpr (is<R, layer_origin>) {
      all(ar, r.first, r.weights, r.first_weights, r.unit_samples, r.sampled, r.last_step);
      if (ar.format >= 5) {
        ar.number(r.rows);
      }
      std::size_t units = r.units.size();
      if constexpr (Archive::reading) {
        ar.require(r.rows != 0, "one row in 1 or more");
        units = ar.count("units of a first step", 16);
        r.units.resize(units);
      } else {
        ar.number(units);
      }
      for (auto& u : r.units) {
        ar.number(u.mean_z);
        ar.nonnegative(u.variance_z);
      }
      bool broke = r.onset.has_value();
      ar.number(broke);
      if constexpr (Archive::reading) {
        if (broke) {
          r.onset.emplace();
        }
      }
      if (broke) {
        fields(ar, *r.onset);
      }
    } else if constexpr (is<R, loss_block>) {
      all(ar, r.first_step, r.count, r.nonfinite, r.mean);
      ar.nonnegative(r.deviations);
    } else if constexpr (is<R, loss_history>) {
      all(ar, r.size_, r.length_, r.seen_, r.broke_at_, r.broke_, r.last_, r.chance_);
      if constexpr (Archive::reading) {
        ar.require(r.size_ <= r.blocks_.size() && r.length_ != 0 && (r.size_ != 0) == (r.seen_ != 0),
                   "a loss of at most 64 blocks");
      }
      for (std::size_t i = 0; i < r.size_; ++i) {
        fields(ar, r.blocks_[i]);
      }
    } else if constexpr (is<R, satur::sampling_options>) {
      all(ar, r.every, r.budget);
    } else if constexpr (is<R, sampling_record>) {
      all(ar, r.seen, r.sampled, r.since, r.record_ns, r.step_ns, r.credit_ns, r.sample_ns, r.plain_ns, r.sampling_now);
    } else if constexpr (is<R, history_line>) {
      all(ar, r.step, r.count, r.low, r.high, r.nonfinite, r.gradients, r.updates, r.slope);
      ar.nonnegative(r.gradient_square);
      all(ar, r.log_update, r.peak_slope);
    } else if constexpr (is<R, history_options>) {
      ar_enum(ar, r.keeps, 1, "a way to thin a history");
      all(ar, r.lines);
      if (ar.format >= 7) {
        all(ar, r.unit_windows, r.unit_groups);
      } else if constexpr (Archive::reading) {
        r.unit_windows = 0;
      }
    } else if constexpr (is<R, satur::history>) {
      lines(ar, r);
    } else if constexpr (is<R, histogram>) {
      bins(ar, r);
    } else {
      static_assert(is<R, layer_histograms>);
      all(ar, r.z, r.slope, r.gradient);
    }
  }
  template <class Archive, class... R> static void all(Archive& ar, R&... records) { (fields(ar, records), ...); }
  template <class Archive, class E> static void ar_enum(Archive& ar, E& e, std::uint8_t last, char const* what) {
    auto number = static_cast<std::uint8_t>(e);
    ar.number(number);
    if constexpr (Archive::reading) {
      ar.require(number <= last, what);
      e = static_cast<E>(number);
    }
  }

private:
  /// What formats 1 and 2 have in the place of `slope`, `z` and `output`: sums, and those of squares, of f'(z) and
  /// f(z).
  template <class Archive> static void sums(Archive& ar, satur::saturation& r) {
    compensated_sum slope;
    compensated_sum slope_square;
    compensated_sum output;
    compensated_sum output_square;
    all(ar, slope, slope_square, r.z, output, output_square);
    r.slope = moments_from(r.count, 0.0, slope.value(), slope_square.value());
    r.output = moments_from(r.z.count, 0.0, output.value(), output_square.value());
  }
  template <class Archive, class R> static void name(Archive& ar, R& r) {
    if constexpr (Archive::reading) {
      std::string text;
      ar.text(text);
      ar.require(text.size() <= label::capacity, "a name of at most 31 bytes");
      r = label(text);
    } else {
      ar.text(r.view());
    }
  }
  template <class Archive, class R> static void lines(Archive& ar, R& r) {
    all(ar, r.options_, r.seen_, r.stride_, r.tail_);
    if constexpr (Archive::reading) {
      with_words_of([&ar](char const* words) { ar.fail(words); }, [&r] { r.options_.require_valid(); });
      std::size_t const n = ar.count("lines of a history", 88);
      ar.require(n <= r.options_.lines && n <= r.seen_, "no more lines of a history than it may hold");
      ar.require(std::has_single_bit(r.stride_) && r.stride_ <= r.seen_ + 1 && r.seen_ >> 62 == 0 &&
                     !(r.tail_ && n == 0),
                 "a stride of a history that fits its steps");
      r.head_ = 0;
      r.lines_.clear();
      r.lines_.reserve(n);
      for (std::size_t i = 0; i < n; ++i) {
        history_line line;
        fields(ar, line);
        ar.require(r.lines_.empty() || r.lines_.back().step < line.step, "lines of a history in order");
        r.lines_.push_back(line);
      }
    } else {
      ar.number(r.size());
      for (std::size_t i = 0; i < r.size(); ++i) {
        fields(ar, r[i]);
      }
    }
  }
  /// The edges are those that every monitor has; they are in the file so that another satur's are not mistaken for
  /// ours.
  template <class Archive, class R> static void bins(Archive& ar, R& r) {
    double const low = r.low_;
    double const high = r.high_;
    double low_read = low;
    double high_read = high;
    std::size_t places = r.places_.size();
    all(ar, low_read, high_read, places);
    if constexpr (Archive::reading) {
      ar.require(low_read == low && high_read == high && places == r.places_.size(),
                 message("a histogram of ", count_text(r.bins_, "bin"), " over ", r.range()));
    }
    for (auto& n : r.places_) {
      ar.number(n);
    }
    all(ar, r.zeros_, r.lowest_, r.highest_);
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
