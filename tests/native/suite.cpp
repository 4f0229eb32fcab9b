// The activation suite compiled with -march=native: scalars use the same instructions as lanes.
#include "activation/suite.cpp"
