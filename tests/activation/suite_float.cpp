// Every activation keeps the public property suite's properties in float.
// levels: all
#include "support/activation_suite.hpp"

TEST_CASE("property suite: every activation in float") { test::check_every_activation<float>(); }
