// expect: x and y must hold the same type of number
#include <satur/gated.hpp>

#include <vector>

void use(std::vector<float> const& x, std::vector<double>& y) { satur::forward(satur::glu{}, x, y, 4); }
