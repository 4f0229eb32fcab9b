/// \file layer/gated_options.hpp  Where the values and gates of a gated_dense lie, and what is done to them.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

#include <cstddef>
#include <limits>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// A half of the columns of a row-major matrix: every `step`-th from `first` on.
struct column_half {
  std::size_t first;
  std::size_t step;
};
} // namespace detail

/// Where values and gates lie among the 2 n columns of the weight.
enum class gate_order {
  value_first, ///< n values, n gates: torch.nn.functional.glu
  gate_first,  ///< n gates, n values: gate_up_proj of many Llama-like models
  gate_even,   ///< gate, value, gate, value, …: gpt-oss
  gate_odd     ///< value, gate, value, gate, …
};

/// What a gated_dense does besides y = value gate(b).
struct gated_options {
  gate_order order = gate_order::value_first;
  bool two_weights = false; ///< value and gate have a weight and a bias each, as up_proj and gate_proj of Llama
  double limit = std::numeric_limits<double>::infinity(); ///< value is cut to [-limit, limit], b to at most limit
  double value_offset = 0.0;                              ///< added to the value after the cut

  /// gpt-oss: y = (value + 1) b sigmoid(1.702 b), b at most 7, value in [-7, 7], gates in the even columns. The factor
  /// 1.702 belongs to the gate: `gated_dense<float> ffn{in, out, init, g, swiglu{silu{1.702}},
  /// gated_options::gpt_oss()}`. Source: the function swiglu of gpt_oss/torch/model.py (OpenAI 2025).
  [[nodiscard]] static constexpr gated_options gpt_oss() { return {gate_order::gate_even, false, 7.0, 1.0}; }

  /// Throws std::invalid_argument if a number is out of range.
  void require_valid(std::string_view function) const {
    if (detail::is_nan(limit) || limit <= 0.0) {
      detail::bad_parameter(function, "limit", limit, "a number > 0, such as 7, or infinity");
    }
    if (!detail::is_finite(value_offset)) {
      detail::bad_parameter(function, "value_offset", value_offset, "a finite number, such as 0 or 1");
    }
  }
  /// The columns of the values, and those of the gates, for n of each.
  [[nodiscard]] constexpr detail::column_half values(std::size_t n) const {
    switch (two_weights ? gate_order::value_first : order) {
    case gate_order::gate_first:
      return {n, 1};
    case gate_order::gate_even:
      return {1, 2};
    case gate_order::gate_odd:
      return {0, 2};
    case gate_order::value_first:
      break;
    }
    return {0, 1};
  }
  [[nodiscard]] constexpr detail::column_half gates(std::size_t n) const {
    detail::column_half const other = values(n);
    return {other.step == 2 ? 1 - other.first : n - other.first, other.step};
  }
  bool operator==(gated_options const&) const = default;
};

}} // namespace satur::SATUR_ABI
