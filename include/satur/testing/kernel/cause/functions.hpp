/// \file testing/kernel/cause/functions.hpp  Whether a kernel computes another function: another activation, another
/// parameter, the slope for the value, the slope at another place, dy in another way.
#pragma once

#include "satur/testing/kernel/cause/fit.hpp"
#include "satur/testing/kernel/cause/known.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// Which activation the kernel computes instead, and with which parameter.
inline void add_other_functions(cause_list& list, identified const& asked) {
  kernel_evidence const& e = list.evidence;
  auto const of = [&](known_function const& k, extended p) {
    return [&e, &k, p](kernel_sample const& s, std::vector<double>& out) {
      auto const z = static_cast<extended>(s.z);
      extended const r = e.of_slope ? k.slope(z, p) * static_cast<extended>(s.dy) : k.value(z, p);
      out.push_back(as_result(e, static_cast<double>(is_nan(s.z) ? z : r)));
      extended const largest = (std::max)({std::fabs(r), std::fabs(static_cast<extended>(s.got)), std::fabs(s.exact)});
      if (largest < 1e-12L) { // a tail that is lost besides says nothing
        out.push_back(s.got);
      }
    };
  };

  for (known_function const& k : known_functions) {
    bool const passes = e.of_slope && k.name == "identity"; // has its own cause
    if (asked.function != &k && !passes) {
      list.offer(2,
                 sentence({"The code computes ", e.of_slope ? "the slope of " : "", k.name, ", but ", e.activation,
                           " is asked for: they are different functions"}),
                 of(k, k.p));
    }
  }
  if (asked.function == nullptr || asked.function->parameter == nullptr) {
    return;
  }
  known_function const& k = *asked.function;
  std::vector<extended> usual{0.0L, 0.01L, 0.1L, 0.2L, 0.25L, 0.3L, 0.5L, 1.0L, 1.702L, 1.6732632423543772L,
                              2.0L, 4.0L};
  for (kernel_sample const& s : e.wrong) { // a parameter that meets one place may meet all
    auto const z = static_cast<extended>(s.z);
    auto const got = static_cast<extended>(s.got) / static_cast<extended>(e.of_slope ? s.dy : 1.0);
    if (k.name == "leaky_relu" && s.z < 0.0) {
      usual.push_back(e.of_slope ? got : got / z);
    } else if (k.name == "elu" && s.z < 0.0) {
      usual.push_back(e.of_slope ? got / std::exp(z) : got / std::expm1(z));
    } else if (k.name == "silu" && s.z > 0.5 && s.z < 3.0 && !e.of_slope) {
      usual.push_back(std::log(got / (z - got)) / z);
    }
    if (usual.size() > 30) {
      break;
    }
  }
  std::size_t const first = list.found.size();
  for (extended const p : usual) {
    if (std::fabs(p - asked.p) > 1e-6L && is_finite(static_cast<double>(p))) {
      list.offer(1,
                 sentence({k.parameter, " is ", text::significant(static_cast<double>(p), 5), " in the code, but ",
                           text::significant(static_cast<double>(asked.p), 5), " is asked for"}),
                 of(k, p));
    }
  }
  list.keep_best(first);
}

/// What goes wrong with any function: the slope instead of the value, a lost factor, y in the place of z, dy misused.
inline void add_mistaken_uses(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  auto const offer = [&](int rank, char const* what, auto of) {
    list.offer(rank, what, [&e, of](kernel_sample const& s, std::vector<double>& out) {
      extended const r = of(static_cast<extended>(s.z), static_cast<extended>(s.dy), static_cast<extended>(s.y));
      out.push_back(as_result(e, static_cast<double>(is_nan(s.z) ? static_cast<extended>(s.z) : r)));
    });
  };
  auto const& f = e.value;
  auto const& d = e.slope;
  if (!e.of_slope) {
    offer(1, "The code returns the slope f'(z), not the value f(z)",
          [&](extended z, extended, extended) { return d(z); });
    offer(1, "The activation is applied twice: f(f(z))", [&](extended z, extended, extended) { return f(f(z)); });
    offer(2, "The sign of the result is flipped", [&](extended z, extended, extended) { return -f(z); });
    offer(2, "The sign of z is flipped: f(-z)", [&](extended z, extended, extended) { return f(-z); });
    return;
  }
  offer(1, "dy is missing: the code returns f'(z), not f'(z) * dy",
        [&](extended z, extended, extended) { return d(z); });
  offer(1, "dy is added to the slope; multiply: f'(z) * dy",
        [&](extended z, extended dy, extended) { return d(z) + dy; });
  offer(1, "dy enters twice: f'(z) * dy * dy", [&](extended z, extended dy, extended) { return d(z) * dy * dy; });
  offer(1, "dy is divided by the slope; multiply: f'(z) * dy",
        [&](extended z, extended dy, extended) { return dy / d(z); });
  offer(2, "dy is passed through: the slope f'(z) is missing", [&](extended, extended dy, extended) { return dy; });
  offer(2, "The sign of the slope is flipped", [&](extended z, extended dy, extended) { return -d(z) * dy; });
  offer(2, "The slope is taken at -z", [&](extended z, extended dy, extended) { return d(-z) * dy; });
  offer(1, "The code multiplies by the value f(z), not by the slope f'(z)",
        [&](extended z, extended dy, extended) { return f(z) * dy; });
  offer(1, "y where z belongs: the slope is evaluated at y = f(z), not at z",
        [&](extended z, extended dy, extended y) { return d(e.from_output ? y : f(z)) * dy; });
  offer(1, "The product rule is cut short: f = z g(z), and only g(z) is there; add z g'(z)",
        [&](extended z, extended dy, extended) { return (z == 0.0L ? d(z) : f(z) / z) * dy; });
  offer(1, "The product rule is cut short: f = z g(z), and only z g'(z) is there; add g(z)",
        [&](extended z, extended dy, extended) { return (z == 0.0L ? 0.0L : d(z) - f(z) / z) * dy; });
}

/// The result is a constant times, or a constant beside, what it should be.
inline void add_constant_errors(cause_list& list) {
  kernel_evidence const& e = list.evidence;
  if (e.wrong.size() < 4) {
    return;
  }
  for (std::size_t at = 0; at < e.wrong.size() && at < 24; at += 3) {
    kernel_sample const& w = e.wrong[at];
    auto const exact = static_cast<double>(w.exact);
    if (!is_finite(w.got) || !is_finite(exact) || exact == 0.0 || w.got == 0.0 || is_nan(w.got)) {
      continue;
    }
    std::size_t const first = list.found.size();
    double const factor = w.got / exact;
    char const* const named = std::fabs(factor - 0.5) < 0.01   ? " (a 1/2 too many)"
                              : std::fabs(factor - 2.0) < 0.02 ? " (a lost 1/2)"
                              : std::fabs(factor + 1.0) < 1e-3 ? " (the sign)"
                                                               : "";
    double score = 0.0;
    if (std::fabs(factor - 1.0) > 1e-5) {
      score = list.offer(3,
                         sentence({"All results are ", text::significant(factor, 5), " times what they should be",
                                   named, ": a constant factor is off"}),
                         [&e, factor](kernel_sample const& s, std::vector<double>& out) {
                           out.push_back(as_result(e, static_cast<double>(s.exact) * factor));
                         });
    }
    double const offset = w.got - exact;
    score = (std::max)(score,
                       list.offer(3, sentence({"All results are off by the constant ", text::significant(offset, 5)}),
                                  [&e, offset](kernel_sample const& s, std::vector<double>& out) {
                                    out.push_back(as_result(e, static_cast<double>(s.exact) + offset));
                                  }));
    if (score < 2.1) { // nearly all, and closely
      list.found.resize(first);
    } else {
      return;
    }
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
