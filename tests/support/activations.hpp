// Every activation in turn, for tests.
#pragma once

#include "satur/activation.hpp"

#include <tuple>

namespace test {

using satur::all_activations;

/// f.template operator()<A>() for every activation A of the list.
template <class F> void for_each_activation(F f) {
  std::apply([&](auto... act) { (f(act), ...); }, all_activations{});
}

} // namespace test
