/// \file monitor/observer.hpp  Callbacks: any struct with the hooks it wants, found by concept, that may stop a run.
#pragma once

#include "satur/config.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

class layer_monitor;
class monitor;

/// What a hook may answer. `stop` sets `monitor::stop_requested()`: the loop decides what to do about it.
enum class verdict : std::uint8_t { go_on, stop };

namespace detail {

// A struct has a member of that name, whatever its signature and however often overloaded, if the name becomes
// ambiguous once it is inherited twice. A final struct cannot be asked that way: there the address is taken.
struct named_on_layer {
  void on_layer();
};
struct named_on_step {
  void on_step();
};
struct named_on_finding {
  void on_finding();
};
template <class O, class Named> struct both : O, Named {};

template <class O> [[nodiscard]] consteval bool has_on_layer() {
  if constexpr (std::is_final_v<O>) {
    return requires { &O::on_layer; };
  } else {
    return !requires { &both<O, named_on_layer>::on_layer; };
  }
}
template <class O> [[nodiscard]] consteval bool has_on_step() {
  if constexpr (std::is_final_v<O>) {
    return requires { &O::on_step; };
  } else {
    return !requires { &both<O, named_on_step>::on_step; };
  }
}
template <class O> [[nodiscard]] consteval bool has_on_finding() {
  if constexpr (std::is_final_v<O>) {
    return requires { &O::on_finding; };
  } else {
    return !requires { &both<O, named_on_finding>::on_finding; };
  }
}

template <class R>
concept verdict_or_nothing = std::is_void_v<R> || std::same_as<R, verdict>;

/// The hook's answer; `go_on` where it answers nothing.
template <class Call> [[nodiscard]] verdict answer_of(Call&& call) {
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return verdict::go_on;
  } else {
    return call();
  }
}

} // namespace detail

/// A struct with at least one of the hooks
///
///     verdict on_layer(layer_monitor const&);     after each sampled step, for each layer
///     verdict on_step(monitor const&);            then once
///     verdict on_finding(finding const&);         for each finding of a diagnosis
///
/// each returning `verdict` or void. A hook of the right name that cannot be called that way does not compile.
template <class O>
concept observer = std::is_class_v<std::remove_cvref_t<O>> &&
                   (detail::has_on_layer<std::remove_cvref_t<O>>() || detail::has_on_step<std::remove_cvref_t<O>>() ||
                    detail::has_on_finding<std::remove_cvref_t<O>>());

/// Calls `o.on_layer(layer)` where it has that hook.
template <observer O> verdict tell_layer(O& o, layer_monitor const& layer) {
  if constexpr (detail::has_on_layer<std::remove_cvref_t<O>>()) {
    constexpr bool callable = requires {
      { o.on_layer(layer) } -> detail::verdict_or_nothing;
    };
    static_assert(callable, "satur: an observer's on_layer takes (satur::layer_monitor const&) and returns "
                            "satur::verdict or void");
    if constexpr (callable) {
      return detail::answer_of([&]() -> decltype(auto) { return o.on_layer(layer); });
    }
  }
  return verdict::go_on;
}
/// Calls `o.on_step(mon)` where it has that hook.
template <observer O> verdict tell_step(O& o, monitor const& mon) {
  if constexpr (detail::has_on_step<std::remove_cvref_t<O>>()) {
    constexpr bool callable = requires {
      { o.on_step(mon) } -> detail::verdict_or_nothing;
    };
    static_assert(callable, "satur: an observer's on_step takes (satur::monitor const&) and returns satur::verdict or "
                            "void");
    if constexpr (callable) {
      return detail::answer_of([&]() -> decltype(auto) { return o.on_step(mon); });
    }
  }
  return verdict::go_on;
}
/// Calls `o.on_finding(found)` where it has that hook; a finding is of any type.
template <observer O, class Finding> verdict tell_finding(O& o, Finding const& found) {
  if constexpr (detail::has_on_finding<std::remove_cvref_t<O>>()) {
    constexpr bool callable = requires {
      { o.on_finding(found) } -> detail::verdict_or_nothing;
    };
    static_assert(callable, "satur: an observer's on_finding takes (satur::finding const&) and returns satur::verdict "
                            "or void");
    if constexpr (callable) {
      return detail::answer_of([&]() -> decltype(auto) { return o.on_finding(found); });
    }
  }
  return verdict::go_on;
}

}} // namespace satur::SATUR_ABI
