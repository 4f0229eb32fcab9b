/// \file monitor/recording/layer_list.hpp  The layers of a monitor, by name.
#pragma once

#include "satur/error.hpp"
#include "satur/monitor/layer_monitor.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// Layers in the order in which they were added. References stay valid when others are added.
class layer_list {
public:
  /// A new layer, constructed from the arguments. Its name is not in the list yet.
  template <class... X> layer_monitor& add(X const&... x) {
    cursor_ = layers_.size();
    return layers_.emplace_back(x...);
  }
  /// Null if there is none of that name. Looks beside the last layer first: a network asks in order, forward and
  /// backwards.
  [[nodiscard]] layer_monitor* find(std::string_view name) {
    std::size_t const n = layers_.size();
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t const at = (cursor_ + (i % 2 == 1 ? (i + 1) / 2 : n - i / 2)) % n;
      if (layers_[at].name() == name) {
        cursor_ = at;
        return &layers_[at];
      }
    }
    return nullptr;
  }
  /// Throws std::invalid_argument, naming the known layers, if there is none of that name.
  [[nodiscard]] layer_monitor const& at(std::string_view name) const {
    std::string known;
    for (layer_monitor const& layer : layers_) {
      if (layer.name() == name) {
        return layer;
      }
      known += (known.empty() ? "" : ", ") + layer.name();
    }
    bad_parameter("monitor::at", "layer", std::string(name), known.empty() ? "none seen yet" : known);
  }

  /// Layers of the same name are merged; the others join, and prepare(layer) is called for each of them.
  template <class F> void merge(layer_list const& o, F const& prepare) {
    for (layer_monitor const& theirs : o.layers_) {
      if (layer_monitor* const ours = find(theirs.name()); ours != nullptr) {
        ours->merge(theirs);
      } else {
        prepare(add(theirs));
      }
    }
  }
  /// Throws std::invalid_argument, naming the layer, where a layer of ours cannot be merged with theirs.
  void require_mergeable(layer_list const& o) {
    for (layer_monitor const& theirs : o.layers_) {
      if (layer_monitor* const ours = find(theirs.name()); ours != nullptr) {
        with_words_of(
            [&theirs](char const* words) {
              raise(std::invalid_argument(message("satur::monitor: layer ", theirs.name(), ": ", words)));
            },
            [&] { ours->require_mergeable(theirs); });
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return layers_.size(); }
  [[nodiscard]] auto begin() { return layers_.begin(); }
  [[nodiscard]] auto end() { return layers_.end(); }
  [[nodiscard]] auto begin() const { return layers_.begin(); }
  [[nodiscard]] auto end() const { return layers_.end(); }

  bool operator==(layer_list const& o) const { return layers_ == o.layers_; }

private:
  std::deque<layer_monitor> layers_;
  std::size_t cursor_ = 0; ///< the last layer asked for
};

/// The layers of a monitor, and the record of the data: a list of none or one.
struct layer_lists {
  layer_list layers;
  layer_list data;

  /// f(layer) for all of them.
  template <class F> void each(F const& f) {
    for (layer_list* const list : {&layers, &data}) {
      for (layer_monitor& layer : *list) {
        f(layer);
      }
    }
  }
  template <class F> void merge(layer_lists const& o, F const& prepare) {
    layers.merge(o.layers, prepare);
    data.merge(o.data, prepare);
  }
  void require_mergeable(layer_lists const& o) {
    layers.require_mergeable(o.layers);
    data.require_mergeable(o.data);
  }
  bool operator==(layer_lists const&) const = default;
};

} // namespace satur::inline SATUR_ABI::detail
