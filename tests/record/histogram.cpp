// Histograms against std::upper_bound on the edges; exact quantiles, merging, NaN and infinity.
// levels: all
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>
#include <random>
#include <sstream>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Counts by a search among the edges.
template <class T> void check_counts(satur::histogram const& h, std::vector<T> const& x) {
  bool const linear = h.kind() == satur::histogram::scale::linear;
  std::vector<double> edges;
  for (std::size_t i = 0; i <= h.bins(); ++i) {
    edges.push_back(h.edge(i));
  }
  REQUIRE(std::is_sorted(edges.begin(), edges.end()));
  std::vector<std::uint64_t> counts(h.bins(), 0);
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  std::uint64_t zeros = 0;
  std::uint64_t nan = 0;
  std::uint64_t minus = 0;
  std::uint64_t plus = 0;
  double lowest = infinity;
  double highest = -infinity;
  for (T const e : x) {
    if (std::isnan(e)) {
      ++nan;
    } else if (std::isinf(e)) {
      ++(e < 0 ? minus : plus);
    } else {
      double const v = static_cast<double>(linear ? e : std::fabs(e));
      zeros += v == 0.0;
      if (v == 0.0 && !linear) {
        continue;
      }
      lowest = std::min(lowest, v);
      highest = std::max(highest, v);
      auto const at = std::upper_bound(edges.begin(), edges.end(), v) - edges.begin();
      if (at == 0) {
        ++below;
      } else if (static_cast<std::size_t>(at) == edges.size()) {
        ++above;
      } else {
        ++counts[static_cast<std::size_t>(at - 1)];
      }
    }
  }
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < h.bins(); ++i) {
    wrong += h.count(i) != counts[i];
  }
  CHECK(wrong == 0);
  CHECK(h.below() == below);
  CHECK(h.above() == above);
  CHECK(h.zeros() == zeros);
  CHECK(h.nan() == nan);
  CHECK(h.minus_infinite() == minus);
  CHECK(h.plus_infinite() == plus);
  CHECK(h.total() == x.size() - nan);
  CHECK((lowest > highest ? std::isnan(h.lowest()) : h.lowest() == lowest));
  CHECK((lowest > highest ? std::isnan(h.highest()) : h.highest() == highest));
}

/// Normal z over many octaves, mixed with NaN, infinity, edges and the neighbors of edges.
template <class T> std::vector<T> mixture(std::size_t n, satur::histogram const& h, unsigned seed) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(0.0, 9.0);
  std::vector<T> x(n);
  for (T& e : x) {
    T const edge = static_cast<T>(h.edge(urbg() % (h.bins() + 1)));
    switch (urbg() % 12) {
    case 0:
      e = static_cast<T>(std::exp(normal(urbg)));
      break;
    case 1:
      e = -edge;
      break;
    case 2:
      e = edge;
      break;
    case 3:
      e = std::nextafter(edge, T(0));
      break;
    case 4:
      e = std::nextafter(edge, static_cast<T>(infinity));
      break;
    case 5:
      e = T(0) * (urbg() % 2 == 0 ? T(1) : T(-1));
      break;
    case 6:
      e = urbg() % 9 != 0 ? T(1) : std::numeric_limits<T>::quiet_NaN();
      break;
    case 7:
      e = urbg() % 9 != 0 ? T(-1) : static_cast<T>(urbg() % 2 == 0 ? infinity : -infinity);
      break;
    case 8:
      e = urbg() % 2 == 0 ? std::numeric_limits<T>::denorm_min() : -std::numeric_limits<T>::denorm_min();
      break;
    default:
      e = static_cast<T>(normal(urbg));
    }
  }
  return x;
}

std::vector<satur::histogram> shapes() {
  return {satur::histogram::of_z(),
          satur::histogram::of_slope(),
          satur::histogram::of_gradient(),
          satur::histogram::linear(-8.0, 8.0, 1),
          satur::histogram::linear(0.25, 0.75, 64),
          satur::histogram::linear(-1.5, 1.5, 4), // of width 3/4: every edge is a float, its reciprocal is not
          satur::histogram::linear(-512.0, 512.0, 1 << 14),
          satur::histogram::linear(-3.0, 5.0, 8), // edges at 2^-k and next to it: width 2, the upper end is not an edge
          satur::histogram::linear(1000.0, 1001.0, 128),
          satur::histogram::linear(-77.5, -76.5, 256),
          satur::histogram::linear(-8.0, 8.0, 8),
          satur::histogram::linear(0.0, 1.28125, 2), // whose widths, 41/64 and 49/64, are no whole number of their
          satur::histogram::linear(0.0, 1.53125, 2), // reciprocals, rounded to float or double
          satur::histogram::linear(-0.25, 0.75 + 0x1p-53, 4),
          satur::histogram::linear(-0.0625, 0.9375, 4),
          satur::histogram::linear(-0.3, 0.7, 77),
          satur::histogram::linear(-1e9, 3.3, 1000),
          satur::histogram::logarithmic(-3, 4, 64),
          satur::histogram::logarithmic(-126, 127, 1)};
}

} // namespace

TEST_CASE_TEMPLATE("histogram: every element is in the bin of its edges, at every level and length", T, float, double) {
  unsigned seed = 1;
  for (satur::histogram const& empty : shapes()) {
    for (std::size_t const n : {0u, 1u, 7u, 63u, 1024u, 1025u, 9001u}) {
      std::vector<T> const x = mixture<T>(n, empty, seed++);
      for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
        satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
        CAPTURE(n);
        CAPTURE(l);
        satur::histogram h = empty;
        h.observe(x);
        check_counts(h, x);
      }
    }
  }
}

TEST_CASE("histogram: first and last edge are the given ones") {
  satur::histogram h = satur::histogram::linear(-0.3, 0.7, 10);
  CHECK(h.edge(0) == -0.3);
  CHECK(h.edge(10) == 0.7);
  h.observe(std::vector<double>{0.7, std::nextafter(0.7, 0.0), -0.3, std::nextafter(-0.3, -1.0)});
  CHECK(h.above() == 1);
  CHECK(h.below() == 1);
  CHECK(h.count(9) == 1);
  CHECK(h.count(0) == 1);
}

TEST_CASE_TEMPLATE("histogram: observe_blocks equals observing the blocks one by one", T, float, double, long double) {
  unsigned seed = 77;
  for (satur::histogram const& empty : shapes()) {
    std::vector<double> const from = mixture<double>(20000, empty, seed++);
    std::vector<T> const x(from.begin(), from.end());
    for (auto const& [block, stride] :
         {std::pair<std::size_t, std::size_t>{256, 2048}, {1, 1}, {1024, 1024}, {7, 30000}}) {
      for (std::size_t const n : {std::size_t{0}, std::size_t{5}, std::size_t{2049}, x.size()}) {
        satur::histogram some = empty;
        some.observe_blocks(std::span<T const>(x.data(), n), block, stride);
        satur::histogram one_by_one = empty;
        for (std::size_t i = 0; i < n; i += stride) {
          one_by_one.observe(std::span<T const>(x.data() + i, std::min(block, n - i)));
        }
        CHECK(some == one_by_one);
      }
    }
  }
  satur::histogram h = satur::histogram::of_z();
  std::vector<T> const x(9, T(1));
  CHECK_THROWS_WITH_AS(
      h.observe_blocks(std::span<T const>(x), 0, 4),
      "satur::histogram::observe_blocks: (block, stride) is (0, 4); allowed: 1 <= block <= 1024, block <= stride",
      std::invalid_argument);
  CHECK_THROWS_AS(h.observe_blocks(std::span<T const>(x), 5, 4), std::invalid_argument);
  CHECK_THROWS_AS(h.observe_blocks(std::span<T const>(x), 1025, 2000), std::invalid_argument);
  CHECK(h.total() == 0);
}

TEST_CASE("histogram: double and float input, extremes of double are kept") {
  satur::histogram h = satur::histogram::of_z();
  h.observe(std::vector<double>{-0.1, 0.3});
  h.observe(std::vector<float>{0.25f});
  CHECK(h.lowest() == -0.1);
  CHECK(h.highest() == 0.3);
}

TEST_CASE("histogram: the merge of the parts in any order equals the whole exactly") {
  for (satur::histogram const& empty : shapes()) {
    std::vector<float> const x = mixture<float>(5000, empty, 77);
    satur::histogram whole = empty;
    whole.observe(x);
    std::mt19937 urbg(9);
    for (int round = 0; round < 5; ++round) {
      std::size_t const a = urbg() % 2500;
      std::size_t const b = a + urbg() % 2500;
      satur::histogram parts[3] = {empty, empty, empty};
      parts[0].observe(std::span<float const>(x).first(a));
      parts[1].observe(std::span<float const>(x).subspan(a, b - a));
      parts[2].observe(std::span<float const>(x).subspan(b));
      CHECK((parts[0] + parts[1]) + parts[2] == whole);
      CHECK(parts[2] + (parts[0] + parts[1]) == whole);
      CHECK(parts[1] + (parts[2] + parts[0]) == whole);
    }
    CHECK(whole + empty == whole);
    whole.clear();
    CHECK(whole == empty);
  }
  satur::histogram z = satur::histogram::of_z();
  CHECK_THROWS_WITH_AS(z += satur::histogram::of_slope(), doctest::Contains("cannot merge 264 bins over |x| in"),
                       std::invalid_argument);
  CHECK_THROWS_AS(z += satur::histogram::linear(-32.0, 32.0, 256), std::invalid_argument);
}

TEST_CASE("histogram: the exact quantile is between the stated bounds") {
  for (satur::histogram const& empty : shapes()) {
    for (std::size_t const n : {1u, 2u, 10u, 1000u}) {
      std::vector<double> x = mixture<double>(n, empty, static_cast<unsigned>(n));
      satur::histogram h = empty;
      h.observe(x);
      std::erase_if(x, [](double e) { return std::isnan(e); });
      if (empty.kind() == satur::histogram::scale::logarithmic) {
        std::for_each(x.begin(), x.end(), [](double& e) { e = std::fabs(e); });
      }
      std::sort(x.begin(), x.end());
      if (x.empty()) {
        continue;
      }
      for (double const p : {0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        CAPTURE(p);
        auto const rank =
            std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(p * static_cast<double>(x.size()))));
        double const exact = x[rank - 1];
        satur::histogram::quantile_estimate const q = h.quantile(p);
        CHECK(q.low <= exact);
        CHECK(exact <= q.high);
        CHECK(q.low <= q.value);
        CHECK(q.value <= q.high);
        if (p == 0.0 || p == 1.0) {
          CHECK(q.value == exact);
        }
        if (exact >= h.edge(0) && exact < h.edge(h.bins())) { // the stated error: at most one bin
          double const width = empty.kind() == satur::histogram::scale::linear
                                   ? h.edge(1) - h.edge(0)
                                   : exact / static_cast<double>(h.per_octave());
          CHECK(q.high - q.low <= width * (1.0 + 1e-12));
        }
      }
    }
  }
  CHECK_THROWS_AS(static_cast<void>(satur::histogram::of_z().quantile(1.5)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::histogram::of_z().quantile(std::nan(""))), std::invalid_argument);
}

TEST_CASE("histogram: the rank of a decimal share is that of the exact decimal number") {
  satur::histogram h = satur::histogram::linear(0.5, 200.5, 200);
  std::size_t wrong = 0;
  for (int n = 1; n <= 200; ++n) { // one number in each bin, in its middle: the value is the rank
    h.observe(std::vector<double>{static_cast<double>(n)});
    for (int k = 0; k <= 100; ++k) {
      wrong += h.quantile(k / 100.0).value != std::max(1, (k * n + 99) / 100);
    }
  }
  CHECK(wrong == 0);
  satur::histogram hundred = satur::histogram::linear(0.5, 100.5, 100);
  for (int n = 1; n <= 100; ++n) {
    hundred.observe(std::vector<double>{static_cast<double>(n)});
  }
  CHECK(hundred.quantile(0.07).value == 7.0);
  CHECK(hundred.quantile(0.14).value == 14.0);
  CHECK(hundred.quantile(0.28).value == 28.0);
  CHECK(hundred.quantile(0.55).value == 55.0);
  CHECK(hundred.quantile(0.56).value == 56.0);
}

TEST_CASE("histogram: four bins an octave are at most 0.097 wide in log10") {
  satur::histogram const h = satur::histogram::of_slope();
  for (std::size_t i = 0; i < h.bins(); ++i) {
    CHECK(std::log10(h.edge(i + 1) / h.edge(i)) < 0.097);
  }
  CHECK(h.edge(0) == std::ldexp(1.0, -64));
  CHECK(h.edge(h.bins()) == 4.0);
}

TEST_CASE("histogram: empty, NaN-only, constant and infinite input") {
  for (satur::histogram h : shapes()) {
    CHECK(h.total() == 0);
    CHECK(std::isnan(h.lowest()));
    CHECK(std::isnan(h.quantile(0.5).value));
    std::ostringstream nothing;
    nothing << h;
    CHECK(nothing.str() == "0 values" +
                               std::string(h.kind() == satur::histogram::scale::logarithmic ? " by magnitude" : "") +
                               ", from - to -, median - (in - to -)\n");
    h.observe(std::vector<float>(40, std::numeric_limits<float>::quiet_NaN()));
    CHECK(h.total() == 0);
    CHECK(h.nan() == 40);
    CHECK(std::isnan(h.quantile(0.5).value));
    h.clear();
    h.observe(std::vector<float>(5000, 0.625f));
    CHECK(h.total() == 5000);
    CHECK(h.quantile(0.3).low == 0.625);
    CHECK(h.quantile(0.3).high == 0.625); // the extremes show it
    h.clear();
    h.observe(std::vector<double>{infinity, infinity});
    CHECK(h.quantile(0.5).value == infinity);
    CHECK(std::isnan(h.highest()));
    std::ostringstream all_infinite;
    all_infinite << h;
    CHECK(all_infinite.str().find("inf                        100 %") != std::string::npos);
  }
}

TEST_CASE("histogram: slopes of z, any container, long double") {
  std::vector<double> z;
  for (int i = -4000; i <= 4000; ++i) {
    z.push_back(i / 40.0);
  }
  std::vector<double> slopes(z.size());
  satur::apply_derivative(satur::sigmoid{}, z, slopes);
  satur::histogram a = satur::histogram::of_slope();
  satur::histogram b = a;
  a.observe_slope(satur::sigmoid{}, z);
  b.observe(slopes);
  CHECK(a == b);
  CHECK(a.zeros() == 0); // no false zero: the slope at 100 is 4e-44
  CHECK(a.below() > 0);
  satur::histogram c = satur::histogram::of_slope();
  c.observe(std::list<double>(slopes.begin(), slopes.end()));
  CHECK(c == a);
  satur::histogram d = satur::histogram::of_slope();
  d.observe(std::vector<long double>(slopes.begin(), slopes.end()));
  CHECK(d == a);
  d.clear();
  d.observe(std::vector<long double>{std::numeric_limits<long double>::max(), static_cast<long double>(infinity)});
  CHECK(d.above() == 1);
  CHECK(d.plus_infinite() == 1);
}

TEST_CASE("histogram: invalid arguments throw") {
  using satur::histogram;
  CHECK_THROWS_WITH_AS(static_cast<void>(histogram::linear(1.0, 1.0, 4)), doctest::Contains("low < high"),
                       std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::linear(0.0, infinity, 4)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::linear(std::nan(""), 1.0, 4)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::linear(-1.7e308, 1.7e308, 4)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::linear(0.0, 1.0, 0)), std::invalid_argument);
  CHECK_THROWS_WITH_AS(static_cast<void>(histogram::linear(1e15, 1e15 + 1.0, 64)), doctest::Contains("edges differ"),
                       std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::logarithmic(3, 3)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::logarithmic(-127, 3)), std::invalid_argument);
  CHECK_THROWS_WITH_AS(static_cast<void>(histogram::logarithmic(0, 3, 3)), doctest::Contains("1, 2, 4"),
                       std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(histogram::of_z().count(512)), std::out_of_range);
}

TEST_CASE("histogram: text output") {
  std::mt19937_64 urbg(4);
  std::normal_distribution<float> normal(0.0f, 3.0f);
  std::vector<float> z(20000);
  for (float& e : z) {
    e = normal(urbg);
  }
  satur::histogram h = satur::histogram::of_z();
  h.observe(z);
  satur::histogram s = satur::histogram::of_slope();
  s.observe_slope(satur::sigmoid{}, z);
  for (satur::histogram const& shown : {h, s}) {
    std::ostringstream out;
    out << shown;
    std::istringstream lines(out.str());
    std::size_t rows = 0;
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line); ++rows) {
      CHECK(line.size() <= 100);
      longest = std::max<std::size_t>(longest, static_cast<std::size_t>(std::count(line.begin(), line.end(), '#')));
    }
    CHECK(rows >= 10);
    CHECK(rows <= 30);
    CHECK(longest == 40);
  }
}
