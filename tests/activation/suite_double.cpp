// The public property suite over every activation in double.
// levels: all
#include "support/activation_suite.hpp"

TEST_CASE("property suite: every activation in double") { test::check_every_activation<double>(); }
