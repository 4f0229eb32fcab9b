// Histograms of event files: what RustingSword/tensorboard_logger gets wrong (ascending data and one value: min is
// 1.8e308; infinity: a write past the end; NaN: a bucket at -1.8e308 and a sum of NaN; nothing: min above max; a gap: a
// bucket as wide as the gap) is right here, and every bucket holds what TensorBoard will say it holds.
#include "satur/report/tensorboard/event_histogram.hpp"

#include "satur/observe/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace {

using satur::histogram;
using satur::detail::event_buckets;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

/// Everything that must hold of the buckets of these numbers (of |x|, on a logarithmic scale).
event_buckets checked(histogram h, std::vector<double> numbers) {
  h.observe(numbers);
  event_buckets const b(h);
  std::erase_if(numbers, [](double x) { return !(std::fabs(x) <= largest); });
  if (h.kind() == histogram::scale::logarithmic) {
    for (double& x : numbers) {
      x = std::fabs(x);
    }
  }
  REQUIRE(!numbers.empty());
  CHECK(b.min == *std::min_element(numbers.begin(), numbers.end()));
  CHECK(b.max == *std::max_element(numbers.begin(), numbers.end()));
  CHECK(b.count == static_cast<double>(numbers.size()));
  REQUIRE(b.limits.size() == b.counts.size());
  REQUIRE(!b.counts.empty());
  CHECK(b.counts.front() > 0.0);
  CHECK(b.counts.back() > 0.0);
  double exact = 0.0;
  for (double const x : numbers) {
    exact += x;
  }
  double allowed = 1e-9 * std::fabs(exact);
  for (std::size_t i = 0; i < b.limits.size(); ++i) {
    // TensorBoard (data_compat.py) takes min and max for the outer limits.
    bool const last = i + 1 == b.limits.size();
    double const left = i == 0 ? b.min : b.limits[i - 1];
    double const right = last ? b.max : b.limits[i];
    CHECK((i == 0 || left < b.limits[i]));
    CHECK(left <= right);
    CHECK((i == 0 || b.counts[i - 1] > 0.0 || b.counts[i] > 0.0));
    auto const inside = std::count_if(numbers.begin(), numbers.end(),
                                      [&](double x) { return x >= left && (last ? x <= right : x < right); });
    CHECK(b.counts[i] == static_cast<double>(inside));
    CHECK((b.limits[i] > b.min || b.min == largest));
    allowed += 0.5 * b.counts[i] * (right - left);
  }
  CHECK(b.limits.back() > b.max - (b.max == largest ? 1.0e300 : 0.0));
  CHECK(std::fabs(b.sum - exact) <= allowed);
  return b;
}

} // namespace

TEST_CASE("event_buckets: ascending, descending and equal numbers") {
  std::vector<double> ascending;
  for (int i = 0; i < 100; ++i) {
    ascending.push_back(-3.0 + 0.07 * i);
  }
  checked(histogram::of_z(), ascending);
  std::vector<double> descending(ascending.rbegin(), ascending.rend());
  event_buckets const b = checked(histogram::of_z(), descending);
  CHECK(b.limits.size() > 40);
  event_buckets const same = checked(histogram::of_z(), std::vector<double>(5, 0.3));
  CHECK(same.counts == std::vector<double>{5.0});
  CHECK(same.sum == doctest::Approx(1.5));
  CHECK(same.sum_squares == doctest::Approx(0.45));
}

TEST_CASE("event_buckets: one value, wherever it is") {
  for (double const x : {0.3, 0.0, -0.0, -5.0, 31.9, 32.0, -32.0, 1e6, -1e6, 1e300, -1e300, largest, -largest}) {
    CAPTURE(x);
    event_buckets const b = checked(histogram::of_z(), {x});
    CHECK(b.counts == std::vector<double>{1.0});
    CHECK(b.sum == x);
  }
  for (double const x : {0.3, 0.0, 1e-30, 4.0, 1e6, 2.0, -0.25}) {
    CAPTURE(x);
    checked(histogram::of_slope(), {x});
    checked(histogram::of_gradient(), {x});
  }
}

TEST_CASE("event_buckets: a gap is an empty bucket") {
  event_buckets const b = checked(histogram::of_z(), {-20.0, -20.0, 20.0});
  CHECK(b.counts == std::vector<double>{2.0, 0.0, 1.0});
  CHECK(b.limits == std::vector<double>{-19.875, 20.0, 20.125});
  checked(histogram::of_z(), {-1e9, -32.0, 31.99, 32.0, 1e9});
  checked(histogram::of_z(), {-33.0, -32.0, 0.0});
  checked(histogram::of_gradient(), {0.0, 1e-30, -1e-3, 1e-3, 70000.0, -1e9});
  checked(histogram::of_slope(), {0.0, 0.0, 0.25});
}

TEST_CASE("event_buckets: NaN and infinity are in no bucket and in no sum") {
  event_buckets const b = checked(histogram::of_z(), {not_a_number, 1.0, infinite, 3.0, -infinite, not_a_number});
  CHECK(b.min == 1.0);
  CHECK(b.max == 3.0);
  CHECK(b.count == 2.0);
  checked(histogram::of_gradient(), {not_a_number, 0.0, infinite, -infinite});
}

TEST_CASE("event_buckets: nothing seen, or nothing finite") {
  for (std::vector<double> const& numbers : {std::vector<double>{}, {not_a_number}, {infinite, -infinite}}) {
    for (histogram h : {histogram::of_z(), histogram::of_slope()}) {
      h.observe(numbers);
      event_buckets const b(h);
      CHECK(b.count == 0.0);
      CHECK(b.limits.empty());
      CHECK(b.counts.empty());
      CHECK((b.min == 0.0 && b.max == 0.0 && b.sum == 0.0));
    }
  }
}
