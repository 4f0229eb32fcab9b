// math/exponential.cpp compiled with -march=native: scalars use the same instructions as lanes.
#include "math/exponential.cpp"
