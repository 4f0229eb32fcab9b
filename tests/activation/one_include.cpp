// satur/activation.hpp alone brings the functions of satur/observe.hpp.
#include "satur/activation.hpp"

#include "support/observe_functions.hpp" // after the header under test

#include <doctest/doctest.h>

TEST_CASE("activations bring the functions of satur/observe.hpp") { satur_test::check_observe_functions(); }
