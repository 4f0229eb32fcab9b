// expect: act\.derivative\(z\)
#include <satur/activation.hpp>
#include <satur/diagnostic.hpp>

#include <vector>

struct mine {
  template <class T> T value(T z) const { return z; }
};

double use(std::vector<float> const& z) { return satur::observe(mine{}, z).fraction(); }
