/// \file layer/chain_watchers.hpp  The monitors that watch a chain of layers, and what they record of each.
#pragma once

#include "satur/activation/identity.hpp"
#include "satur/array/shape.hpp"
#include "satur/array/unit_layout.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/monitor/monitor.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The monitors of a chain. They belong to one object: a copy has none, and an assignment changes nothing.
class chain_watchers {
public:
  chain_watchers() = default;
  chain_watchers(chain_watchers const&) noexcept {}
  chain_watchers(chain_watchers&& o) noexcept : list_(std::move(o.list_)) {}
  chain_watchers& operator=(chain_watchers const&) noexcept { return *this; }
  chain_watchers& operator=(chain_watchers&&) noexcept { return *this; }
  ~chain_watchers() = default;

  void add(monitor& mon) {
    watcher added{&mon, true};
    with_words_of([&](char const*) { added.logits = false; },
                  [&] { static_cast<void>(mon.rule().limits(identity{})); });
    list_.push_back(added);
  }
  void clear() { list_.clear(); }

  /// layer.forward(x), recorded: by the first monitor in the pass of the activation, by the others afterwards.
  template <class L, class X> auto const& forward(L& layer, X const& x, std::string const& name) {
    if (list_.empty()) {
      return layer.forward(x);
    }
    auto const& y = layer.forward(x, (*list_.front().mon)[name]);
    for (std::size_t i = 1; i < list_.size(); ++i) {
      (*list_[i].mon)[name].observe(layer.act, x, layer.z_layout());
    }
    return y;
  }
  /// z of a layer without an activation. A monitor whose rule does not take the identity does without.
  template <class Z> void logits(Z const& z, std::string const& name, unit_layout const& layout) {
    for (watcher const& to : list_) {
      if (to.logits) {
        (*to.mon)[name].observe(identity{}, z, layout);
      }
    }
  }
  /// Each z of a layer that has several, as "<name>.<name of z>"; `full` is memory for the names.
  template <class L> void gates(L const& layer, std::string const& name, std::string& full) {
    if (list_.empty()) {
      return;
    }
    layer.each_z([&](std::string_view part, auto const& act, auto const& z) {
      full.assign(name).append(1, '.').append(part);
      for (watcher const& to : list_) {
        (*to.mon)[full].observe(act, z, unit_layout::of(shape_of(z)));
      }
    });
  }
  template <class G> void gradient(G const& dz, std::string const& name, unit_layout const& layout) {
    for (watcher const& to : list_) {
      (*to.mon)[name].gradient(dz, layout);
    }
  }
  template <class W> void update(W const& w, W const& dw, double scale, std::string const& name) {
    for (watcher const& to : list_) {
      (*to.mon)[name].update(w, dw, scale);
    }
  }

  /// Whether a monitor reads updates of that layer in this step.
  [[nodiscard]] bool reads_updates(std::string const& name) const {
    bool reads = false;
    for (watcher const& to : list_) {
      reads = reads || (*to.mon)[name].reads_updates();
    }
    return reads;
  }

private:
  struct watcher {
    monitor* mon;
    bool logits; ///< whether its rule takes the identity
  };
  std::vector<watcher> list_;
};

/// What an optimizer tells of one layer of a chain.
struct chain_update {
  chain_watchers& to;
  std::string const& name;

  [[nodiscard]] bool reads_updates() const { return to.reads_updates(name); }
  template <class W> void update(W const& w, W const& dw) { to.update(w, dw, 1.0, name); }
};

} // namespace satur::inline SATUR_ABI::detail
