// Activations with other than default parameters, for tests: ordinary and extreme valid ones.
#pragma once

#include "support/contract.hpp"
#include "support/reference.hpp"

#include "satur/activation.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <string>

namespace test {

/// f(act) for each; every parameter is representable in float, so that float and double give the same activation.
template <class F> void for_each_parameter(F const& f) {
  auto const each = [&f](auto const& acts) {
    for (auto const& act : acts) {
      f(act);
    }
  };
  using namespace satur;
  each(std::initializer_list<celu>{{2.0}, {0.25}, {0x1p-20}, {0x1p20}, {0x1p-60}, {0x1p60}});
  each(std::initializer_list<elu>{{2.0}, {0.375}, {0x1p-20}, {0x1p20}, {0x1p-60}, {0x1p80}});
  each(std::initializer_list<leaky_relu>{{0.25}, {3.0}, {-0.5}, {-3.0}, {0x1p-100}, {0x1p20}});
  each(std::initializer_list<prelu>{{0.0625}, {2.5}, {-0.5}, {-3.0}, {0x1p-100}, {-0x1p20}});
  each(std::initializer_list<silu>{{2.0}, {0.25}, {0x1p-20}, {0x1p20}, {0x1p-60}, {0x1p60}});
  each(std::initializer_list<softplus>{{2.0}, {0.25}, {0x1p-20}, {0x1p20}, {0x1p-60}, {0x1p60}});
  each(std::initializer_list<squareplus>{{1.0}, {0.0625}, {0x1p-20}, {0x1p20}, {0x1p-60}, {0x1p60}});
  each(std::initializer_list<hard_tanh>{{-2.0, 0.5}, {0.25, 3.0}, {-4.0, -1.0}, {-0x1p-60, 0x1p100}});
  each(
      std::initializer_list<hard_shrink>{{1.25}, {0.0}, {0x1p-100}, {0x1p100}, {1.5, 1.5}, {0.75, -2.0}, {0.5, 0.125}});
  each(std::initializer_list<hard_sigmoid>{{0.25, 0.5}, {0.75, 0.125}, {2.0, -3.0}, {0x1p-20, 0.5}, {0x1p20, 0.5}});
  each(std::initializer_list<selu>{{2.0, 3.0}, {0.5, 1.25}, {1.5, 0.5}, {0x1p-20, 1.0}, {1.0, 0x1p-20}, {1.0, 0x1p20}});
  each(std::initializer_list<soft_shrink>{{1.25}, {0.0}, {0x1p-100}, {0x1p100}});
  each(std::initializer_list<threshold>{{0.5, -0.25}, {-0.5, 0.25}, {-1.5, -1.5}, {-0x1p100, 0x1p100}, {0.0, 3.0}});
}

/// The width of the bend at 0 in z: 1 with default parameters.
template <class A> double width_of([[maybe_unused]] A const& act) {
  if constexpr (std::is_same_v<A, satur::hard_sigmoid>) {
    return 0.5 / act.alpha;
  } else if constexpr (requires { act.beta; }) {
    return 1.0 / act.beta;
  } else if constexpr (requires { act.b; }) {
    return 0.5 * std::sqrt(act.b);
  } else if constexpr (std::is_same_v<A, satur::celu>) {
    return act.alpha;
  } else {
    return 1.0;
  }
}

template <class A> std::string parameters_text(A const& act) {
  if constexpr (requires { act.low; }) {
    return std::to_string(act.low) + ", " + std::to_string(act.high);
  } else if constexpr (requires { act.level; }) {
    return std::to_string(act.level) + ", " + std::to_string(act.otherwise);
  } else if constexpr (requires { act.lambda; }) {
    return "selu " + std::to_string(act.alpha) + ", " + std::to_string(act.lambda);
  } else if constexpr (requires { act.alpha + act.beta; }) {
    return "hard_sigmoid " + std::to_string(act.alpha) + ", " + std::to_string(act.beta);
  } else if constexpr (requires { act.bias; }) {
    return "hard_shrink " + std::to_string(act.width) + ", " + std::to_string(act.bias);
  } else if constexpr (requires { act.negative_slope; }) {
    return std::to_string(act.negative_slope);
  } else {
    return std::to_string(width_of(act));
  }
}

/// The property suite over each in T, against formulas in long double, near its bend and in its tails.
template <class T> void check_other_parameters() {
  for_each_parameter([](auto const& act) {
    CAPTURE(parameters_text(act));
    for (double const widths : {30.0, 850.0}) {
      satur::testing::check_options o;
      o.ulp = allowed_ulp<T>(act);
      o.low = -widths * width_of(act);
      o.high = -o.low;
      o.monotone = !satur::has_minimum<std::remove_cvref_t<decltype(act)>>;
      if constexpr (requires { act.negative_slope; }) {
        o.monotone = act.negative_slope >= 0;
        o.may_overflow = std::fabs(act.negative_slope) > 4; // times the largest number
      } else if constexpr (requires { act.level; }) {
        o.monotone = act.otherwise <= act.level;
      } else if constexpr (requires { act.bias; }) {
        o.monotone = act.bias <= act.width;
      } else if constexpr (requires { act.lambda; }) {
        o.may_overflow = act.lambda > 4;
      }
      o.passes = widths < 100.0;
      satur::testing::report const r = satur::testing::check_activation<T>(
          act, [&act](long double z) { return exact(act, z); }, o);
      CHECK_MESSAGE(r.passed(), r.text());
      CHECK(r.skipped.empty());
    }
  });
}

} // namespace test
