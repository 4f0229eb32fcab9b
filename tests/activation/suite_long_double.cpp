// The public property suite over every activation in long double.
#include "support/activation_suite.hpp"

TEST_CASE("property suite: every activation in long double") { test::check_every_activation<long double>(); }
