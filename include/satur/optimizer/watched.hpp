/// \file optimizer/watched.hpp  A layer, and who is told how far a step moved its parameters.
#pragma once

#include "satur/config.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// See `watched`.
template <class To, class Layer> struct watched_layer {
  To to; ///< a reference if an lvalue was given
  Layer& layer;
};

/// For the `step` of an optimizer: the layer, and who is told of its steps.
///
///     optimizer.step(satur::watched(mon["fc1"], fc1), satur::watched(mon["fc2"], fc2));
///
/// `to` is a layer of a monitor, or anything with update(w, dw), which is called for each weight: a parameter with two
/// or more axes, or without a shape. A bias that begins at 0 has no ratio of step to weight, so vectors are left out.
/// Nothing is copied in a step that the monitor does not sample. Or `to` is a function to(name, w, dw), called for
/// every parameter. w, a std::span, holds the numbers before the step, dw the change that they really received: new
/// minus old as rounded in T, with momentum, weight decay and all. A step that is too small to change a number is 0 in
/// dw.
template <class To, class Layer> [[nodiscard]] watched_layer<To, Layer> watched(To&& to, Layer& layer) {
  return {std::forward<To>(to), layer};
}

namespace detail {

/// Whom a layer by itself tells.
struct nobody {};

template <class T> inline constexpr bool is_watched_v = false;
template <class To, class L> inline constexpr bool is_watched_v<watched_layer<To, L>> = true;

/// The numbers before a step. All are equal: it is no part of what an optimizer remembers.
template <class T> class step_memory {
public:
  /// change(), which changes `value` in place, told to `to`.
  template <class To, class Value, class Change>
  void tell(To& to, std::string_view name, Value& value, Change const& change) {
    if constexpr (std::same_as<To, nobody>) {
      change();
    } else {
      if (!wants(to, value)) {
        change();
        return;
      }
      std::size_t const n = value.size();
      if (old_.size() < n) {
        old_.resize(n);
        moved_.resize(n);
      }
      std::copy(value.data(), value.data() + n, old_.data());
      change();
      for (std::size_t i = 0; i < n; ++i) {
        moved_[i] = value.data()[i] - old_[i];
      }
      std::span<T const> const w(old_.data(), n), dw(moved_.data(), n);
      if constexpr (has_update<To>) {
        to.update(w, dw);
      } else {
        to(name, w, dw);
      }
    }
  }
  bool operator==(step_memory const&) const { return true; }

private:
  template <class To> static constexpr bool has_update = requires(To& to, std::span<T const> x) { to.update(x, x); };

  template <class To, class Value> static bool wants(To& to, Value const& value) {
    if constexpr (has_update<To>) {
      if constexpr (requires { value.shape().size(); }) {
        if (value.shape().size() < 2) {
          return false;
        }
      }
      if constexpr (requires { to.reads_updates(); }) {
        return to.reads_updates();
      }
    }
    return true;
  }

  std::vector<T> old_, moved_;
};

} // namespace detail

}} // namespace satur::SATUR_ABI
