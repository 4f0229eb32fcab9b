// expect: layer\.z\(\) must give numbers
#include <satur/observe.hpp>

#include <vector>

struct layer {
  std::vector<int> z() const { return {1, 2}; }
};

double use(layer const& l) { return satur::saturated_fraction(l); }
