// The spelling of docs/flags.md for the names that satur shares with std, where both namespaces are opened.
#include <cmath>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <satur/satur.hpp>

using namespace satur;
using namespace std;

void names() {
  vector<double> const z{1.0, -2.0};
  vector<double> y(2);
  saturation const a = satur::observe(satur::tanh{}, z, z_beyond{2.5});
  apply(satur::erf{}, z, y);
  static_cast<void>(saturated_fraction(z));
  static_cast<void>(mean_derivative(satur::identity{}, z) + std::tanh(0.5) + std::erf(0.5));
  static_cast<void>(observe(sigmoid{}, z, slope_below{0.1}).fraction() + a.fraction());
  monitor mon;
  mon["fc1"].forward(gelu{}, z, y);
  mon.end_step();
  cout << mon << diagnose(mon).size();
}
