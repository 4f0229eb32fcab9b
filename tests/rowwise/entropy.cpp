// entropy_lower_bound against drawn rows and rows that reach it; online_entropy against the definition, block by block.
#include "support/refusal.hpp"

#include <satur/rowwise.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace entropy_test {

constexpr double inf = std::numeric_limits<double>::infinity();

/// -sum p log p by the definition, in long double; log p without the digits that 1 + rest would lose.
double entropy(std::vector<double> const& z) {
  auto const top = std::max_element(z.begin(), z.end());
  long double const m = static_cast<long double>(*top);
  long double rest = 0.0L, h = 0.0L;
  for (auto at = z.begin(); at != z.end(); ++at) {
    rest += at == top ? 0.0L : std::exp(static_cast<long double>(*at) - m);
  }
  for (double const e : z) {
    long double const log_p = (static_cast<long double>(e) - m) - std::log1p(rest);
    h -= std::exp(log_p) * log_p;
  }
  return static_cast<double>(h);
}
/// The Euclidean norm of the centered logits.
double norm(std::vector<double> const& z) {
  long double mean = 0.0L, square = 0.0L;
  for (double const e : z) {
    mean += static_cast<long double>(e) / static_cast<long double>(z.size());
  }
  for (double const e : z) {
    square += (static_cast<long double>(e) - mean) * (static_cast<long double>(e) - mean);
  }
  return static_cast<double>(std::sqrt(square));
}

} // namespace entropy_test

TEST_CASE("entropy_lower_bound: the published number, both ends, errors") {
  using satur::entropy_lower_bound;
  CHECK(entropy_lower_bound(64, 5.0) == doctest::Approx(1.802616).epsilon(1e-6));
  CHECK(entropy_lower_bound(64, 0.0) == doctest::Approx(std::log(64.0)).epsilon(1e-15));
  CHECK(entropy_lower_bound(64, entropy_test::inf) == 0.0);
  CHECK(entropy_lower_bound(64, 1000.0) == 0.0);
  CHECK(entropy_lower_bound(64, 700.0) > 0.0); // 4e-300
  CHECK(entropy_lower_bound(1, 3.0) == 0.0);
  CHECK(entropy_lower_bound(0, 3.0) == 0.0);
  CHECK(std::isnan(entropy_lower_bound(64, std::numeric_limits<double>::quiet_NaN())));
  CHECK(satur_test::refusal([] { static_cast<void>(entropy_lower_bound(64, -1.0)); }) ==
        "satur::entropy_lower_bound: s is -1; allowed: a norm, 0 or above");
  double last = std::log(17.0);
  for (double s = 0.01; s < 60; s *= 1.3) { // falls with s
    CHECK(entropy_lower_bound(17, s) < last);
    last = entropy_lower_bound(17, s);
  }
}

TEST_CASE("entropy_lower_bound: no row of that norm lies below it, and one of each reaches it") {
  using namespace entropy_test;
  std::mt19937_64 g(4);
  std::normal_distribution<double> normal;
  std::exponential_distribution<double> skewed;
  double closest = inf;
  for (std::size_t const keys : {2u, 3u, 4u, 7u, 64u, 200u}) {
    for (int draw = 0; draw < 1500; ++draw) {
      std::vector<double> z(keys);
      double const scale = std::exp(3.0 * normal(g));
      for (std::size_t j = 0; j < keys; ++j) {
        // normal, skewed to either side, or some of one value and the rest of another with a little noise
        z[j] = scale * (draw % 4 == 0   ? normal(g)
                        : draw % 4 == 1 ? skewed(g)
                        : draw % 4 == 2 ? -skewed(g)
                                        : (j < static_cast<std::size_t>(draw / 4) % keys + 1 ? 1.0 : 0.0) +
                                              (draw % 8 == 3 ? 0.0 : 0.01 * normal(g)));
      }
      double const h = entropy(z), bound = satur::entropy_lower_bound(keys, norm(z));
      CHECK_MESSAGE(h >= bound * (1 - 1e-12) - 1e-300, keys, " keys, entropy ", h, ", bound ", bound);
      closest = std::min(closest, h - bound);
    }
    for (double const top : {1e-3, 0.5, 3.0, 20.0, 300.0}) { // one above all others
      std::vector<double> z(keys, -1.0);
      z[keys / 2] += top;
      CHECK(satur::entropy_lower_bound(keys, norm(z)) == doctest::Approx(entropy(z)).epsilon(1e-11));
    }
  }
  CHECK(closest < 1e-6); // the draws come that close
}

TEST_CASE("online_entropy: the definition, in blocks of every length and in parts merged in any order") {
  using namespace entropy_test;
  std::mt19937_64 g(9);
  std::normal_distribution<double> normal;
  for (double const scale : {0.1, 3.0, 40.0}) {
    for (std::size_t const keys : {1u, 2u, 5u, 64u, 333u}) {
      std::vector<double> z(keys);
      for (double& e : z) {
        e = 100.0 + scale * normal(g);
      }
      double const want = entropy(z);
      auto const is = [&](satur::online_entropy const& row) {
        CHECK(row.entropy() == doctest::Approx(want).epsilon(1e-12));
        CHECK(row.logsumexp() == doctest::Approx(satur::logsumexp{}.value(std::span<double const>(z))).epsilon(1e-14));
        CHECK(row.logsumexp() - row.mean_logit() == doctest::Approx(want).epsilon(1e-9).scale(1e-3));
        CHECK(row.allowed == keys);
      };
      for (std::size_t const block : {1u, 3u, 16u, 1000u}) {
        satur::online_entropy row;
        std::vector<satur::online_entropy> parts;
        for (std::size_t at = 0; at < keys; at += block) {
          std::span<double const> const some(z.data() + at, std::min(block, keys - at));
          row.add(some);
          parts.emplace_back().add(some);
        }
        is(row);
        satur::online_entropy backward, forward;
        for (std::size_t i = parts.size(); i-- > 0;) {
          backward += parts[i];
          forward = parts[parts.size() - 1 - i] + forward;
        }
        is(backward);
        is(forward);
      }
      satur::online_entropy one;
      for (double const e : z) {
        one.add(e);
      }
      is(one);
      CHECK(one.max_probability() + one.complement() == doctest::Approx(1.0).epsilon(1e-15));
    }
  }
}

TEST_CASE("online_entropy: no digit is lost where the largest p rounds to 1, in either order") {
  double const rest = std::exp(-60.0);
  satur::online_entropy up, down;
  for (float const z : {0.0f, 60.0f}) {
    up.add(z);
    down.add(60.0f - z);
  }
  for (satur::online_entropy const& row : {up, down}) {
    CHECK(row.entropy() == doctest::Approx(61 * rest).epsilon(1e-14));
    CHECK(row.complement() == doctest::Approx(rest).epsilon(1e-14));
    CHECK(row.max_probability() == 1.0);
  }
}

TEST_CASE("online_entropy: masked keys, rows without a softmax, merging with nothing and with itself") {
  using namespace entropy_test;
  satur::online_entropy row;
  CHECK(std::isnan(row.entropy()));
  row.add(std::span<double const>{});
  row.add(-inf);
  CHECK(row == satur::online_entropy{});
  CHECK(std::isnan(row.logsumexp()));
  std::vector<double> const z{-inf, 1.0, 2.0, -inf};
  row.add(std::span<double const>(z));
  CHECK(row.allowed == 2);
  CHECK(row.entropy() == doctest::Approx(entropy({1.0, 2.0})).epsilon(1e-14));
  satur::online_entropy const same = row + satur::online_entropy{};
  CHECK(same == row);
  CHECK(satur::online_entropy{} + row == row);
  satur::online_entropy twice = row;
  twice += twice;
  CHECK(twice.entropy() == doctest::Approx(entropy({1.0, 2.0, 1.0, 2.0})).epsilon(1e-14));
  row.add(-1e300); // far below: nothing is added but the key
  CHECK(row.entropy() == same.entropy());
  for (double const bad : {inf, std::numeric_limits<double>::quiet_NaN()}) {
    satur::online_entropy first, last = row;
    first.add(bad);
    first += row;
    last.add(bad);
    CHECK(std::isnan(first.entropy()));
    CHECK(std::isnan(last.max_probability()));
    CHECK(first.nonfinite == 1);
  }
}
