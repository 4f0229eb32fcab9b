// Activations with other parameters than their defaults keep the public property suite's properties in float.
#include "support/parameters.hpp"

TEST_CASE("every activation that has parameters, float") { test::check_other_parameters<float>(); }
