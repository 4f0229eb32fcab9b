// The statistic that docs/extending/unit_statistic.md adds, through every public function. check_unit_statistic.sh
// compiles this file with headers to which the page's patch was applied.
#include <satur/diagnostic.hpp>

#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

int main() {
  std::vector<float> const z{-1.0f, 2.0f, 3.0f, 0.5f, 1.0f, -2.0f}; // 3 samples of 2 units
  satur::unit_records units;
  satur::observe_units(units, satur::relu{}, z, satur::unit_layout::matrix(3, 2));
  satur::unit_records more;
  std::vector<float> const later{5.0f, 6.0f};
  satur::observe_units(more, satur::relu{}, later, satur::unit_layout::matrix(1, 2));
  double const first = (0.0 + 9.0 + 1.0) / 3.0;
  double const second = (4.0 + 0.25 + 0.0) / 3.0;
  auto const near = [](char const* what, double x, double expected) {
    bool const good = std::fabs(x - expected) <= 1e-12 * expected;
    if (!good) {
      std::printf("%s: %.17g, expected %.17g\n", what, x, expected);
    }
    return good;
  };
  bool good = near("a pass", units[0].output_rms(), std::sqrt(first)) &&
              near("a pass", units[1].output_rms(), std::sqrt(second));
  satur::unit_records const both = units + more;
  good = near("a merge", both[0].output_mean_square, (10.0 + 25.0) / 4.0) && good;
  good = near("all units", both.layer().output_mean_square, (35.0 + 40.25) / 8.0) && good;
  satur::decayed_units lately(1.0); // samples: each one halves the weight of the earlier ones
  lately.add(units);
  lately.add(more);
  good = near("a window", lately[1].output_mean_square, (4.25 * 0.5 + 36.0) / 2.5) && good;
  satur::monitor mon({.units = true});
  mon["a"].observe(satur::relu{}, z, satur::unit_layout::matrix(3, 2));
  mon.end_step();
  std::stringstream file;
  satur::save(mon, file);
  satur::monitor loaded = satur::load_monitor(file);
  good = near("a file", loaded["a"].units().value()[0].output_mean_square, first) && good;
  std::puts(good ? "the statistic of the page goes through all of it" : "failed");
  return good ? 0 : 1;
}
