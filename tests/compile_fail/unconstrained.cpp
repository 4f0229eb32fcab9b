// An unconstrained template claims to accept lanes. The error is at the call that does not.
// expect: no matching function for call to .*sin
#include <satur/diagnostic.hpp>

#include <cmath>
#include <vector>

struct mine {
  template <class T> T value(T z) const { return std::sin(z); }
  template <class T> T derivative(T z) const { return std::cos(z); }
};

double use(std::vector<float> const& z) { return satur::observe(mine{}, z).fraction(); }
