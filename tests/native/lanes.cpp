// math/lanes.cpp again with everything that this machine has: scalars use the same instructions as lanes.
#include "simd/lanes.cpp"
