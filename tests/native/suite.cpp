// The activation suite again with everything that this machine has: scalars use the same instructions as lanes.
#include "activation/suite.cpp"
