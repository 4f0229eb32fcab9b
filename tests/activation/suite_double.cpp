// Every activation keeps the public property suite's properties in double.
// levels: all
#include "support/activation_suite.hpp"

TEST_CASE("every activation, double") { test::check_every_activation<double>(); }
