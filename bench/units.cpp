// The record of units against the record of the layer: both fused with the activation. Every result is checked before
// it is timed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>

#include <random>
#include <vector>

namespace {

std::vector<float> gaussian(std::size_t n) {
  std::mt19937_64 urbg(1);
  std::normal_distribution<float> normal(0.0f, 3.0f);
  std::vector<float> z(n);
  for (float& e : z) {
    e = normal(urbg);
  }
  return z;
}

/// Usual code: a loop over the batch, one struct for each unit.
struct plain_unit {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  double slope = 0;
  double z = 0;
  double square = 0;
  double output = 0;
  double magnitude = 0;
};

template <class A> void row(A const& act, std::size_t batch, std::size_t width) {
  std::size_t const n = batch * width;
  std::vector<float> const z = gaussian(n);
  std::vector<float> y(n);
  std::vector<float> plain_y(n);
  satur::unit_records units;
  satur::unit_records channels;
  satur::unit_records gradients;
  std::vector<plain_unit> plain(width);
  satur::saturation record;
  satur::unit_layout const matrix = satur::unit_layout::matrix(batch, width);
  auto const by_hand = [&] {
    for (std::size_t i = 0; i < batch; ++i) {
      for (std::size_t u = 0; u < width; ++u) {
        float const x = z[i * width + u];
        float const value = act.value(x);
        plain_unit& p = plain[u];
        p.low += x < -5.0f;
        p.high += x > 5.0f;
        p.slope += static_cast<double>(act.derivative(x));
        p.z += static_cast<double>(x);
        p.square += static_cast<double>(x) * static_cast<double>(x);
        p.output += static_cast<double>(value);
        p.magnitude += static_cast<double>(std::fabs(value));
        plain_y[i * width + u] = value;
      }
    }
  };
  by_hand();
  satur::forward_units(units, act, z, y, matrix);
  for (std::size_t u = 0; u < width; ++u) {
    satur::unit_summary const s = units[u];
    bench::check(s.low == static_cast<double>(plain[u].low) && s.high == static_cast<double>(plain[u].high) &&
                     std::fabs(s.mean_slope * s.samples - plain[u].slope) <= 1e-6 * plain[u].slope,
                 "the units are those of a plain loop");
  }
  std::vector<bench::contender> all{
      {"forward", [&] { record = satur::forward(act, z, y); }},
      {"forward_units", [&] { satur::forward_units(units, act, z, y, matrix); }},
      {"observe_units", [&] { satur::observe_units(units, act, z, matrix); }},
      {"nchw",
       [&] {
         satur::forward_units(channels, act, z, y, {1, width, batch});
       }},
      {"gradient", [&] { satur::observe_unit_gradients(gradients, z, matrix); }},
      {"by_hand", by_hand},
  };
  bench::race(all, static_cast<double>(n));
  std::printf("| %s (%zu, %zu) |", std::string(A::name).c_str(), batch, width);
  for (bench::contender const& c : all) {
    std::printf(" %.2f (%.2f) |", c.median(), c.minimum());
  }
  std::printf(" %.2f | %.2f |\n", all[1].median() / all[0].median(), all[5].median() / all[1].median());
}

/// 100 layers of 4096 units, joined to 100 others; and the memory of 10^6 units.
void merging() {
  std::size_t const layers = 100;
  std::size_t const width = 4096;
  std::vector<float> const z = gaussian(2 * width);
  satur::unit_records one;
  satur::observe_units(one, satur::relu{}, z, satur::unit_layout::matrix(2, width));
  satur::observe_unit_gradients(one, z, satur::unit_layout::matrix(2, width));
  std::vector<satur::unit_records> total(layers, one);
  std::vector<satur::unit_records> const more(layers, one);
  satur::monitor monitor({.units = true});
  for (std::size_t i = 0; i < layers; ++i) {
    monitor["layer " + std::to_string(i)].observe(satur::relu{}, z, satur::unit_layout::matrix(2, width));
  }
  monitor.end_step();
  satur::monitor const other = monitor;
  std::vector<bench::contender> all{
      {"records",
       [&] {
         for (std::size_t i = 0; i < layers; ++i) {
           total[i] += more[i];
         }
       }},
      {"monitors", [&] { monitor += other; }},
      {"dormant", [&] { benchmark::DoNotOptimize(satur::find_dormant(one, satur::off{}).judged); }},
      {"percentiles", [&] { benchmark::DoNotOptimize(satur::percentiles_of(one, satur::readings::mean_slope).units); }},
  };
  bench::race(all, 1.0);
  bench::check(total[7].samples() > 2 && total[7][3].z_variance == one[3].z_variance, "records add up");
  std::size_t const many = 1000000;
  satur::unit_records units;
  satur::observe_units(units, satur::relu{}, gaussian(many), satur::unit_layout::matrix(1, many));
  bench::check(units.size() == many && units.bytes() < 100000000, "10^6 units are under 100 MB");
  std::printf("\n| what | time, median of 15 (minimum) |\n|---|---|\n"
              "| merging 100 layers of 4096 units into 100 others | %.2f ms (%.2f) |\n"
              "| the same as two monitors | %.2f ms (%.2f) |\n"
              "| dead units of one such layer | %.3f ms (%.3f) |\n"
              "| percentiles of one such layer | %.3f ms (%.3f) |\n\n"
              "10^6 units take %.0f MB.\n",
              all[0].median() * 1e-6, all[0].minimum() * 1e-6, all[1].median() * 1e-6, all[1].minimum() * 1e-6,
              all[2].median() * 1e-6, all[2].minimum() * 1e-6, all[3].median() * 1e-6, all[3].minimum() * 1e-6,
              static_cast<double>(units.bytes()) * 1e-6);
}

} // namespace

int main() {
  bench::machine();
  std::printf("ns an element, median of 15 (minimum), z ~ N(0, 3) in float\n\n"
              "| layer | forward | forward_units | observe_units | forward_units, NCHW | gradients | a plain loop | "
              "units / forward | plain / units |\n"
              "|---|---|---|---|---|---|---|---|---|\n");
  row(satur::sigmoid{}, 128, 256);
  row(satur::sigmoid{}, 1024, 1024);
  row(satur::sigmoid{}, 128, 10);
  row(satur::sigmoid{}, 64, 4096);
  row(satur::relu{}, 128, 256);
  row(satur::relu{}, 1024, 1024);
  row(satur::tanh{}, 128, 256);
  row(satur::tanh{}, 1024, 1024);
  merging();
}
