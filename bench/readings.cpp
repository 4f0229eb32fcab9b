// Histograms and phi_B against the fused record and against usual code of users: std::upper_bound on the edges, log10
// of each number. Every result is checked before it is timed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

/// Counts by std::upper_bound, bins only.
std::vector<std::uint64_t> by_search(std::vector<double> const& edges, std::vector<float> const& x) {
  std::vector<std::uint64_t> counts(edges.size() + 1, 0);
  for (float const e : x) {
    ++counts[static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), static_cast<double>(e)) -
                                      edges.begin())];
  }
  return counts;
}

/// Counts of floor(10 log10 |x|), bins only.
std::vector<std::uint64_t> by_logarithm(std::vector<float> const& x) {
  std::vector<std::uint64_t> counts(500, 0);
  for (float const e : x) {
    if (e != 0.0f) {
      ++counts[static_cast<std::size_t>(std::clamp(std::floor(10.0f * std::log10(std::fabs(e))), -400.0f, 99.0f) +
                                        400.0f)];
    }
  }
  return counts;
}

} // namespace

int main() {
  bench::machine();
  std::printf(
      "ns an element, median of 15 (minimum), sigmoid, z ~ N(0, 3); same: all elements alike, the worst case\n\n"
      "| n | observe | histogram of z | same | of gradients | same | of slopes from z | phi_B | upper_bound | "
      "log10 | z / observe | gradients / observe | slopes / observe | phi_B / observe | upper_bound / z |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (std::size_t const n : {std::size_t{1} << 14, std::size_t{1} << 17, std::size_t{1} << 20}) {
    std::mt19937_64 urbg(1);
    std::normal_distribution<float> normal(0.0f, 3.0f);
    std::vector<float> z(n);
    for (float& e : z) {
      e = normal(urbg);
    }
    std::vector<float> const same(n, 0.7f);
    satur::sigmoid const act;
    satur::saturation record;
    satur::histogram of_z = satur::histogram::of_z();
    satur::histogram of_gradient = satur::histogram::of_gradient();
    satur::histogram of_slope = satur::histogram::of_slope();
    satur::histogram scratch = satur::histogram::of_z();
    satur::histogram scratch_gradient = satur::histogram::of_gradient();
    satur::phi_b phi(act);
    std::vector<double> edges;
    for (std::size_t i = 0; i <= of_z.bins(); ++i) {
      edges.push_back(of_z.edge(i));
    }
    std::vector<std::uint64_t> counts;
    of_z.observe(z);
    counts = by_search(edges, z);
    for (std::size_t i = 0; i < of_z.bins(); ++i) {
      bench::check(of_z.count(i) == counts[i + 1], "the histogram's bins are those of a search");
    }
    of_slope.observe_slope(act, z);
    bench::check(of_slope.total() == n && of_slope.highest() <= 0.25, "the slopes");
    phi.observe(act, z);
    bench::check(phi.value() > 0.5 && phi.count() == n, "phi_B");
    std::vector<bench::contender> all{
        {"observe", [&] { record = satur::observe(act, z); }},
        {"z", [&] { of_z.observe(z); }},
        {"z_same", [&] { scratch.observe(same); }},
        {"gradient", [&] { of_gradient.observe(z); }},
        {"gradient_same", [&] { scratch_gradient.observe(same); }},
        {"slope", [&] { of_slope.observe_slope(act, z); }},
        {"phi", [&] { phi.observe(act, z); }},
        {"search", [&] { counts = by_search(edges, z); }},
        {"logarithm", [&] { counts = by_logarithm(z); }},
    };
    bench::race(all, static_cast<double>(n));
    std::printf("| %zu |", n);
    for (bench::contender const& c : all) {
      std::printf(" %.2f (%.2f) |", c.median(), c.minimum());
    }
    double const one = all[0].median();
    std::printf(" %.2f | %.2f | %.2f | %.2f | %.1f |\n", all[1].median() / one, all[3].median() / one,
                all[5].median() / one, all[6].median() / one, all[7].median() / all[1].median());
  }
}
