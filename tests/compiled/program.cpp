// Prints results of everything in satur::compiled, with all bits: passes, units, histograms, findings, their text. It
// must print the same lines with and without the library, with the same flags otherwise.
// EXPECT_COMPILED states whether this file must see the library.
#include <satur/diagnostic.hpp>
#include <satur/finding.hpp>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <limits>
#include <tuple>
#include <vector>

static_assert(SATUR_COMPILED == EXPECT_COMPILED);

namespace {

template <class T> std::vector<T> numbers(std::size_t n) {
  std::vector<T> z(n);
  std::uint32_t state = 1;
  for (T& e : z) {
    state = state * 1664525u + 1013904223u;
    e = static_cast<T>(static_cast<double>(state >> 8) / 1048576.0 - 8.0);
  }
  return z;
}

void print(satur::saturation const& s) {
  std::cout << s.title() << ' ' << s.count << ' ' << s.low << ' ' << s.high << ' ' << s.nan << ' ' << s.infinite << ' '
            << s.mean_z() << ' ' << s.variance_z() << ' ' << s.mean_output() << ' ' << s.variance_output() << ' '
            << s.mean_derivative() << ' ' << s.min_z() << ' ' << s.max_z() << '\n';
}

template <class T> void passes(char const* type) {
  std::cout << type << '\n';
  std::vector<T> z = numbers<T>(3001);
  z[7] = std::numeric_limits<T>::quiet_NaN();
  z[2000] = std::numeric_limits<T>::infinity();
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  satur::any_rule const rules[] = {satur::z_beyond{5.0}, satur::slope_below{0.05}, satur::output_beyond{0.01, 0.99}};
  auto const one = [&](auto const& act) {
    for (satur::any_rule const& rule : rules) {
      print(satur::forward(act, z, y, dy, rule));
    }
    double sum = 0.0;
    for (std::size_t i = 8; i < 2000; ++i) {
      sum += double(y[i]) + 3.0 * double(dy[i]);
    }
    std::cout << sum << '\n';
  };
  one(satur::identity{});
  one(satur::tanh{});
  one(satur::leaky_relu{0.125});
  one(satur::threshold{0.5, -1.0});
  one(satur::sparse_sigmoid{}); // the last of the list

  satur::unit_records units;
  satur::observe_units(units, satur::relu{}, std::span<T const>(z).first(3000), satur::unit_layout::matrix(60, 50));
  for (std::size_t u = 0; u < units.size(); ++u) {
    std::cout << units[u].mean_z() << ' ' << units[u].variance_z() << ' ' << units[u].fraction() << '\n';
  }
  std::cout << satur::saturated_fraction(z, 2.5) << '\n';
}

} // namespace

int main() {
  std::cout << std::hexfloat;
  passes<float>("float");
  passes<double>("double");
  std::cout << std::defaultfloat;

  satur::monitor mon;
  std::vector<float> z = numbers<float>(4000);
  for (float& e : z) {
    e *= 10.0f; // saturated, so that something is found
  }
  std::vector<float> a(z.size());
  std::vector<float> dz(z.size());
  satur::unit_records units;
  for (int step = 0; step < 3; ++step) {
    mon["first"].forward(satur::tanh{}, z, a);
    mon["second"].forward(satur::sigmoid{}, a, dz);
    mon["second"].gradient(a);
    mon["first"].gradient(dz);
    mon.end_step();
    satur::observe_units(units, satur::tanh{}, z, satur::unit_layout::matrix(100, 40));
  }
  std::cout << mon << mon["first"].last().saturation;
  std::vector<satur::named_record> records = satur::records_of(mon);
  records[0].units = &units;
  auto const found = satur::diagnose(records);
  for (satur::finding const& f : found) {
    std::cout << f << '\n';
  }
  std::vector<float> const w = numbers<float>(50 * 40);
  std::vector<float> const b(40, 0.5f);
  std::cout << satur::attribute(satur::tanh{}, w, b, satur::moments_of_inputs(numbers<float>(5000), 50)) << '\n';
  return found.empty() ? 1 : 0;
}
