/// \file adapt/torch/watch_state.hpp  What a watch of a libtorch model does at each operation.
#pragma once

#include "satur/adapt/torch/layer_names.hpp"
#include "satur/adapt/torch/operations.hpp"
#include "satur/adapt/torch/tensor.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/monitor/saturation_table.hpp" // prints it
#include "satur/rowwise/row_axis.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// An operation that a watch did not record.
struct torch_unseen {
  std::string operation; ///< "aten::prelu"
  std::string reason;
  std::uint64_t count = 0; ///< in sampled steps
};
/// Records of softmax rows, by the name of their layer.
using torch_rows = std::map<std::string, row_saturation, std::less<>>;

namespace detail {

/// What an operation that is being made leaves for its end.
struct torch_operation_context : at::ObserverContext {
  bool product = false;
  std::string layer; ///< of a product with a parameter of the module; else empty
  bool channels_first = false;
};

struct torch_watch_state : std::enable_shared_from_this<torch_watch_state> {
  monitor* mon = nullptr;
  torch::nn::Module const* module = nullptr;
  at::CallbackHandle handle = at::INVALID_CALLBACK_HANDLE;
  bool enabled = true;
  std::uint64_t step = 0; ///< gradients of an earlier one are not recorded
  int depth = 0;          ///< operations that are being made, of those that we follow
  torch_layer_names names;
  std::array<torch_rows, 2> rows; ///< in training, in evaluation
  std::vector<std::pair<at::Tensor, unsigned>> leaves;
  std::vector<torch_unseen> unseen;

  /// The callback is a plain function and has no argument of ours: it finds its watch here.
  [[nodiscard]] static torch_watch_state*& current() {
    thread_local torch_watch_state* watch = nullptr;
    return watch;
  }

  void begin_step() {
    ++step;
    names.begin_pass();
    forget_leaves();
    bool const wanted = mon->sampling_now();
    if (wanted) {
      names.read(*module);
    }
    if (wanted != enabled) {
      wanted ? at::reenableCallback(handle) : at::disableCallback(handle);
      enabled = wanted;
    }
  }
  /// A leaf outlives its graph: a hook on it must not pile up.
  void forget_leaves() {
    for (auto const& [z, hook] : leaves) {
      z.remove_hook(hook);
    }
    leaves.clear();
  }

  static std::unique_ptr<at::ObserverContext> enter(at::RecordFunction const& op) {
    torch_watch_state* const watch = current();
    return watch == nullptr ? nullptr : watch->begin(op);
  }
  static void leave(at::RecordFunction const& op, at::ObserverContext* context) {
    if (torch_watch_state* const watch = current(); watch != nullptr && context != nullptr) {
      watch->end(op, static_cast<torch_operation_context const&>(*context));
    }
  }

private:
  std::unique_ptr<at::ObserverContext> begin(at::RecordFunction const& op) {
    if (depth > 0) {
      return nullptr; // within an operation that we know, or the backward pass
    }
    std::string_view const name = op.name();
    torch_inputs const inputs = inputs_of(op);
    bool const convolution = is_torch_convolution(name);
    bool const product = convolution || is_torch_product(name);
    // The engine announces each function of the backward pass, with all that it calls.
    if (!product && !name.starts_with("autograd::engine") && !is_torch_loss(name) && !observe(name, inputs)) {
      return nullptr;
    }
    auto context = std::make_unique<torch_operation_context>();
    context->product = product;
    context->channels_first = convolution;
    if (product) {
      context->layer = names.layer_of(inputs);
    }
    ++depth;
    return context;
  }
  void end(at::RecordFunction const& op, torch_operation_context const& context) {
    --depth;
    if (context.product && !op.outputs().empty() && op.outputs()[0].isTensor()) {
      names.add_product(op.outputs()[0].toTensor(), context.layer, context.channels_first);
    }
  }

  /// Whether it is an activation or a softmax, seen or not.
  bool observe(std::string_view name, torch_inputs inputs) {
    bool const of_rows = is_torch_softmax(name);
    bool const tensor = !inputs.empty() && inputs[0].isTensor();
    if (!tensor || (!of_rows && !torch_activation<float>(name, inputs))) {
      bool const hidden = hides_torch_activation(name);
      if (hidden) {
        miss(name, torch_reason(name));
      }
      return hidden;
    }
    at::Tensor const z = inputs[0].toTensor();
    bool const training = mon->phase() == phase::train;
    if (std::string const why = obstacle_in(z); !why.empty()) {
      miss(name, why);
    } else if (training && (!at::GradMode::is_enabled() || !module->is_training())) {
      miss(name, "a forward pass that trains nothing, while the monitor records training; call monitor.eval() and "
                 "begin_step() to record it");
    } else if (of_rows) {
      row_axis const axis(static_cast<std::ptrdiff_t>(torch_number(inputs, 1, -1.0)));
      rows[static_cast<std::size_t>(mon->phase())][names.layer_at(name, z).name] += satur::observe(softmax{}, z, axis);
    } else {
      torch_layer const layer = names.layer_at(name, z);
      visit(z, layer.layout, [&](auto const& numbers, auto const&... layout) {
        using T = typename std::remove_cvref_t<decltype(numbers)>::value_type;
        (*mon)[layer.name].observe(*torch_activation<T>(name, inputs), numbers, layout...);
      });
      if (training && z.requires_grad()) {
        hook(z, layer);
      }
    }
    return true;
  }
  void miss(std::string_view name, std::string_view why) {
    auto const same = [&](torch_unseen const& u) { return u.operation == name && u.reason == why; };
    auto const known = std::find_if(unseen.begin(), unseen.end(), same);
    ++(known != unseen.end() ? *known : unseen.emplace_back(torch_unseen{std::string(name), std::string(why)})).count;
  }

  template <class F> static void visit(at::Tensor const& t, std::optional<unit_layout> const& layout, F const& f) {
    std::visit([&](auto const& numbers) { layout ? f(numbers, *layout) : f(numbers); }, any_view_of<false>(t));
  }
  void hook(at::Tensor const& z, torch_layer const& layer) {
    unsigned const at = z.register_hook([self = weak_from_this(), made = step, layer](at::Tensor dz) {
      std::shared_ptr<torch_watch_state> const watch = self.lock();
      if (watch != nullptr && watch->step == made && obstacle_in(dz).empty()) {
        visit(dz, layer.layout,
              [&](auto const&... dz_and_layout) { (*watch->mon)[layer.name].gradient(dz_and_layout...); });
      }
    });
    if (z.is_leaf()) {
      leaves.emplace_back(z, at);
    }
  }
};

} // namespace detail

}} // namespace satur::SATUR_ABI
