// simd/lanes.cpp compiled with -march=native: scalars use the same instructions as lanes.
#include "simd/lanes.cpp"
