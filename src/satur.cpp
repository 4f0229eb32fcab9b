// Everything that satur::compiled holds: what the headers mark with SATUR_COMPILED_PASS, SATUR_COMPILED_TEMPLATE,
// SATUR_COMPILED_FUNCTION and SATUR_COMPILED_MEMBER. The activations' own loops are in activations_*.cpp.
#define SATUR_COMPILED_SOURCE 1
#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"

#if !SATUR_ABI_JOIN(SATUR_COMPILED_EXPECTED_, SATUR_COMPILED_TAG, , )
#error "satur::compiled is compiled with other flags than CMake was configured with: its files would find no library"
#endif
