// expect: init\.stddev\(f\).*invalid
#include <satur/layer.hpp>

#include <random>

struct mine {
  template <class T> void fill(std::span<T> out, satur::fans, satur::sampler const&) const {
    for (T& e : out) {
      e = T(1);
    }
  }
};

void use(std::mt19937& urbg) { satur::dense<float> layer(3, 4, mine{}, urbg); }
