// phi_B against the exact table, against counted bins, and at the values that define its scale.
#include "support/activations.hpp"
#include "support/shared_table.hpp"

#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

namespace {

/// The definition, with bins.
double by_bins(std::vector<double> const& g, std::size_t bins) {
  std::vector<long double> sum(bins, 0.0L);
  for (double const e : g) {
    auto const b = static_cast<std::size_t>(std::floor((e + 1.0) / 2.0 * static_cast<double>(bins)));
    sum[std::min(b, bins - 1)] += static_cast<long double>(e);
  }
  long double total = 0.0L;
  for (long double const s : sum) {
    total += std::fabs(s); // |mean| n
  }
  return static_cast<double>(total / static_cast<long double>(g.size()));
}

} // namespace

TEST_CASE("phi_B: exact table") {
  std::size_t compared = 0;
  for (auto const& row : test::shared_table("phi_b_examples.csv")) {
    std::vector<double> z;
    std::istringstream in(row[4]);
    for (double e = 0.0; in >> e;) {
      z.push_back(e);
    }
    CHECK(z.size() == std::stoul(row[1]));
    test::for_each_activation([&](auto const& act) {
      if constexpr (satur::has_limits<std::remove_cvref_t<decltype(act)>>) {
        if (act.name == row[0]) {
          ++compared;
          satur::phi_b p(act, std::stoul(row[2]));
          p.observe(act, z);
          CHECK(p.value() == doctest::Approx(std::strtod(row[3].c_str(), nullptr)).epsilon(1e-14));
          CHECK(p.count() == z.size());
          CHECK(p.outside() == 0);
        }
      }
    });
  }
  CHECK((compared == 0 || compared == 42));
}

TEST_CASE("phi_B: 1 at the asymptotes, 0 in the middle, 0.5 for evenly spread outputs") {
  for (std::size_t const bins : {1u, 2u, 3u, 10u, 11u}) {
    CAPTURE(bins);
    satur::phi_b ends(satur::tanh{}, bins);
    ends.observe_output(std::vector<float>{-1.0f, 1.0f, 1.0f, -1.0f});
    CHECK(ends.value() == (bins == 1 ? 0.0 : 1.0)); // a single bin has only its mean
    satur::phi_b middle(satur::tanh{}, bins);
    middle.observe_output(std::vector<float>(5, 0.0f));
    CHECK(middle.value() == 0.0);
  }
  std::vector<double> u(100000); // evenly over (0, 1)
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] = (static_cast<double>(i) + 0.5) / static_cast<double>(u.size());
  }
  satur::phi_b even(satur::tanh{});
  even.observe_output(u);
  CHECK(even.value() == doctest::Approx(0.5).epsilon(1e-12));
  CHECK(even.bins() == 10);
}

TEST_CASE("phi_B: any number of bins against counted bins, merged in any order") {
  std::mt19937_64 urbg(3);
  std::normal_distribution<double> normal(0.2, 1.5);
  std::vector<double> z(5000);
  std::vector<double> g(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = normal(urbg);
    g[i] = 2.0 * satur::sigmoid{}(z[i]) - 1.0;
  }
  for (std::size_t bins = 1; bins < 30; ++bins) {
    CAPTURE(bins);
    satur::phi_b whole(satur::sigmoid{}, bins);
    whole.observe(satur::sigmoid{}, z);
    CHECK(whole.value() == doctest::Approx(by_bins(g, bins)).epsilon(1e-12));
    satur::phi_b a(satur::sigmoid{}, bins);
    satur::phi_b b = a;
    satur::phi_b c = a;
    std::size_t const cut = urbg() % 2500;
    a.observe(satur::sigmoid{}, std::span<double const>(z).first(cut));
    b.observe(satur::sigmoid{}, std::span<double const>(z).subspan(cut, 1200));
    c.observe(satur::sigmoid{}, std::span<double const>(z).subspan(cut + 1200));
    CHECK(((a + b) + c).value() == doctest::Approx(whole.value()).epsilon(1e-14));
    CHECK((c + (b + a)).value() == doctest::Approx(whole.value()).epsilon(1e-14));
    CHECK(((a + b) + c).count() == z.size());
  }
}

TEST_CASE("phi_B: NaN, infinity, outputs beyond the limits, empty input") {
  double const inf = std::numeric_limits<double>::infinity();
  satur::phi_b p(satur::sigmoid{});
  CHECK(std::isnan(p.value()));
  p.observe(satur::sigmoid{}, std::vector<double>{std::nan(""), inf, -inf, 0.0});
  CHECK(p.nan() == 1);
  CHECK(p.count() == 3);
  CHECK(p.value() == doctest::Approx(2.0 / 3.0));
  satur::phi_b wrong(satur::sigmoid{});
  wrong.observe_output(std::vector<double>{-0.5, 0.5, 7.0});
  CHECK(wrong.outside() == 2);
  CHECK(wrong.value() == doctest::Approx(2.0 / 3.0));
  std::ostringstream out;
  out << wrong;
  CHECK(out.str() == "phi_10 0.6667 of 3 outputs scaled from [0, 1], 0 NaN, 2 outside");
  satur::phi_b lecun(satur::lecun_tanh{}); // 1.7159f is above 1.7159
  lecun.observe(satur::lecun_tanh{}, std::vector<float>{50.0f, -50.0f});
  CHECK(lecun.value() == doctest::Approx(1.0).epsilon(1e-7));
  CHECK(lecun.outside() == 0);
}

TEST_CASE("phi_B: outside starts 1e-6 of the range beyond each limit and counts as at the limit") {
  for (double const range : {1.0, 2.0, 8.0}) {
    double const lower = -0.25 * range;
    double const upper = 0.75 * range;
    for (double const off : {0.9e-6, 1.1e-6}) {
      CAPTURE(range);
      CAPTURE(off);
      std::uint64_t const expected = off > 1e-6 ? 1 : 0;
      satur::phi_b below(lower, upper);
      below.observe_output(std::vector<double>{lower - off * range});
      CHECK(below.outside() == expected);
      CHECK(below.value() == 1.0);
      satur::phi_b above(lower, upper);
      above.observe_output(std::vector<double>{upper + off * range});
      CHECK(above.outside() == expected);
      CHECK(above.value() == 1.0);
      satur::phi_b both(lower, upper);
      both.observe_output(std::vector<double>(37, lower - off * range)); // in lanes
      both.observe_output(std::vector<double>(29, upper + off * range));
      CHECK(both.outside() == (37 + 29) * expected);
      CHECK(both.count() == 37 + 29);
    }
  }
}

TEST_CASE("phi_B: activations without finite asymptotes and invalid limits throw") {
  CHECK_THROWS_WITH_AS(satur::phi_b(satur::relu{}), doctest::Contains("relu; allowed: activations with two finite"),
                       std::invalid_argument);
  CHECK_THROWS_AS(satur::phi_b(satur::gelu{}), std::invalid_argument);
  CHECK_THROWS_AS(satur::phi_b(satur::tanh{}, 0), std::invalid_argument);
  CHECK_THROWS_AS(satur::phi_b(1.0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(satur::phi_b(0.0, std::numeric_limits<double>::infinity()), std::invalid_argument);
  satur::phi_b p(satur::tanh{});
  CHECK_THROWS_WITH_AS(p.observe(satur::sigmoid{}, std::vector<double>{1.0}), doctest::Contains("limits -1 and 1"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(p += satur::phi_b(satur::tanh{}, 11), doctest::Contains("cannot merge 11 bins"),
                       std::invalid_argument);
}
