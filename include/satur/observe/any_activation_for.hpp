/// \file observe/any_activation_for.hpp  An activation that is chosen at run time and runs passes over arrays of T.
#pragma once

#include "satur/activation/all.hpp"
#include "satur/activation/any_activation.hpp"
#include "satur/observe/apply.hpp"

#include <any>
#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

namespace satur { inline namespace SATUR_ABI {

/// Any activation by value, for arrays of T (float or double):
///
///     satur::any_activation_for<float> const act = satur::activation_named<float>("tanh").value();
///     mon["fc1"].forward(act, z, y, dy);
///
/// `forward`, `apply`, `observe` and the monitor give the bits and the record of the activation itself, at one indirect
/// call a block. It is an `any_activation` too, so `diagnose`, `attribute` and theory take it, in double. Arrays of
/// another type than T work as with `any_activation`: one number after another, in double. The constructor compiles the
/// activation's pass for T, and that alone.
template <class T>
  requires std::same_as<T, float> || std::same_as<T, double>
class any_activation_for : public any_activation {
public:
  template <activation<double> A>
    requires activation<A, T> && (!std::derived_from<A, any_activation>)
  any_activation_for(A const& act) // NOLINT: an activation is one of any
      : any_activation(act),
        evaluator_([](std::any const& a) { return detail::evaluator_of<T>(*std::any_cast<A>(&a)); }) {}

  using any_activation::derivative;
  using any_activation::value;
  /// One number: the bits of a pass over it.
  [[nodiscard]] T value(T z) const { return both_at(z).value; }
  [[nodiscard]] T derivative(T z) const { return both_at(z).slope; }

  /// What passes over arrays call; it must not outlive this.
  [[nodiscard]] detail::evaluator<T> array_evaluator() const { return evaluator_(activation_itself()); }

private:
  [[nodiscard]] math::value_and_slope<T> both_at(T z) const {
    math::value_and_slope<T> both{};
    satur::apply(*this, std::span(&z, 1), std::span(&both.value, 1), std::span(&both.slope, 1));
    return both;
  }

  detail::evaluator<T> (*evaluator_)(std::any const& act);
};

/// The library's activation of that name, with its default parameters, for passes over arrays of T; nothing where there
/// is none. It compiles the pass of every activation for T: where it is called, and nowhere else.
template <class T, class List = all_activations>
  requires(std::same_as<T, float> || std::same_as<T, double>) && std::same_as<List, all_activations>
[[nodiscard]] std::optional<any_activation_for<T>> activation_named(std::string_view name) {
  std::optional<any_activation_for<T>> found;
  auto const compare = [&](auto const& act) {
    if (!found && name == act.name) {
      found.emplace(act);
    }
  };
  std::apply([&](auto const&... act) { (compare(act), ...); }, List{});
  return found;
}

}} // namespace satur::SATUR_ABI
