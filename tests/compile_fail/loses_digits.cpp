// expect-GNU: act\.value\(z\).*does not satisfy return-type-requirement
// expect-Clang: has_the_digits_of
#include <satur/activation.hpp>
#include <satur/diagnostic.hpp>

#include <vector>

struct mine {
  float value(float z) const { return z; }
  float derivative(float) const { return 1.0f; }
};

double use(std::vector<double> const& z) { return satur::observe(mine{}, z).fraction(); }
