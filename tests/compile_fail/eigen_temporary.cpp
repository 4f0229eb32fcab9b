// expect: eigen_owner
#include <satur/adapt/eigen.hpp>

Eigen::MatrixXf z();

auto use() { return satur::rows_are_samples(z()); } // a view of memory that is gone
