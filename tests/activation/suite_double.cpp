// Every activation keeps the public property suite's properties in double.
// levels: all
#include "support/activation_suite.hpp"

TEST_CASE("property suite: every activation in double") { test::check_every_activation<double>(); }
