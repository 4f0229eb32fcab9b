/// \file testing/kernel/causes.hpp  The usual cause of a kernel's errors, told from where it is wrong and where not.
#pragma once

#include "satur/testing/kernel/cause/formulas.hpp"
#include "satur/testing/kernel/cause/functions.hpp"
#include "satur/testing/kernel/cause/known.hpp"
#include "satur/testing/kernel/cause/places.hpp"
#include "satur/testing/kernel/cause/ranges.hpp"
#include "satur/testing/kernel/cause/storage.hpp"
#include "satur/testing/kernel/evidence.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

namespace detail {

/// f(z) as a kernel may have it rounded: to nearest, or a unit beside if this is nearly as close.
inline void append_outputs(kernel_evidence const& e, arithmetic const& a, kernel_sample const& s,
                           std::vector<double>& ys) {
  if (e.from_output) {
    ys.push_back(s.y);
    return;
  }
  if (is_nan(s.z)) {
    ys.push_back(s.z);
    return;
  }
  long double const exact = e.value(static_cast<long double>(s.z));
  for (int const units : {0, -1, 1, -2, 2}) {
    arithmetic beside = a;
    beside.nudge = units;
    double const y =
        a.format != nullptr ? a.round(static_cast<double>(exact)) : beside.of_library(static_cast<double>(exact));
    double const next = std::fabs(beside.of_library(0.75) - 0.75) * 2.0 / 0.75; // so many units, relative
    bool const close = std::fabs(static_cast<long double>(y) - exact) <=
                       static_cast<long double>(next * (units == 0 ? 1e9 : 1.2 / std::abs(units)) * std::fabs(y));
    if (units == 0 || close) {
      ys.push_back(y);
    }
  }
}

/// Offers every usual formula of the activation, evaluated in the kernel's arithmetic: if it is stored in few bits, in
/// float and with each step rounded; if it is double, in float too.
inline void add_usual_formulas(cause_list& list, identified const& asked) {
  kernel_evidence const& e = list.evidence;
  using numbers = kernel_evidence::numbers;
  if (asked.function == nullptr) {
    return;
  }
  bool const quick = asked.is("gelu_quick"); // silu with another beta
  std::string_view const name = quick ? "silu" : asked.function->name;
  double const p = quick ? 1.702 : static_cast<double>(asked.p);
  auto const offer = [&](usual_formula const& u, int rank, std::string const& what, arithmetic const& kind) {
    return list.offer(rank, what, [&e, &u, p, kind](kernel_sample const& s, std::vector<double>& out) {
      std::vector<double> ys{0.0};
      if (u.slope) {
        ys.clear();
        append_outputs(e, kind, s, ys);
        if (e.type == kernel_evidence::numbers::stored && !e.from_output) {
          ys.push_back(as_result(e, ys.front()));
        }
        for (usual_formula const& v : usual_values) { // y itself may be off
          if (!e.from_output && v.of == u.of) {
            ys.push_back(v.result({rounded(s.z, kind), rounded(0.0, kind), rounded(0.0, kind), p}).get());
          }
        }
      }
      for (int const nudge : {0, -1, 1}) {
        arithmetic a = kind;
        a.nudge = nudge;
        for (double const y : ys) {
          rounded const r = u.result({rounded(s.z, a), rounded(y, a), rounded(s.dy, a), p});
          out.push_back(as_result(e, u.slope && !u.takes_dy ? (r * s.dy).get() : r.get()));
        }
      }
    });
  };
  bool const stored = e.type == numbers::stored;
  bool const coarse = stored && !e.output_format.is_integer();
  std::span<usual_formula const> const formulas =
      e.of_slope ? std::span<usual_formula const>(usual_slopes) : std::span<usual_formula const>(usual_values);
  for (usual_formula const& u : formulas) {
    if (u.of != name) {
      continue;
    }
    bool const plain = 0.0 != offer(u, 0, u.what, {e.type == numbers::binary64 ? 53 : 24, nullptr, 0});
    if (!plain && coarse) {
      offer(u, 1,
            sentence({"Each step is rounded to ", e.output_format.name.view(),
                      ": compute in float and round the result once"}),
            {24, &e.output_format, 0});
    } else if (!plain && e.type == numbers::binary64) {
      offer(u, 1, "The kernel for double computes in float: use no suffix f on constants, and exp, not expf",
            {24, nullptr, 0});
    }
  }
}

} // namespace detail

/// The usual causes that fit, the best first; empty if none fits. A supposed code fits if it gives what the kernel gave
/// at nearly all wrong places (at most a quarter of the error is left), and no right place speaks against it. Takes
/// some milliseconds. Throws nothing but what the evidence's functions throw.
[[nodiscard]] inline std::vector<kernel_cause> causes_of(kernel_evidence const& e) {
  std::vector<kernel_cause> causes;
  if (e.wrong.empty()) {
    return causes;
  }
  detail::cause_list list(e);
  detail::add_kinks(list);
  detail::add_special_places(list);
  if (e.value && e.slope) {
    detail::identified const asked = detail::identify(e.value, e.slope);
    detail::add_usual_formulas(list, asked);
    detail::add_other_functions(list, asked);
    detail::add_mistaken_uses(list);
    detail::add_constant_errors(list);
    detail::add_narrow_numbers(list);
    if (e.type == kernel_evidence::numbers::stored) {
      detail::add_mistaken_formats(list);
      detail::add_quantization(list);
      detail::add_conversions(list);
    }
    detail::add_clamps(list);
    detail::add_cut_tails(list);
    if (!list.any_better_than(3)) {
      detail::add_tables(list);
    }
  }
  for (; !list.found.empty() && causes.size() < 3;) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < list.found.size(); ++i) {
      best = list.found[i].score > list.found[best].score ? i : best;
    }
    causes.push_back(list.found[best].cause);
    std::erase_if(list.found, [&](auto const& r) { return r.cause.what == causes.back().what; });
  }
  return causes;
}

} // namespace satur::inline SATUR_ABI::testing
