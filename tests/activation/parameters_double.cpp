// Activations with other parameters than their defaults keep the public property suite's properties in double.
#include "support/parameters.hpp"

TEST_CASE("property suite: activations with other parameters in double") { test::check_other_parameters<double>(); }
