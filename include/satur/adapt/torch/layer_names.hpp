/// \file adapt/torch/layer_names.hpp  Which layer of a libtorch module a tensor belongs to.
#pragma once

#include "satur/adapt/torch/operations.hpp"
#include "satur/adapt/torch/tensor.hpp"
#include "satur/array/unit_layout.hpp"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// A layer's name, and how its units lie if that is known.
struct torch_layer {
  std::string name;
  std::optional<unit_layout> layout{};
};

/// The names of a module's layers, by the memory of their weights, and the products of this forward pass.
class torch_layer_names {
public:
  void begin_pass() {
    results_.clear();
    places_.clear();
  }
  /// The parameters of the module, as they are now.
  void read(torch::nn::Module const& module) {
    weights_.clear();
    for (auto const& p : module.named_parameters()) {
      at::Tensor const& w = p.value();
      std::size_t const dot = p.key().rfind('.');
      if (w.defined() && w.dim() >= 2 && w.layout() == at::kStrided && dot != std::string::npos) {
        char const* const start = static_cast<char const*>(start_of_tensor(w));
        weights_.push_back({start, start + w.nbytes(), p.key().substr(0, dot)});
      }
    }
  }
  /// The layer whose weight is among the inputs, as it is, transposed or in part; empty if there is none.
  [[nodiscard]] std::string layer_of(torch_inputs inputs) const {
    for (c10::IValue const& input : inputs) {
      if (input.isTensor() && input.toTensor().defined() && input.toTensor().layout() == at::kStrided) {
        at::Tensor const& t = input.toTensor();
        char const* const at = static_cast<char const*>(start_of_tensor(t));
        auto const found = std::find_if(weights_.begin(), weights_.end(),
                                        [&](weight const& w) { return at >= w.begin && at < w.end && t.dim() >= 2; });
        if (found != weights_.end()) {
          return found->layer;
        }
      }
    }
    return {};
  }
  /// z was made by a product of that layer (empty: of no parameter of the module).
  void add_product(at::Tensor const& z, std::string const& layer, bool channels_first) {
    std::erase_if(results_, [](product const& r) { return r.z.expired(); });
    results_.push_back({weak_tensor(z.getIntrusivePtr()), layer, channels_first});
  }
  /// The layer of z, which the operation `name` reads: that of the product that made z; else of the last one that met
  /// no activation; else by its place.
  [[nodiscard]] torch_layer layer_at(std::string_view name, at::Tensor const& z) {
    auto found = std::find_if(results_.rbegin(), results_.rend(),
                              [&](product const& r) { return r.z._unsafe_get_target() == z.unsafeGetTensorImpl(); });
    if (found == results_.rend()) {
      found = results_.rbegin();
    }
    torch_layer at;
    if (found != results_.rend()) {
      if (!found->layer.empty()) {
        at.name = found->layer;
        if (z.dim() >= 2) {
          at.layout = unit_layout::of(z.sizes(), found->channels_first ? 1 : static_cast<std::size_t>(z.dim() - 1));
        }
      }
      results_.erase(std::next(found).base());
    }
    if (at.name.empty()) {
      std::string const op(torch_operation(name));
      at.name = op + '_' + std::to_string(++places_[op]);
    }
    return at;
  }

private:
  using weak_tensor = c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;
  /// A parameter's memory and the layer that it names.
  struct weight {
    char const* begin;
    char const* end;
    std::string layer;
  };
  /// A product whose result has met no activation yet. It keeps nothing alive but the tensor's empty shell.
  struct product {
    weak_tensor z;
    std::string layer;
    bool channels_first;
  };
  std::vector<weight> weights_;
  std::vector<product> results_;
  std::map<std::string, int, std::less<>> places_; ///< how often an operation named a layer by its place
};

} // namespace satur::inline SATUR_ABI::detail
