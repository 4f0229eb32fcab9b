/// \file adapt/torch/operations.hpp  Which of satur's activations an operation of libtorch is.
#pragma once

#include "satur/activation/all.hpp"
#include "satur/observe/any_activation_for.hpp"

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// An operation's arguments.
using torch_inputs = std::span<c10::IValue const>;

#ifdef NDEBUG
[[nodiscard]] inline torch_inputs inputs_of(at::RecordFunction const& op) {
  return {op.inputs().data(), op.inputs().size()};
}
#else
// Without NDEBUG, RecordFunction::inputs() asserts a flag that only a libtorch built without NDEBUG sets; those that
// are distributed are built with it. So the member that inputs() returns is read: an explicit instantiation may name
// it.
template <auto Member> struct torch_inputs_member {
  friend torch_inputs inputs_of(at::RecordFunction const& op) { return {(op.*Member).data(), (op.*Member).size()}; }
};
[[nodiscard]] torch_inputs inputs_of(at::RecordFunction const& op);
template struct torch_inputs_member<&at::RecordFunction::inputs_>;
#endif

/// aten::relu_ and aten::relu: relu; aten::_softmax: softmax. Empty if it is not one of aten's.
[[nodiscard]] inline std::string_view torch_operation(std::string_view name) {
  constexpr std::string_view library = "aten::";
  if (!name.starts_with(library)) {
    return {};
  }
  name.remove_prefix(library.size());
  name.remove_prefix(name.starts_with('_') ? 1 : 0);
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

/// The i-th argument as a number; `otherwise` if it is not given.
[[nodiscard]] inline double torch_number(torch_inputs inputs, std::size_t i, double otherwise) {
  return i < inputs.size() && inputs[i].isScalar() ? inputs[i].toScalar().toDouble() : otherwise;
}

/// The activation of an operation, with the parameters that it was called with; nothing if satur has none with the same
/// values. Source: the schemas of libtorch's native_functions.yaml, the same in 1.13 and 2.x.
template <class T>
[[nodiscard]] std::optional<any_activation_for<T>> torch_activation(std::string_view name, torch_inputs inputs) {
  std::string_view const op = torch_operation(name);
  auto const number = [&](std::size_t i, double otherwise) { return torch_number(inputs, i, otherwise); };
  if (op == "sigmoid") {
    return sigmoid{};
  } else if (op == "tanh") {
    return satur::tanh{};
  } else if (op == "relu") {
    return relu{};
  } else if (op == "relu6") {
    return relu6{};
  } else if (op == "gelu") {
    bool const exact = inputs.size() < 2 || !inputs[1].isString() || inputs[1].toStringRef() == "none";
    return exact ? any_activation_for<T>(gelu{}) : any_activation_for<T>(gelu_tanh{});
  } else if (op == "silu") {
    return silu{};
  } else if (op == "elu" && number(3, 1.0) == 1.0) { // (z, alpha, scale, input_scale)
    double const scale = number(2, 1.0);
    return scale == 1.0 ? any_activation_for<T>(elu{number(1, 1.0)})
                        : any_activation_for<T>(selu{number(1, 1.0), scale});
  } else if (op == "selu") {
    return selu{};
  } else if (op == "celu") {
    return celu{number(1, 1.0)};
  } else if (op == "leaky_relu") {
    return leaky_relu{number(1, 0.01)};
  } else if (op == "hardtanh") {
    return hard_tanh{number(1, -1.0), number(2, 1.0)};
  } else if (op == "hardsigmoid") {
    return hard_sigmoid{};
  } else if (op == "hardswish") {
    return hard_swish{};
  } else if (op == "softplus" && number(2, 20.0) >= 20.0) { // above its threshold it is z: within 2.1e-9 from 20 on
    return softplus{number(1, 1.0)};
  } else if (op == "mish") {
    return mish{};
  } else if (op == "log_sigmoid") {
    return log_sigmoid{};
  } else if (op == "softshrink") {
    return soft_shrink{number(1, 0.5)};
  } else if (op == "hardshrink") {
    return hard_shrink{number(1, 0.5)};
  }
  return std::nullopt;
}

/// Operations whose weight names the layer that follows.
[[nodiscard]] inline bool is_torch_product(std::string_view name) {
  std::string_view const op = torch_operation(name);
  constexpr std::array<std::string_view, 10> all{"linear",  "addmm", "mm", "matmul", "bmm",
                                                 "baddbmm", "addmv", "mv", "addbmm", "bilinear"};
  return std::find(all.begin(), all.end(), op) != all.end();
}
/// conv1d, conv_transpose2d and the others call it.
[[nodiscard]] inline bool is_torch_convolution(std::string_view name) { return torch_operation(name) == "convolution"; }

/// The operations that compute a softmax of rows; the others of that name call these.
[[nodiscard]] inline bool is_torch_softmax(std::string_view name) {
  return name == "aten::_softmax" || name == "aten::_log_softmax";
}
/// A loss that computes its sigmoid together with the loss: its gradient does not vanish, so that nothing is recorded.
/// Source: in libtorch 2 it calls log_sigmoid, in 1.13 it has a formula of its own.
[[nodiscard]] inline bool is_torch_loss(std::string_view name) {
  return name == "aten::binary_cross_entropy_with_logits";
}

/// An operation with an activation in it, by its name, that is none of the above: another activation, a recurrent
/// network in one call, a fused kernel. Its z is not seen.
[[nodiscard]] inline bool hides_torch_activation(std::string_view name) {
  auto const has = [name](std::string_view word) { return name.find(word) != std::string_view::npos; };
  // They compute no activation, or call others that are looked at.
  constexpr std::array<std::string_view, 9> calling{"aten::softmax",
                                                    "aten::log_softmax",
                                                    "aten::special_softmax",
                                                    "aten::special_log_softmax",
                                                    "aten::_safe_softmax",
                                                    "aten::scaled_dot_product_attention",
                                                    "aten::_scaled_dot_product_attention",
                                                    "aten::_scaled_dot_product_attention_math",
                                                    "aten::_fused_sdp_choice"};
  constexpr std::array<std::string_view, 4> none{"backward", "atanh", "arctanh", "flatten_weight"};
  if (std::find(calling.begin(), calling.end(), name) != calling.end() || std::any_of(none.begin(), none.end(), has)) {
    return false;
  }
  // Names of operations; of libtorch's fusers and of other libraries: TensorExpr, Fusion, pointwise.
  constexpr std::array<std::string_view, 20> words{"sigmoid",   "tanh",
                                                   "elu",       "glu",
                                                   "silu",      "mish",
                                                   "softplus",  "shrink",
                                                   "softmax",   "attention",
                                                   "lstm",      "gru",
                                                   "rnn_",      "threshold",
                                                   "swish",     "TensorExpr",
                                                   "Fusion",    "addmm_activation",
                                                   "pointwise", "transformer_encoder"};
  return std::any_of(words.begin(), words.end(), has);
}
/// Why the z of such an operation is not seen, and what to do.
[[nodiscard]] inline std::string_view torch_reason(std::string_view name) {
  auto const has = [name](std::string_view word) { return name.find(word) != std::string_view::npos; };
  if (has("attention")) {
    return "its softmax is within a kernel that computes more; at::globalContext().setSDPUseFlash(false) lets "
           "libtorch 2 compute it apart on the CPU";
  }
  return has("softmax") ? "its rows are within a kernel that computes more; satur::observe(softmax{}, z, row_axis(-1)) "
                          "records those of a tensor"
                        : "satur has no such activation, or it is within a kernel that computes more";
}

} // namespace satur::inline SATUR_ABI::detail
