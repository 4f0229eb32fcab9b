/// \file adapt/torch/watch.hpp  An unchanged libtorch model, watched by a monitor.
///
///     satur::monitor mon({.sampling = {.every = 10}});
///     auto watching = satur::watch(mon, *net);       // before the loop; or watch(*net), which owns its monitor
///     …                                              // forward, backward, optimizer.step()
///     watching.end_step();                           // in the loop, instead of mon.end_step()
///     std::cout << mon << watching;                  // the layers; rows of softmax, and what was not seen
#pragma once

#include "satur/adapt/torch/watch_state.hpp"

#include <memory>
#include <ostream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Watches a model from `watch` until it is destroyed, in the thread that made it: both belong there. The monitor and
/// the module must outlive it. What it does:
/// - z of sigmoid, tanh, relu, relu6, gelu, silu, elu, selu, celu, leaky_relu, hardtanh, hardsigmoid, hardswish,
///   softplus, mish, logsigmoid, softshrink and hardshrink, also in place, is the input of the operation
///   (at::RecordFunction); dL/dz comes from a hook on it (Tensor::register_hook), if it has a gradient.
/// - A layer has the name of the parameter whose product gives z ("fc1" of fc1.weight), or of the last product before
///   it (through a normalization, say); else the operation's, and its place in the forward pass ("sigmoid_1").
/// - Rows of softmax and log_softmax, along their axis, are recorded beside the monitor: `rows()`.
/// - An operation within another one is not counted again, nor is what the backward pass computes, nor the sigmoid of
///   binary_cross_entropy_with_logits.
/// - A step that the monitor does not sample calls nothing: the callback is disabled.
/// - While the monitor records training, only what training does is recorded: not a forward pass without gradients, nor
///   of a module in evaluation mode. Call `monitor.eval()`, then `begin_step()`, to record that as evaluation.
/// - z of four axes after a convolution is (N, C, …), its units are channels; elsewhere units are the last axis.
class torch_watch {
public:
  /// Throws std::logic_error if a model is watched in this thread already.
  torch_watch(satur::monitor& mon, torch::nn::Module const& module) : state_(start(mon, module)) {}
  torch_watch(std::unique_ptr<satur::monitor> own, torch::nn::Module const& module)
      : own_(std::move(own)), state_(start(*own_, module)) {}
  torch_watch(torch_watch&&) noexcept = default;
  torch_watch& operator=(torch_watch&&) = delete;
  ~torch_watch() {
    if (state_ != nullptr) {
      at::removeCallback(state_->handle);
      state_->forget_leaves();
      detail::torch_watch_state::current() = nullptr;
    }
  }

  /// Closes the monitor's step, as monitor::end_step, and begins the next one.
  template <class... O> void end_step(O&&... observers) {
    state_->mon->end_step(observers...);
    state_->begin_step();
  }
  /// Begins a step, or a forward pass: names by place are counted from 0 again, gradients of what came before are no
  /// longer recorded, and the callback is enabled if the monitor samples this step. Call it where `end_step` of the
  /// monitor itself, `train` or `eval` was called, and before each forward pass of a step that has several.
  void begin_step() { state_->begin_step(); }

  [[nodiscard]] satur::monitor& monitor() const { return *state_->mon; }
  /// The rows of each softmax and log_softmax of sampled steps, over the whole run, by the name of the layer that made
  /// their logits ("out"; "softmax_1" if none did, as in attention).
  [[nodiscard]] torch_rows const& rows(phase p = phase::train) const {
    return state_->rows[static_cast<std::size_t>(p)];
  }
  /// Operations that were not recorded in sampled steps, and why, in the order in which they were first met.
  [[nodiscard]] std::vector<torch_unseen> const& unseen() const { return state_->unseen; }

  /// What the monitor's table does not hold: rows of softmax, in training, and a line for each operation that was not
  /// recorded.
  friend std::ostream& operator<<(std::ostream& out, torch_watch const& watching) {
    for (auto const& [layer, record] : watching.rows()) {
      out << layer << ", rows of " << record;
    }
    for (torch_unseen const& u : watching.unseen()) {
      out << "not seen: " << u.operation << ", " << detail::count_text(u.count, "time") << ": " << u.reason << '\n';
    }
    return out;
  }

private:
  static std::shared_ptr<detail::torch_watch_state> start(satur::monitor& mon, torch::nn::Module const& module) {
    if (detail::torch_watch_state::current() != nullptr) {
      detail::raise(
          std::logic_error("satur::watch: a model is watched in this thread already; end that watch first, or "
                           "register both models in one module"));
    }
    auto state = std::make_shared<detail::torch_watch_state>();
    state->mon = &mon;
    state->module = &module;
    state->handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(&detail::torch_watch_state::enter, &detail::torch_watch_state::leave)
            .needsInputs(true)
            .needsOutputs(true)
            .scopes({at::RecordScope::FUNCTION})); // the backward pass is known by the call of its engine
    detail::torch_watch_state::current() = state.get();
    state->begin_step();
    return state;
  }

  std::unique_ptr<satur::monitor> own_;
  std::shared_ptr<detail::torch_watch_state> state_; ///< the hooks of a graph may outlive the watch
};

/// Watches a module: mon records its activations from now on.
[[nodiscard]] inline torch_watch watch(monitor& mon, torch::nn::Module const& module) { return {mon, module}; }
/// The same with a monitor of the watch's own: `monitor()`.
[[nodiscard]] inline torch_watch watch(torch::nn::Module const& module, monitor_options const& options = {}) {
  return {std::make_unique<monitor>(options), module};
}

}} // namespace satur::SATUR_ABI
