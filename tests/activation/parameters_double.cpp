// Activations with other parameters than their defaults keep the public property suite's properties in double.
#include "support/parameters.hpp"

TEST_CASE("every activation that has parameters, double") { test::check_other_parameters<double>(); }
