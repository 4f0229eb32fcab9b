// The public property suite over activations with other than default parameters in double.
#include "support/parameters.hpp"

TEST_CASE("property suite: activations with other parameters in double") { test::check_other_parameters<double>(); }
