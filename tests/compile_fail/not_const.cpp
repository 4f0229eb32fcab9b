// expect: act\.value\(z\).*invalid
#include <satur/activation.hpp>
#include <satur/diagnostic.hpp>

#include <vector>

struct mine {
  template <class T> T value(T z) { return z; } // not const
  template <class T> T derivative(T) const { return T(1); }
};

double use(std::vector<float> const& z) { return satur::observe(mine{}, z).fraction(); }
