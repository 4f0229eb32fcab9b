/// \file adapt/torch/watch_state.hpp  What a watch of a libtorch model does at each operation.
#pragma once

#include "satur/adapt/torch/operations.hpp"
#include "satur/adapt/torch/tensor.hpp"
#include "satur/array/unit_layout.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/monitor/saturation_table.hpp" // prints it

#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// An operation that a watch did not record.
struct torch_unseen {
  std::string operation; ///< "aten::prelu"
  std::string reason;
  std::uint64_t count = 0; ///< in sampled steps
};

namespace detail {

/// A parameter's memory and the layer that it names.
struct torch_weight {
  char const* begin;
  char const* end;
  std::string layer;
};
/// A product whose result has met no activation yet. It keeps nothing alive but the tensor's empty shell.
struct torch_product_result {
  c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl> z;
  std::string layer; ///< empty if no parameter of the module made it
  bool channels_first;
};
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
  std::vector<torch_weight> weights;
  std::vector<torch_product_result> results;
  std::map<std::string, int, std::less<>> places; ///< how often an operation named a layer by its place
  std::vector<std::pair<at::Tensor, unsigned>> leaves;
  std::vector<torch_unseen> unseen;

  /// The callback is a plain function and has no argument of ours: it finds its watch here.
  [[nodiscard]] static torch_watch_state*& current() {
    thread_local torch_watch_state* watch = nullptr;
    return watch;
  }

  void begin_step() {
    ++step;
    results.clear();
    places.clear();
    forget_leaves();
    bool const wanted = mon->sampling_now();
    if (wanted) {
      read_weights();
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
  void read_weights() {
    weights.clear();
    for (auto const& p : module->named_parameters()) {
      at::Tensor const& w = p.value();
      std::size_t const dot = p.key().rfind('.');
      if (w.defined() && w.dim() >= 2 && w.layout() == at::kStrided && dot != std::string::npos) {
        char const* const start = static_cast<char const*>(w.data_ptr());
        weights.push_back({start, start + w.nbytes(), p.key().substr(0, dot)});
      }
    }
  }
  /// The layer whose weight is among the inputs, as it is, transposed or in part; empty if there is none.
  [[nodiscard]] std::string layer_of(torch_inputs inputs) const {
    for (c10::IValue const& input : inputs) {
      if (input.isTensor() && input.toTensor().defined() && input.toTensor().layout() == at::kStrided) {
        at::Tensor const& t = input.toTensor();
        char const* const at = static_cast<char const*>(t.data_ptr());
        auto const found = std::find_if(weights.begin(), weights.end(), [&](torch_weight const& w) {
          return at >= w.begin && at < w.end && t.dim() >= 2;
        });
        if (found != weights.end()) {
          return found->layer;
        }
      }
    }
    return {};
  }

  std::unique_ptr<at::ObserverContext> begin(at::RecordFunction const& op) {
    std::string_view const name = op.name();
    bool const backward = op.scope() == at::RecordScope::BACKWARD_FUNCTION || name.starts_with("autograd::engine");
    if (depth > 0 && !backward) {
      return nullptr; // within an operation that we know, or the backward pass
    }
    auto context = std::make_unique<torch_operation_context>();
    if (!backward) {
      torch_inputs const inputs = inputs_of(op);
      bool const convolution = torch_convolution(name);
      if (convolution || torch_product(name)) {
        context->product = true;
        context->layer = layer_of(inputs);
        context->channels_first = convolution;
      } else if (!activation(name, inputs)) {
        return nullptr;
      }
    }
    ++depth;
    return context;
  }
  void end(at::RecordFunction const& op, torch_operation_context const& context) {
    --depth;
    if (context.product && !op.outputs().empty() && op.outputs()[0].isTensor()) {
      std::erase_if(results, [](torch_product_result const& r) { return r.z.expired(); });
      results.push_back({c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>(
                             op.outputs()[0].toTensor().getIntrusivePtr()),
                         context.layer, context.channels_first});
    }
  }

  /// Whether it is one, seen or not.
  bool activation(std::string_view name, torch_inputs inputs) {
    bool const in_double = !inputs.empty() && inputs[0].isTensor() && inputs[0].toTensor().scalar_type() == at::kDouble;
    return in_double ? observe_as<double>(name, inputs) : observe_as<float>(name, inputs);
  }
  template <class T> bool observe_as(std::string_view name, torch_inputs inputs) {
    if (inputs.empty() || !inputs[0].isTensor()) {
      return hidden(name);
    }
    std::optional<any_activation_for<T>> const act = torch_activation<T>(name, inputs);
    if (!act) {
      return hidden(name);
    }
    at::Tensor const z = inputs[0].toTensor();
    bool const training = mon->phase() == phase::train;
    if (std::string const why = obstacle_in(z); !why.empty()) {
      miss(name, why);
    } else if (training && (!at::GradMode::is_enabled() || !module->is_training())) {
      miss(name, "a forward pass that trains nothing, while the monitor records training; call monitor.eval() and "
                 "begin_step() to record it");
    } else {
      auto const [layer, layout] = name_and_layout(name, z);
      visit(z, layout,
            [&, &layer = layer](auto const&... z_and_layout) { (*mon)[layer].observe(*act, z_and_layout...); });
      if (training && z.requires_grad()) {
        hook(z, layer, layout);
      }
    }
    return true;
  }
  bool hidden(std::string_view name) {
    bool const found = torch_hides_activation(name);
    if (found) {
      bool const rows = name.find("softmax") != std::string_view::npos;
      miss(name, rows ? "a monitor has no record of rows; satur::observe(softmax{}, rows) makes one"
                      : "satur has no such activation, or it is within a kernel that computes more");
    }
    return found;
  }
  void miss(std::string_view name, std::string_view why) {
    auto const same = [&](torch_unseen const& u) { return u.operation == name && u.reason == why; };
    auto const known = std::find_if(unseen.begin(), unseen.end(), same);
    ++(known != unseen.end() ? *known : unseen.emplace_back(torch_unseen{std::string(name), std::string(why)})).count;
  }

  template <class F> static void visit(at::Tensor const& t, std::optional<unit_layout> const& layout, F const& f) {
    visit_tensor<false>(t, [&](auto const& numbers) { layout ? f(numbers, *layout) : f(numbers); });
  }
  /// Of the product that made z; else of the last one that met no activation; else by place.
  std::pair<std::string, std::optional<unit_layout>> name_and_layout(std::string_view name, at::Tensor const& z) {
    auto found = std::find_if(results.rbegin(), results.rend(), [&](torch_product_result const& r) {
      return r.z._unsafe_get_target() == z.unsafeGetTensorImpl();
    });
    if (found == results.rend()) {
      found = results.rbegin();
    }
    if (found == results.rend() || found->layer.empty()) {
      if (found != results.rend()) {
        results.erase(std::next(found).base());
      }
      std::string const op(torch_operation(name));
      return {op + '_' + std::to_string(++places[op]), std::nullopt};
    }
    std::pair<std::string, std::optional<unit_layout>> named{found->layer, std::nullopt};
    if (z.dim() >= 2) {
      named.second = unit_layout::of(z.sizes(), found->channels_first ? 1 : static_cast<std::size_t>(z.dim() - 1));
    }
    results.erase(std::next(found).base());
    return named;
  }
  void hook(at::Tensor const& z, std::string const& layer, std::optional<unit_layout> const& layout) {
    unsigned const at = z.register_hook([self = weak_from_this(), made = step, layer, layout](at::Tensor dz) {
      std::shared_ptr<torch_watch_state> const watch = self.lock();
      if (watch != nullptr && watch->step == made && obstacle_in(dz).empty()) {
        visit(dz, layout, [&](auto const&... dz_and_layout) { (*watch->mon)[layer].gradient(dz_and_layout...); });
      }
    });
    if (z.is_leaf()) {
      leaves.emplace_back(z, at);
    }
  }
};

} // namespace detail

}} // namespace satur::SATUR_ABI
