// Every activation keeps the public property suite's properties in long double.
#include "support/activation_suite.hpp"

TEST_CASE("every activation, long double") { test::check_every_activation<long double>(); }
