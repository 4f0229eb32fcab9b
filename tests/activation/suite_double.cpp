// The public property suite over every activation in double.
#include "support/activation_suite.hpp"

TEST_CASE("property suite: every activation in double") { test::check_every_activation<double>(); }
