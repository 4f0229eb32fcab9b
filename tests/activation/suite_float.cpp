// The public property suite over every activation in float.
#include "support/activation_suite.hpp"

TEST_CASE("property suite: every activation in float") { test::check_every_activation<float>(); }
