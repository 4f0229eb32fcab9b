// expect: must give numbers
#include <satur/observe.hpp>

#include <Eigen/Core>

double use(Eigen::MatrixXf const& z) { return satur::observe(satur::tanh{}, z.topRows(2)).fraction(); }
