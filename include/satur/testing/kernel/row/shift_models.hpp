/// \file testing/kernel/row/shift_models.hpp  Kernels of rows that subtract something else than the largest logit.
#pragma once

#include "satur/testing/kernel/row/models.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

/// The most common first.
[[nodiscard]] inline std::vector<row_model> shift_models(row_setting const& s) {
  std::vector<row_model> all;
  auto const largest = [](std::span<double const> z) { return wrong_row_formula::largest_of(z); };
  std::string const take = " Take the largest logit of the row off.";
  auto const shifted = [&](std::string what, std::function<double(std::span<double const>)> by) {
    all.push_back(model_of(std::move(what), {.s = s, .shift = std::move(by)}));
  };
  shifted("the maximum is not subtracted: e^z overflows above " + std::string(s.in_double ? "709" : "88.7") +
              ", and the sum is 0 far below 0." + take,
          [](std::span<double const>) { return 0.0; });
  shifted("the maximum starts from 0 (or from numeric_limits::min(), which is above 0): rows far below 0 have the sum "
          "0. Start from -infinity.",
          [largest](std::span<double const> z) { return (std::max)(0.0, largest(z)); });
  shifted("the first logit is subtracted instead of the largest: e^(z - z[0]) overflows." + take,
          [](std::span<double const> z) { return z[0]; });
  shifted("the largest magnitude is subtracted instead of the largest logit: rows far below 0 have the sum 0." + take,
          [](std::span<double const> z) {
            double most = 0.0;
            for (double const x : z) {
              most = (std::max)(most, std::fabs(x));
            }
            return most;
          });
  for (double const k : {1.0, 2.0, 5.0, 10.0, 16.0, 20.0, 30.0, 40.0, 50.0, 64.0, 80.0, 88.0, 100.0, 300.0, 700.0}) {
    shifted("a fixed shift (about " + satur::text::number(k) +
                ") is subtracted instead of the maximum: e^(z - shift) overflows far above it, and the sum is 0 far "
                "below it." +
                take,
            [k](std::span<double const>) { return k; });
  }
  all.push_back(
      {"the maximum of all rows is subtracted instead of that of each row: rows far below it have the sum 0." + take,
       [s](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
         double const most = wrong_row_formula::largest_of(c.z);
         wrong_row_formula{.s = s, .shift = [most](std::span<double const>) { return most; }}(c.row(c.z, r), result);
       }});
  all.push_back({"a running maximum that is still -inf: e^(-inf - (-inf)) is NaN for rows that begin with masked "
                 "classes. Skip -inf, or start from the lowest finite number.",
                 [s](row_call const& c, std::size_t r, std::span<double> result, std::span<double>) {
                   auto const z = c.row(c.z, r);
                   wrong_row_formula{.s = s}(z, result);
                   if (z[0] == -std::numeric_limits<double>::infinity()) {
                     std::fill(result.begin(), result.end(), std::numeric_limits<double>::quiet_NaN());
                   }
                 }});
  return all;
}

} // namespace satur::inline SATUR_ABI::testing::detail
