// expect: success
#include <satur/activation.hpp>
#include <satur/diagnostic.hpp>

#include <vector>

struct mine {
  template <class T> T value(T z) const { return z * T(2); }
  template <class T> T derivative(T) const { return T(2); }
};

static_assert(satur::activation<mine>);

double use(std::vector<float> const& z) { return satur::observe(mine{}, z).fraction(); }
