// Shapeset-3x2: the statistics of Glorot and Bengio's recipe, and the same images on every platform.
#include "data/shapeset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <span>
#include <vector>

using datasets::shapeset;

namespace {
using picture = std::array<float, shapeset::pixels>;
}

TEST_CASE("shapeset: shares of the classes") {
  shapeset source(1);
  std::array<double, shapeset::classes> seen{};
  int const n = 20000;
  picture p;
  for (int i = 0; i < n; ++i) {
    seen[source.draw(p)] += 1.0;
  }
  for (std::size_t c = 0; c < shapeset::classes; ++c) {
    CAPTURE(c);
    double const share = c < 3 ? 1.0 / 6 : c < 6 ? 1.0 / 9 : 1.0 / 18;
    CHECK(std::fabs(seen[c] / n - share) < 5.0 * std::sqrt(share * (1.0 - share) / n));
  }
}

TEST_CASE("shapeset: mean about 0, mean square about 0.37, two or three gray levels") {
  shapeset source(2);
  double sum = 0.0;
  double square = 0.0;
  int const n = 5000;
  picture p;
  for (int i = 0; i < n; ++i) {
    std::size_t const kind = source.draw(p);
    std::set<float> const grays(p.begin(), p.end());
    CHECK(grays.size() >= 2);
    CHECK(grays.size() <= (kind < 3 ? 2 : 3));
    CHECK(*grays.begin() >= -1.0f);
    CHECK(*grays.rbegin() <= 1.0f);
    for (float const e : p) {
      sum += static_cast<double>(e);
      square += static_cast<double>(e) * static_cast<double>(e);
    }
  }
  double const values = n * static_cast<double>(shapeset::pixels);
  CHECK(std::fabs(sum / values) < 0.05);
  CHECK(std::fabs(square / values - 0.37) < 0.03);
}

TEST_CASE("shapeset: objects avoid the border and differ from the background") {
  shapeset source(3);
  picture p;
  int whole_border = 0;
  int const n = 2000;
  for (int i = 0; i < n; ++i) {
    source.draw(p);
    float const background = p[0];
    bool clear = true;
    for (std::size_t k = 0; k < shapeset::side; ++k) {
      clear = clear && p[k] == background && p[shapeset::pixels - 1 - k] == background &&
              p[k * shapeset::side] == background && p[k * shapeset::side + shapeset::side - 1] == background;
    }
    whole_border += clear;
    CHECK(std::ranges::all_of(p, [&](float e) { // at least .55 against .45
      return e == background || std::fabs(e - background) > 0.15f;
    }));
  }
  CHECK(whole_border > 0.95 * n); // the few largest shapes leave no space for a border
}

TEST_CASE("shapeset: the same seed gives the same images, another seed gives others") {
  shapeset a(7);
  shapeset b(7);
  shapeset c(8);
  picture pa;
  picture pb;
  picture pc;
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    CHECK(a.draw(pa) == b.draw(pb));
    c.draw(pc);
    CHECK(pa == pb);
    differs = differs || pa != pc;
  }
  CHECK(differs);
}

TEST_CASE("shapeset: a single shape has no holes") {
  shapeset source(11);
  picture p;
  for (int i = 0; i < 300; ++i) {
    if (source.draw(p) >= 3) {
      continue;
    }
    for (std::size_t row = 0; row < shapeset::side; ++row) { // convex: one run in each row
      int runs = 0;
      for (std::size_t x = 1; x < shapeset::side; ++x) {
        float const here = p[row * shapeset::side + x];
        runs += here != p[0] && p[row * shapeset::side + x - 1] == p[0];
      }
      CHECK(runs <= 1);
    }
  }
}
