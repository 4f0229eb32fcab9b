// The public property suite over activations with other than default parameters in float.
#include "support/parameters.hpp"

TEST_CASE("property suite: activations with other parameters in float") { test::check_other_parameters<float>(); }
