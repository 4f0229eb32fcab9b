// Activations with other parameters than their defaults keep the public property suite's properties in float.
#include "support/parameters.hpp"

TEST_CASE("property suite: activations with other parameters in float") { test::check_other_parameters<float>(); }
