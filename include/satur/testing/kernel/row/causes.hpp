/// \file testing/kernel/row/causes.hpp  Tells the usual cause of wrong results of rows: the wrong formula that gives
/// the same ones.
#pragma once

#include "satur/testing/kernel/evidence.hpp"
#include "satur/testing/kernel/row/gradient_models.hpp"
#include "satur/testing/kernel/row/shift_models.hpp"
#include "satur/testing/kernel/row/sum_models.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

/// How well a model explains what a kernel gave.
struct model_fit {
  std::size_t wrong = 0;
  std::size_t explained = 0; ///< wrong results that it gives too
  std::size_t right = 0;
  std::size_t against = 0; ///< right results where it gives another one

  void add(row_call::verdict is, double got, double exact, double model, double slack) {
    using satur::detail::is_finite;
    using satur::detail::is_nan;
    bool same = false;
    if (!is_finite(got) || !is_finite(model)) {
      same = (is_nan(got) && is_nan(model)) || got == model;
    } else {
      double const off = std::fabs(got - model);
      double const error = is_finite(exact) ? std::fabs(got - exact) : 0.0;
      same = off <= slack || off <= (is == row_call::verdict::wrong ? 0.1 * error : 1e-3 * std::fabs(got));
    }
    if (is == row_call::verdict::wrong) {
      ++wrong;
      explained += same ? 1u : 0u;
    } else if (is == row_call::verdict::right) {
      ++right;
      against += same ? 0u : 1u;
    }
  }
  [[nodiscard]] double share() const {
    return wrong == 0 ? 0.0 : static_cast<double>(explained) / static_cast<double>(wrong);
  }
  /// Whether enough was seen to leave out the rest.
  [[nodiscard]] bool hopeless() const {
    return (wrong >= 50 && share() < 0.25) || (right >= 200 && 2 * against > right);
  }
  /// Results that are right where the model is wrong speak against it.
  [[nodiscard]] double score() const {
    return share() - (right == 0 ? 0.0 : 2.0 * static_cast<double>(against) / static_cast<double>(right));
  }
};

/// The models that give most of the wrong results, and the right ones; the best first, at most two.
[[nodiscard]] inline std::vector<kernel_cause> row_causes(std::span<row_call const> calls, row_setting const& s) {
  auto const has_wrong = [](row_call const& c) {
    return std::count(c.is.begin(), c.is.end(), row_call::verdict::wrong) != 0;
  };
  if (std::none_of(calls.begin(), calls.end(), has_wrong)) {
    return {};
  }
  std::vector<row_model> models = s.of_slope ? gradient_models(s) : shift_models(s);
  if (!s.of_slope) {
    for (row_model& m : sum_models(s, calls)) {
      models.push_back(std::move(m));
    }
  }
  std::vector<std::pair<double, kernel_cause>> found;
  for (row_model const& m : models) {
    model_fit fit;
    for (row_call const& c : calls) {
      if (fit.hopeless()) {
        break;
      }
      std::size_t const width = c.got.size() / c.rows();
      std::vector<double> result(width);
      std::vector<double> slack(width);
      for (std::size_t r = 0; r < c.rows(); ++r) {
        std::fill(slack.begin(), slack.end(), 0.0);
        m.gives(c, r, result, slack);
        for (std::size_t j = 0; j < width; ++j) {
          std::size_t const i = r * width + j;
          double const step = satur::detail::is_finite(result[j]) ? s.resolution(result[j]) : 0.0;
          fit.add(c.is[i], c.got[i], c.exact[i], result[j], slack[j] + step);
        }
      }
    }
    if (!fit.hopeless() && fit.score() > 0.5) {
      found.push_back({fit.score(), {m.what, fit.share()}});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  std::vector<kernel_cause> causes;
  for (auto const& f : found) {
    if (causes.size() < 2) {
      causes.push_back(f.second);
    }
  }
  return causes;
}

} // namespace satur::inline SATUR_ABI::testing::detail
