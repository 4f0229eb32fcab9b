/// \file testing/kernel/cause/fit.hpp  Whether a supposed code explains what a kernel did: how well it meets the wrong
/// and the right places.
#pragma once

#include "satur/error.hpp"
#include "satur/format/rounding.hpp"
#include "satur/testing/kernel/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

using satur::detail::is_finite;
using satur::detail::is_nan;

/// The step between the numbers of the result's type at x.
[[nodiscard]] inline double unit_at(kernel_evidence const& e, long double x) {
  int exponent = 0;
  if (e.type == kernel_evidence::numbers::stored) {
    satur::format const& f = e.output_format;
    if (f.is_integer() || x == 0.0L) {
      return f.smallest_subnormal / e.output_scale;
    }
    std::frexp(x * static_cast<long double>(e.output_scale), &exponent);
    int const above = (exponent - 1) - f.least_exponent();
    return std::ldexp(f.smallest_subnormal, above > 0 ? above : 0) / e.output_scale;
  }
  bool const single = e.type == kernel_evidence::numbers::binary32;
  int const digits = single ? 24 : 53;
  int const least = single ? -149 : -1074;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, x == 0.0L || exponent - digits < least ? least : exponent - digits);
}

/// x as the result's type holds it. What is too large becomes the largest number or infinity, as the format has it.
[[nodiscard]] inline double as_result(kernel_evidence const& e, double x) {
  if (e.type == kernel_evidence::numbers::binary64 || is_nan(x)) {
    return x;
  }
  if (e.type == kernel_evidence::numbers::binary32) {
    return static_cast<double>(static_cast<float>(x));
  }
  satur::format const& f = e.output_format;
  double const r = round_to(f, x * e.output_scale);
  if (f.codes == format::coding::ieee && (r > f.largest || r < f.lowest)) {
    return r > 0.0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  }
  return std::fmin(std::fmax(r, f.low_end()), f.high_end()) / e.output_scale;
}

/// Whether x accounts for what the kernel got there: at most that share of the error is left.
[[nodiscard]] inline bool accounts_for(kernel_sample const& s, double x, long double left = 0.25L) {
  if (is_nan(x) || is_nan(s.got)) {
    return is_nan(x) && is_nan(s.got);
  }
  if (!is_finite(x) || !is_finite(s.got)) {
    return x == s.got;
  }
  if (is_nan(static_cast<double>(s.exact)) || !is_finite(static_cast<double>(s.exact))) {
    return std::fabs(x - s.got) <= 1e-3 * std::fabs(s.got);
  }
  long double const error = std::fabs(static_cast<long double>(s.got) - s.exact);
  return std::fabs(static_cast<long double>(x) - static_cast<long double>(s.got)) <= left * error;
}

/// Whether a kernel that gets x there could not have been found right.
[[nodiscard]] inline bool contradicts(kernel_evidence const& e, kernel_sample const& s, double x) {
  auto const exact = static_cast<double>(s.exact);
  if (is_nan(x) || is_nan(exact)) {
    return is_nan(x) != is_nan(exact);
  }
  if (!is_finite(x) || !is_finite(exact)) {
    return x != exact && x != s.got;
  }
  return std::fabs(static_cast<long double>(x) - s.exact) >
         static_cast<long double>((4.0 * e.allowed_ulp + 8.0) * unit_at(e, s.exact)) * (x == s.got ? 2.0L : 1.0L);
}

/// How many places a supposed code explains.
struct fit {
  std::size_t explained = 0;
  std::size_t closely = 0; ///< so that next to nothing of the error is left
  std::size_t wrong = 0;
  std::size_t contradicted = 0;
  std::size_t right = 0;

  /// Nearly all wrong places are explained, and no right place, but for an odd one, speaks against it.
  [[nodiscard]] bool holds() const {
    return explained > 0 && 10 * explained >= 9 * wrong && 50 * contradicted <= right;
  }
  [[nodiscard]] double share() const { return static_cast<double>(explained) / static_cast<double>(wrong); }
  /// The larger, the better it explains.
  [[nodiscard]] double score() const {
    return 2.0 * share() + 0.2 * static_cast<double>(closely) / static_cast<double>(wrong) -
           (right == 0 ? 0.0 : static_cast<double>(contradicted) / static_cast<double>(right));
  }
};

/// What a supposed code may get at a place: results(sample, out) appends it, several if libraries differ by a unit.
/// Refers to a callable, so it lives no longer than that.
class supposed {
public:
  template <class Results>
    requires(!std::same_as<Results, supposed>)
  supposed(Results const& results)
      : results_(&results), call_([](void const* r, kernel_sample const& s, std::vector<double>& out) {
          (*static_cast<Results const*>(r))(s, out);
        }) {}
  void operator()(kernel_sample const& s, std::vector<double>& out) const { call_(results_, s, out); }

private:
  void const* results_;
  void (*call_)(void const*, kernel_sample const&, std::vector<double>&);
};

/// The parts of a sentence as one text.
[[nodiscard]] inline std::string sentence(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (std::string_view const p : parts) {
    all += p;
  }
  return all;
}

/// The error from which on a wrong place tells something. An error of a few units is made of several roundings that no
/// formula repeats, so it is left out if there are enough larger ones.
[[nodiscard]] inline double telling_error(kernel_evidence const& e) {
  double const limit = 16.0 * e.allowed_ulp;
  auto const large = std::count_if(e.wrong.begin(), e.wrong.end(), [&](auto const& s) { return !(s.ulp < limit); });
  return large >= 8 && 4 * static_cast<std::size_t>(large) >= e.wrong.size() ? limit : 0.0;
}

/// Compares a supposed code with the evidence. Stops as soon as it cannot hold.
[[nodiscard]] inline fit fit_of(kernel_evidence const& e, double telling, supposed const& results) {
  fit f;
  std::vector<double> out;
  for (kernel_sample const& s : e.wrong) {
    if (s.ulp < telling) {
      continue;
    }
    out.clear();
    results(s, out);
    ++f.wrong;
    bool any = false;
    bool close = false;
    for (double const x : out) {
      any = any || accounts_for(s, x);
      close = close || accounts_for(s, x, 1.0L / 64.0L);
    }
    f.explained += any ? 1 : 0;
    f.closely += close ? 1 : 0;
    if (10 * (f.wrong - f.explained) > e.wrong.size()) {
      f.explained = 0;
      return f;
    }
  }
  for (kernel_sample const& s : e.right) {
    out.clear();
    results(s, out);
    ++f.right;
    bool against = !out.empty();
    for (double const x : out) {
      against = against && contradicts(e, s, x);
    }
    f.contradicted += against ? 1 : 0;
    if (50 * f.contradicted > e.right.size()) {
      break;
    }
  }
  return f;
}

/// Collects the causes that fit, with their rank: 0 is the most specific.
class cause_list {
public:
  struct ranked {
    kernel_cause cause;
    int rank;
    double score;
  };
  kernel_evidence const& evidence;
  std::vector<ranked> found;

  explicit cause_list(kernel_evidence const& e) : evidence(e), telling_(telling_error(e)) {}

  /// Notes the cause if the supposed code fits. Returns its score, or 0. `exactly`: errors of few units tell something
  /// too.
  double offer(int rank, std::string const& what, supposed const& results, bool exactly = false) {
    fit const f = fit_of(evidence, exactly ? 0.0 : telling_, results);
    // A formula may be written in several ways, which differ in rounding; what has none must meet the results closely.
    bool const close = rank == 0 || 10 * f.closely >= 7 * f.wrong;
    return f.holds() && close ? note(rank, what, f.share(), f.score()) : 0.0;
  }
  double note(int rank, std::string const& what, double explained, double score) {
    found.push_back({{what, explained}, rank, score - 0.04 * rank});
    return score;
  }
  /// Of the causes from `first` on, the best alone stays.
  void keep_best(std::size_t first) {
    for (std::size_t i = first + 1; i < found.size(); ++i) {
      if (found[i].score > found[first].score) {
        found[first] = found[i];
      }
    }
    found.resize((std::min)(found.size(), first + 1));
  }
  [[nodiscard]] bool any_better_than(int rank) const {
    return std::any_of(found.begin(), found.end(), [&](ranked const& r) { return r.rank < rank; });
  }

private:
  double telling_;
};

} // namespace satur::inline SATUR_ABI::testing::detail
