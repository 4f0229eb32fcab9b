// The activations of the digest: all of the library, and two more sets of parameters for those that have any.
#pragma once

#include "satur/activation.hpp"

#include <string>
#include <tuple>
#include <utility>

namespace digest {

/// f(name, act) for act with default parameters, and with two other sets if it has parameters.
template <class A, class F> void with_parameters(A const& act, F&& f) {
  std::string const name(satur::name_of(act));
  f(name, act);
  auto const set = [&](std::string const& label, auto const&... member_and_value) {
    A other = act;
    ((other.*member_and_value.first = member_and_value.second), ...);
    f(name + "(" + label + ")", other);
  };
  using number = std::pair<double A::*, double>;
  if constexpr (requires { act.alpha; }) {
    set("0.3", number(&A::alpha, 0.3));
    set("2", number(&A::alpha, 2.0));
  } else if constexpr (requires { act.beta; }) {
    set("0.3", number(&A::beta, 0.3));
    set("3", number(&A::beta, 3.0));
  } else if constexpr (requires { act.negative_slope; }) {
    set("0.3", number(&A::negative_slope, 0.3));
    set("-1.5", number(&A::negative_slope, -1.5));
  } else if constexpr (requires { act.width; }) {
    set("0.1", number(&A::width, 0.1));
    set("2", number(&A::width, 2.0));
  } else if constexpr (requires { act.b; }) {
    set("0.1", number(&A::b, 0.1));
    set("9", number(&A::b, 9.0));
  } else if constexpr (requires { act.otherwise; }) {
    set("-0.5,0.25", number(&A::level, -0.5), number(&A::otherwise, 0.25));
    set("2,-3", number(&A::level, 2.0), number(&A::otherwise, -3.0));
  } else if constexpr (requires {
                         act.low = 1.0;
                         act.high = 1.0;
                       }) {
    set("-2,0.5", number(&A::low, -2.0), number(&A::high, 0.5));
    set("0.1,6", number(&A::low, 0.1), number(&A::high, 6.0));
  }
}

/// f(name, act) for every activation of the list whose index modulo `parts` is `part`.
template <std::size_t Part, std::size_t Parts, class F> void for_activations(F&& f) {
  using all = satur::all_activations;
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    auto const visit = [&]<std::size_t I>() {
      if constexpr (I % Parts == Part) {
        with_parameters(std::tuple_element_t<I, all>{}, f);
      }
    };
    (visit.template operator()<K>(), ...);
  }(std::make_index_sequence<std::tuple_size_v<all>>{});
}

} // namespace digest
