// Every activation keeps the public property suite's properties in float.
// levels: all
#include "support/activation_suite.hpp"

TEST_CASE("every activation, float") { test::check_every_activation<float>(); }
