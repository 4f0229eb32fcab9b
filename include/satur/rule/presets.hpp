/// \file rule/presets.hpp  The rules that others count by, ready to use, and what a rule means for an activation.
#pragma once

#include "satur/rule/any_rule.hpp"
#include "satur/rule/equivalents.hpp"
#include "satur/text/table.hpp"

#include <array>
#include <limits>
#include <optional>
#include <ostream>
#include <string_view>

/// Each is a rule like any other: observe(act, z, rules::karpathy()), monitor{rules::classic()}.
namespace satur::inline SATUR_ABI::rules {

/// |z| > 5, any activation: the usual teaching rule. Leaves a sigmoid 2.66 % of its peak slope, a tanh 0.018 %.
[[nodiscard]] constexpr z_beyond classic() { return {5.0}; }
/// |z| >= 5: DeepDiagnosis (Wardat et al., ICSE 2022), which alarms where more than half of a layer is.
[[nodiscard]] constexpr z_at_least deep_diagnosis() { return {5.0}; }
/// The slope share that a sigmoid has at 5: beyond 5 for a sigmoid, 2.5 for a tanh, since tanh'(z) = 4 sigmoid'(2z).
[[nodiscard]] constexpr slope_below equal_slope() { return {}; }
/// |tanh| > 0.97, so |z| > 2.0923 and 5.9 % of the peak slope (Karpathy, makemore part 3); the same share of the way to
/// the asymptotes for other bounded activations (sigmoid: |z| > 4.18, the same 5.9 %).
[[nodiscard]] constexpr scaled_output_beyond karpathy() { return {0.97}; }
/// A sigmoid gate closed below 0.1 and open above 0.9: |z| > 2.197, 36 % of the peak slope (Karpathy, Johnson, Fei-Fei
/// 2015).
[[nodiscard]] constexpr output_beyond gate() { return {0.1, 0.9}; }
/// Slope below 20 % of its peak: 0.05 for a sigmoid, 0.2 for a tanh. Kaldi nnet3 compares a unit's *mean* slope with it
/// (`kaldi_unit_limits`); this is the same line drawn for each element.
[[nodiscard]] constexpr slope_below kaldi() { return {0.2}; }
/// SageMaker Debugger's SaturatedActivation: z outside ±9.4999 (tanh), outside [-23, 16.99999] (sigmoid); alarms where
/// more than half of a layer is.
[[nodiscard]] constexpr sagemaker_limits sagemaker() { return {}; }
/// Plasticine (reinforcement learning), "fraction of active units": what it does not call active. tanh: |output| >
/// 0.99, so |z| > 2.6467 and 1.99 % of the peak slope; sigmoid: output outside [0.01, 0.99], so |z| > 4.5951 and 3.96
/// %.
[[nodiscard]] constexpr plasticine_limits plasticine() { return {}; }
/// |z| > 50000: ONNX Runtime's search for nodes that float16 cannot hold leaves this margin below 65504, because few
/// samples are seen (default of ORT_DEBUG_NODE_IO_HALF_OVERFLOW_THRESHOLD, microsoft/onnxruntime pull request 23363).
/// `beyond_format{formats::float16}` is where float16 itself ends.
[[nodiscard]] constexpr z_beyond onnx_runtime_half() { return {50000.0}; }
/// z * scale beyond the largest or lowest number of the format before it is rounded: TransformerEngine's "overflows"
/// (transformer_engine/debug, compute_fp8_delayed_scaling_overflows_num: |x| > largest / scale). `beyond_format` counts
/// fewer: |z| up to 464 rounds to 448 in fp8_e4m3. Throws what `beyond_format` throws.
[[nodiscard]] inline z_outside transformer_engine(format const& f = formats::fp8_e4m3, double scale = 1.0) {
  beyond_format{f, scale}.require_valid();
  auto const limits = format_limits<double>::of(f, scale);
  return {limits.low_before, limits.high_before};
}
/// The last code of chess and shogi engines' networks, whose clipped relu stores 0 to 127 (Stockfish,
/// nnue/layers/clipped_relu.h; SH11235/rshogi, nnue_saturation counts u8 == 127). z is in units of codes with scale 1;
/// 127 codes to 1 with scale 127.
[[nodiscard]] constexpr last_code nnue_last_code(double scale = 1.0) { return {127.0, scale}; }

/// The mean slope of a unit over its samples that Kaldi nnet3 calls healthy: low <= mean f' <= high.
struct unit_limits {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
  /// Strictly outside. NaN is not.
  [[nodiscard]] constexpr bool outside(double mean_slope) const { return mean_slope < low || mean_slope > high; }
  bool operator==(unit_limits const&) const = default;
};

/// Kaldi nnet3's limits for a unit's mean slope (self-repair-lower-threshold and -upper-threshold): sigmoid below 0.05,
/// tanh below 0.2, relu below 0.05 (nearly dead) or above 0.95 (nearly linear). Another activation gets the share that
/// the first two have in common, 20 % of its peak slope: ours, Kaldi has none.
template <class A> [[nodiscard]] unit_limits kaldi_unit_limits(A const& act) {
  if (name_of(act) == "relu") {
    return {0.05, 0.95};
  }
  return {0.2 * satur::peak_slope_of(act)};
}

/// A preset as data: for a command line, a table, a page.
struct preset {
  std::string_view name;
  any_rule rule;
  double layer_alarm; ///< share of a layer above which the source alarms; NaN where it states none
  std::string_view source;
};

/// All of them, in the order above.
[[nodiscard]] inline std::array<preset, 11> presets() {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {{
      {"classic", classic(), none, "the usual teaching rule"},
      {"deep_diagnosis", deep_diagnosis(), 0.5, "DeepDiagnosis, ICSE 2022"},
      {"equal_slope", equal_slope(), none, "the sigmoid's slope share at 5"},
      {"karpathy", karpathy(), none, "makemore, part 3"},
      {"gate", gate(), none, "Karpathy, Johnson, Fei-Fei 2015"},
      {"kaldi", kaldi(), none, "Kaldi nnet3, self-repair"},
      {"sagemaker", sagemaker(), 0.5, "SageMaker Debugger, SaturatedActivation"},
      {"plasticine", plasticine(), none, "Plasticine, fraction of active units"},
      {"onnx_runtime_half", onnx_runtime_half(), none, "ONNX Runtime, half overflow threshold"},
      {"transformer_engine", transformer_engine(), none, "TransformerEngine, fp8 overflows (e4m3, scale 1)"},
      {"nnue_last_code", nnue_last_code(), none, "networks of chess and shogi engines, u8 == 127"},
  }};
}

/// The preset of that name. Throws std::invalid_argument, naming all of them, where there is none.
[[nodiscard]] inline preset named(std::string_view name) {
  std::string known;
  for (preset const& p : presets()) {
    if (p.name == name) {
      return p;
    }
    known += (known.empty() ? "" : ", ") + std::string(p.name);
  }
  detail::bad_parameter("rules::named", "name", std::string(name), known);
}

/// What every preset means for an activation, one row each. "never" where a side has no end beyond which
/// all is saturated; "not defined" where the preset refuses the activation (under -fno-exceptions its
/// refusal ends the program).
template <class A> void print_presets(A const& act, std::ostream& out) {
  out << text::left(detail::message("rules for ", name_of(act)), 22) << rule_equivalents::columns() << '\n';
  for (preset const& p : presets()) {
    std::optional<rule_equivalents> e;
    detail::with_words_of([](char const*) {}, [&] { e = equivalents(p.rule, act); });
    out << text::left(std::string(p.name), 22) << (e ? e->row() : "not defined for this activation") << '\n';
  }
}

} // namespace satur::inline SATUR_ABI::rules
