/// \file layer/attention_readings.hpp  The saturation of attention, head by head.
#pragma once

#include "satur/layer/attention_core.hpp"
#include "satur/layer/attention_saturation.hpp"
#include "satur/math/exp.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Whether a row of logits is beyond a threshold: the log-odds of its largest probability.
struct log_odds_visitor {
  double most; // sum of e^(z - m) of the others, below which a row counts
  std::uint64_t rows = 0, beyond = 0;

  template <class T> SATUR_NOINLINE void close(std::size_t, row_summary<T> const& r) {
    if (r.kind == row_kind::good && r.allowed > 1) {
      ++rows;
      beyond += static_cast<double>(r.others) < most ? 1 : 0;
    }
  }
};

/// Adds the rows that count of head h of sample b, from its logits z and products s, to the record.
template <class T>
void observe_head(attention_saturation& record, attention_core<T> const& core, std::size_t b, T const* z, T const* s) {
  attention_extents const& e = core.extents();
  std::size_t counted = 0;
  core.mask.each_run(b, [&](std::size_t first, std::size_t n) {
    observe_attention(record, z + first * e.keys, n, e.keys);
    if (s != z) {
      for (T const* at = s + first * e.keys; at != s + (first + n) * e.keys; ++at) {
        double const product = static_cast<double>(*at);
        record.largest_product = product > record.largest_product ? product : record.largest_product;
      }
    } else {
      record.largest_product = record.largest_logit;
    }
    counted += n;
  });
  record.masked += e.queries - counted;
}

/// An empty record by these limits. Throws std::invalid_argument if one is out of range.
[[nodiscard]] inline attention_saturation attention_record(p_above const& rule, double entropy_limit) {
  rule.require_valid();
  if (is_nan(entropy_limit) || !(entropy_limit >= 0.0 && entropy_limit <= 1.0)) {
    bad_parameter("observe", "the entropy limit", entropy_limit, "a share of log(keys) in [0, 1], such as 0.1");
  }
  attention_saturation record;
  record.rows.rule = rule;
  record.entropy_limit = entropy_limit;
  return record;
}

[[nodiscard]] inline std::string head_name(std::size_t h) { return "head " + std::to_string(h); }

} // namespace detail

/// What attention inherits: readings of the logits of its last forward. Padded queries are left out, and rows that see
/// no key or one. Before the first forward nothing was seen: the numbers are NaN and there are no records.
///
/// The layer has `core()`, a detail::attention_core.
template <class Layer> class attention_readings {
public:
  /// The record of each head, "head 0" first. A row is saturated by `rule` if its largest p is above 0.99; its entropy
  /// has collapsed if it is below entropy_limit log(keys). Throws std::invalid_argument if a limit is out of range.
  [[nodiscard]] std::vector<named_attention> observe(p_above const& rule = {}, double entropy_limit = 0.1) const {
    auto const& core = layer().core();
    std::vector<named_attention> found;
    for (std::size_t h = 0; h < core.extents().heads; ++h) {
      found.push_back({detail::head_name(h), detail::attention_record(rule, entropy_limit)});
      for (std::size_t b = 0; b < core.extents().batch; ++b) {
        detail::observe_head(found.back().record, core, b, core.logits().data() + core.place(b, h),
                             core.products().data() + core.place(b, h));
      }
    }
    return found;
  }
  /// Share of rows, over all heads, that are saturated in the sense of a sigmoid: the logit of the largest p against
  /// all others, log(p / (1 - p)), is above the threshold. With two keys it is |z_1 - z_2| > threshold; 5 is p >
  /// 0.9933. Throws std::invalid_argument if the threshold is NaN.
  [[nodiscard]] double saturated_fraction(double threshold = 5.0) const {
    if (detail::is_nan(threshold)) {
      detail::bad_parameter("saturated_fraction", "threshold", threshold, "a number");
    }
    detail::log_odds_visitor visitor{threshold > 708.0 ? 0.0 : math::exp(-threshold)};
    auto const& core = layer().core();
    using T = typename std::remove_cvref_t<decltype(core.logits())>::value_type;
    std::size_t const keys = core.extents().keys;
    for (std::size_t b = 0; b < core.extents().batch; ++b) {
      core.mask.each_run(b, [&](std::size_t first, std::size_t n) {
        for (std::size_t h = 0; h < core.extents().heads; ++h) {
          std::span<T const> const z(core.logits().data() + core.place(b, h) + first * keys, n * keys);
          detail::run_rows<detail::row_output::nothing, true>(z, static_cast<T**>(nullptr), {n, keys}, visitor,
                                                              detail::unweighted{});
        }
      });
    }
    return visitor.rows == 0 ? std::numeric_limits<double>::quiet_NaN()
                             : static_cast<double>(visitor.beyond) / static_cast<double>(visitor.rows);
  }
  /// Mean over rows, and the keys they see, of p (1 - p): the slope of a probability in its own logit. It is 1/4 at
  /// most, and (T - 1) / T^2 if T keys get the same. 0 means that q and k get no gradient.
  [[nodiscard]] double mean_derivative() const {
    attention_saturation all;
    for (named_attention const& one : observe()) {
      all += one.record;
    }
    return all.mean_derivative();
  }

private:
  [[nodiscard]] Layer const& layer() const { return static_cast<Layer const&>(*this); }
};

}} // namespace satur::SATUR_ABI
