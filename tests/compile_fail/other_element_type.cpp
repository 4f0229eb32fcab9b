// expect: z and y must hold the same type of number
#include <satur/diagnostic.hpp>

#include <vector>

double use(std::vector<float> const& z, std::vector<double>& y) {
  return satur::forward(satur::sigmoid{}, z, y).fraction();
}
