/// \file testing/gradient/check_gradients.hpp  Checks the gradients of a layer, and of a formula, number by number.
///
///     auto const r = satur::testing::check_gradients(layer, x);               // forward, backward, each_parameter
///     CHECK_MESSAGE(r.passed(), r.text());
///
/// `gradient_check` takes what has several inputs, a loss, or a whole net.
#pragma once

#include "satur/error.hpp"
#include "satur/testing/dual.hpp"
#include "satur/testing/gradient/gradient_check.hpp"
#include "satur/testing/report.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// Checks dL/dx and the gradient of every parameter of a layer, with L = sum r y, y = layer.forward(x) and r drawn by
/// `seed`. The layer has forward(x), backward(dy), which returns dL/dx, and each_parameter(f) unless it learns nothing;
/// all in double. Its outputs must depend on its parameters and x alone: no dropout that draws anew.
template <class Layer, class X>
[[nodiscard]] report check_gradients(Layer& layer, X const& x, gradient_options const& o = {}) {
  X in(x);
  auto dy = std::remove_cvref_t<decltype(layer.forward(in))>(layer.forward(std::as_const(in)));
  detail::mixed_bits bits{o.seed ^ 0x5bd1e995u};
  for (std::size_t i = 0; i < dy.size(); ++i) {
    dy.data()[i] = bits.weight();
  }
  auto const loss = [&] {
    auto const& y = layer.forward(std::as_const(in));
    long double sum = 0.0L; // the differences need every digit of it
    for (std::size_t i = 0; i < dy.size(); ++i) {
      sum += static_cast<long double>(dy.data()[i]) * static_cast<long double>(y.data()[i]);
    }
    return static_cast<double>(sum);
  };
  X dx(x);
  gradient_check check("gradients");
  check.add("x", in, dx);
  if constexpr (requires { layer.each_parameter([](std::string_view, auto&, auto&) {}); }) {
    check.add_parameters(layer);
  }
  return check.run(
      loss, [&] { dx = layer.backward(std::as_const(dy)); }, o);
}

/// Checks gradients of a formula exactly, by dual numbers: formula(std::vector<dual> const& x) returns the loss as a
/// dual number. No step, no kink: it is the derivative of the branch that is taken.
template <std::invocable<std::vector<dual> const&> Formula, class X, class G>
[[nodiscard]] report check_gradients(Formula const& formula, X const& x, G const& gradient,
                                     gradient_options const& o = {}) {
  report found;
  found.name = "gradients, by dual numbers";
  std::vector<dual> at(x.data(), x.data() + x.size());
  std::vector<double> const all(gradient.data(), gradient.data() + gradient.size());
  double const largest = detail::largest_finite(all);
  for (std::size_t i = 0; i < at.size(); ++i) {
    at[i].d = 1.0;
    double const exact = formula(std::as_const(at)).d;
    at[i].d = 0.0;
    double const given = i < all.size() ? all[i] : 0.0;
    double const scale = (std::max)({std::fabs(given), std::fabs(exact), o.floor * largest});
    ++found.checks;
    if (!satur::detail::is_finite(given - exact) || std::fabs(given - exact) > o.tolerance * scale) {
      std::size_t const times = found.failures.empty() ? 1 : found.failures.front().times + 1;
      double const error = satur::detail::is_finite(given - exact) ? std::fabs(given - exact) / scale : HUGE_VAL;
      if (found.failures.empty() || error > found.failures.front().error) {
        found.failures.assign(1, {"dL/dx", detail::place_of("x", x, i) + " = " + satur::text::number(at[i].v),
                                  satur::text::number(given), satur::text::number(exact), error, "relative", times,
                                  "a term of the derivative is missing or has the wrong sign"});
      }
      found.failures.front().times = times;
    }
  }
  return found;
}

} // namespace satur::inline SATUR_ABI::testing
