// expect: reference to .+tanh.+ is ambiguous
// docs/flags.md says so, and tests/headers/both_namespaces.cpp has the spelling that compiles.
#include <cmath>

#include <satur/activation/tanh.hpp>

using namespace satur;
using namespace std;

double slope() { return tanh{}.derivative(0.5); }
