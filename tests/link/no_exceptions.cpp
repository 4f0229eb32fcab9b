// Compiled with -fno-exceptions. What is right runs; a wrong parameter ends the program with its message.
#include <satur/diagnostic.hpp>
#include <satur/finding.hpp>
#include <satur/theory.hpp>

#include <cstdio>
#include <vector>

int main(int arguments, char**) {
  std::vector<float> const z{1.0f, -6.0f};
  std::vector<float> a(2);
  satur::monitor mon;
  mon["fc1"].forward(satur::tanh{}, z, a);
  mon.end_step();
  bool const counted = satur::saturated_fraction(z) == 0.5 && satur::diagnose(mon).size() < 10;
  // Some of the nets that it tries leave the range of double: that is no error.
  satur::theory::recommendation const r = satur::theory::recommend(satur::exponential{}, {8, 8, 8});
  if (!counted || !(r.gain > 0.0)) {
    return 1;
  }
  std::puts("healthy");
  std::fflush(stdout);
  return arguments == 1 ? 0 : static_cast<int>(satur::observe(satur::tanh{}, z, satur::z_beyond{-1.0}).low);
}
