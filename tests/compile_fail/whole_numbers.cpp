// expect: floating_point
#include <satur/diagnostic.hpp>

#include <vector>

double use(std::vector<int> const& z) { return satur::observe(satur::sigmoid{}, z).fraction(); }
