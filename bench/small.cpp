// What a call costs on few numbers, as loops written by hand make them: 16 to 1024 at a time. One thread; every result
// is checked before it is timed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>

#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::size_t rows = 16; ///< a contender makes one call for each

/// One row of the table: ns a call, and the ratio of each to apply(act, z, y).
template <class A> void row(A const& act, std::size_t n) {
  std::vector<float> z(rows * n);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
  }
  std::vector<float> y(n);
  std::vector<float> dy(n);
  satur::saturation record;
  double number = 0;
  satur::monitor mon;
  for (char const* const name : {"fc1", "fc2", "fc3", "out"}) {
    mon[name].observe(act, z);
  }
  mon.end_step();

  auto const each_row = [&](auto const& call) {
    return [&z, n, call] {
      for (std::size_t k = 0; k < rows; ++k) {
        call(std::span<float const>(z.data() + k * n, n));
        benchmark::ClobberMemory();
      }
    };
  };
  std::vector<bench::contender> all{
      {"apply", each_row([&](auto x) { satur::apply(act, x, y); })},
      {"apply, y and dy", each_row([&](auto x) { satur::apply(act, x, y, dy); })},
      {"forward", each_row([&](auto x) { record = satur::forward(act, x, y); })},
      {"forward, y and dy", each_row([&](auto x) { record = satur::forward(act, x, y, dy); })},
      {"observe", each_row([&](auto x) { record = satur::observe(act, x); })},
      {"saturated_fraction", each_row([&](auto x) { number += satur::saturated_fraction(x); })},
      {"mean_derivative", each_row([&](auto x) { number += satur::mean_derivative(act, x); })},
      {"monitor forward", each_row([&](auto x) { mon["fc1"].forward(act, x, y); })},
      {"monitor gradient", each_row([&](auto x) { mon["fc1"].gradient(x); })},
  };

  std::string const name(A::name);
  std::span<float const> const last(z.data() + (rows - 1) * n, n);
  all[2].run();
  satur::saturation whole;
  for (std::size_t k = 0; k < rows; ++k) {
    whole += satur::forward(act, std::span<float const>(z.data() + k * n, n), y);
  }
  for (std::size_t i = 0; i < n; ++i) {
    bench::check(std::fabs(static_cast<double>(y[i]) - act.value(static_cast<double>(last[i]))) < 1e-6,
                 (name + ", a value").c_str());
  }
  bench::check(satur::saturated_fraction(last) == record.fraction(), (name + ", the fraction").c_str());
  bench::check(satur::mean_derivative(act, last) == record.mean_derivative(), (name + ", the mean slope").c_str());
  all[7].run();
  all[8].run();
  satur::layer_record const& step = mon.at("fc1").current();
  bench::check(step.saturation == whole, (name + ", the monitor's record").c_str());
  bench::check(step.gradient.count == rows * n, (name + ", the monitor's gradients").c_str());

  bench::race(all, static_cast<double>(rows), 75, 0.0005); // turns so short that some are not interrupted
  std::printf("| `%s` | %zu |", name.c_str(), n);
  for (bench::contender const& c : all) {
    std::printf(" %.0f |", c.minimum());
  }
  for (std::size_t i : {2u, 3u, 4u, 5u, 7u, 8u}) {
    std::printf(" %.2f |", all[i].minimum() / all[0].minimum());
  }
  std::printf(" %.2f |\n", all[6].minimum() / all[1].minimum());
  std::fflush(stdout);
}

} // namespace

int main() {
  bench::machine();
  std::printf("ns a call on n floats, minima of 75, z in [-10, 10)\n\n"
              "| activation | n | `apply` | … with dy | `forward`, all counters | … with dy | `observe` | "
              "`saturated_fraction` | `mean_derivative` | `mon[\"fc1\"].forward` | `mon[\"fc1\"].gradient` | forward / "
              "apply | with dy | observe | fraction | monitor forward | gradient | mean_derivative / apply with dy |\n"
              "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (std::size_t const n : {16u, 64u, 256u, 1024u}) {
    row(satur::sigmoid{}, n);
  }
  for (std::size_t const n : {16u, 64u, 256u, 1024u}) {
    row(satur::tanh{}, n);
  }
  for (std::size_t const n : {16u, 64u, 256u, 1024u}) {
    row(satur::relu{}, n);
  }
  return 0;
}
