// expect-GNU: act\.value\(z\).*does not satisfy return-type-requirement
// expect-Clang: becomes_without_loss<const char \*, double>
#include <satur/activation.hpp>
#include <satur/diagnostic.hpp>

#include <vector>

struct mine {
  char const* value(double) const { return "high"; }
  double derivative(double) const { return 1.0; }
};

double use(std::vector<double> const& z) { return satur::observe(mine{}, z).fraction(); }
