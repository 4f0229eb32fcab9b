// expect: z and y must hold the same type of number
#include <satur/diagnostic.hpp>

#include <vector>

void use(std::vector<float> const& z, std::vector<double>& y) { satur::apply(satur::sigmoid{}, z, y); }
