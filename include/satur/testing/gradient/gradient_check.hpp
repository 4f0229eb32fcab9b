/// \file testing/gradient/gradient_check.hpp  Compares gradients of any arrays with differences of a loss.
///
///     satur::testing::gradient_check check("a net of mine");
///     check.add("x", x, dx);
///     check.add_parameters(net);
///     auto const r = check.run([&] { return forward_and_loss(); }, [&] { backward(); });
#pragma once

#include "satur/error.hpp"
#include "satur/testing/gradient/difference.hpp"
#include "satur/testing/mixed_bits.hpp"
#include "satur/testing/report.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// How strict `check_gradients` is, and how much of each array it looks at.
struct gradient_options {
  double tolerance =
      1e-6;              ///< allowed |a - n|, relative to the larger of both, or of `floor` times the largest gradient
  double floor = 1e-3;   ///< a gradient below this share of the largest one is compared with that share
  double step = 1e-3;    ///< of the differences, relative to a number above 1; smaller ones are tried by themselves
  std::size_t most = 64; ///< numbers that are looked at in each array, drawn by `seed`; 0: all
  std::uint64_t seed = 1;
};

namespace detail {

/// The place of element i in row-major order: "w(3, 4)", or "w[12]" for what has no shape.
template <class Array> [[nodiscard]] std::string place_of(std::string_view name, Array const& array, std::size_t i) {
  std::string text(name);
  if constexpr (requires { array.shape().size(); }) {
    std::vector<std::size_t> index(array.shape().size());
    for (std::size_t axis = index.size(); axis-- > 0;) {
      auto const extent = static_cast<std::size_t>(array.shape()[axis]);
      index[axis] = i % extent;
      i /= extent;
    }
    return text + satur::detail::shape_text(index);
  } else {
    return text + "[" + satur::text::number(i) + "]";
  }
}

/// The largest magnitude of the finite numbers. An infinite one would make every error small beside it.
[[nodiscard]] inline double largest_finite(std::span<double const> gradient) {
  double largest = 0.0;
  for (double const g : gradient) {
    largest = satur::detail::is_finite(g) && std::fabs(g) > largest ? std::fabs(g) : largest;
  }
  return largest;
}

} // namespace detail

/// Compares gradients with differences of the loss. Everything is in double: in float the differences have three
/// digits.
///
/// n = (8 (L(+h) - L(-h)) - (L(+2h) - L(-2h))) / 12h, for h and the smaller steps h/10 and h/100; the step that agrees
/// best counts, because a wrong gradient agrees at none. A gradient a passes if |a - n| <= tolerance max(|a|, |n|,
/// floor times the largest gradient), or within what rounding of the loss alone explains. A number at a kink, where the
/// slopes of both sides differ at the smallest step, is left out and counted (`report.skipped`); an array all of whose
/// numbers are left out fails. So does a loss that has another value at the end than at the start.
class gradient_check {
public:
  explicit gradient_check(std::string name) { report_.name = std::move(name); }

  /// The numbers of `values` are changed and restored, `gradient` is compared: containers of double with data() and
  /// size(), of the same size, that outlive the check.
  template <class V, class G> void add(std::string_view name, V& values, G const& gradient) {
    static_assert(
        std::same_as<std::remove_cvref_t<decltype(*values.data())>, double> &&
            std::same_as<std::remove_cvref_t<decltype(*gradient.data())>, double>,
        "satur::testing::check_gradients: check a layer of double; in float the differences have three digits");
    arrays_.push_back({std::string(name), [&values] { return std::span(values.data(), values.size()); },
                       [&gradient] { return std::span(gradient.data(), gradient.size()); },
                       [&values](std::string_view n, std::size_t i) { return detail::place_of(n, values, i); }});
  }
  /// Every parameter of a layer or a net: anything with each_parameter(f), which calls f(name, value, gradient).
  template <class L> void add_parameters(L& layer) {
    layer.each_parameter(
        [this](std::string_view name, auto& value, auto& gradient) { this->add(name, value, gradient); });
  }
  /// The same for one of several layers: its w is named "fc1.w".
  template <class L> void add_parameters(std::string_view layer_name, L& layer) {
    layer.each_parameter([this, layer_name](std::string_view name, auto& value, auto& gradient) {
      this->add(std::string(layer_name) + "." + std::string(name), value, gradient);
    });
  }

  /// Runs loss(), which returns the loss as a double from the arrays as they are, and backward(), which fills their
  /// gradients; then loss() with one number changed at a time.
  template <class Loss, class Backward>
  [[nodiscard]] report run(Loss&& loss, Backward&& backward, gradient_options const& o = {}) {
    report_ = {report_.name, 0, {}, {}};
    double const here = loss();
    backward();
    double largest = 0.0;
    for (array& a : arrays_) {
      std::span<double const> const now = a.gradient();
      a.found.assign(now.begin(), now.end()); // loss() may use their memory
      largest = (std::max)(largest, detail::largest_finite(now));
    }
    detail::mixed_bits bits{o.seed};
    for (array const& a : arrays_) {
      check_array(a, loss, here, o.floor * largest, o, bits);
    }
    double const again = loss();
    if (!(std::fabs(again - here) <= 1e-10 * (std::max)(std::fabs(again), std::fabs(here))) &&
        satur::detail::is_finite(here)) {
      add_failure("the loss of the same numbers is the same", "the end", satur::text::significant(again, 10),
                  satur::text::significant(here, 10), 0.0,
                  "the loss depends on more than these numbers: a mask drawn anew, a state that moves on");
    }
    return report_;
  }

private:
  struct array {
    std::string name;
    std::function<std::span<double>()> values;
    std::function<std::span<double const>()> gradient;
    std::function<std::string(std::string_view, std::size_t)> place;
    std::vector<double> found{};
  };

  template <class Loss>
  void check_array(array const& a, Loss& loss, double here, double least, gradient_options const& o,
                   detail::mixed_bits& bits) {
    std::size_t const n = a.values().size();
    if (a.found.size() != n) {
      add_failure("the gradient of " + a.name + " has its size", a.name, satur::text::number(a.found.size()),
                  satur::text::number(n), 0.0, "the gradient was not made for these values");
      return;
    }
    bool const all = o.most == 0 || n <= o.most;
    std::size_t const looked_at = all ? n : o.most;
    std::size_t kinks = 0;
    for (std::size_t k = 0; k < looked_at; ++k) {
      std::size_t const i = all ? k : static_cast<std::size_t>(bits.next() % n);
      double const given = a.found[i];
      auto const at = [&](double x) {
        double& value = a.values()[i];
        double const kept = value;
        value = x;
        double const moved = loss();
        a.values()[i] = kept;
        return moved;
      };
      detail::difference const d = detail::difference_near(at, a.values()[i], here, given, o.step);
      double const scale = (std::max)({std::fabs(given), std::fabs(d.slope), least});
      double const off = std::fabs(given - d.slope);
      ++report_.checks;
      if (satur::detail::is_finite(off) && off <= o.tolerance * scale + d.rounding) {
        continue;
      }
      if (d.kink) {
        ++kinks;
        continue;
      }
      add_failure("dL/d" + a.name, a.place(a.name, i) + " = " + satur::text::number(a.values()[i]),
                  satur::text::number(given), satur::text::significant(d.slope, 10),
                  satur::detail::is_finite(off) ? off / scale : HUGE_VAL,
                  "a term of the backward pass is missing, has the wrong sign, or belongs to another element");
    }
    if (kinks != 0) {
      report_.skipped.push_back(satur::text::number(kinks) + " of " + satur::detail::count_text(looked_at, "number") +
                                " of " + a.name + ": at a kink of the loss");
    }
    if (kinks == looked_at && kinks != 0) {
      add_failure("dL/d" + a.name, a.name, "no number that could be checked", "one at least", 0.0,
                  "every number lies at a kink: check at other inputs");
    }
  }

  void add_failure(std::string const& property, std::string where, std::string got, std::string expected, double error,
                   char const* usually) {
    for (failure& f : report_.failures) {
      if (f.property == property) {
        ++f.times;
        if (!(error > f.error)) {
          return;
        }
        f = {property, std::move(where), std::move(got), std::move(expected), error, "relative", f.times, usually};
        return;
      }
    }
    report_.failures.push_back(
        {property, std::move(where), std::move(got), std::move(expected), error, "relative", 1, usually});
  }

  report report_;
  std::vector<array> arrays_;
};

} // namespace satur::inline SATUR_ABI::testing
