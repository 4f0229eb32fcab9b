// satur/activation.hpp alone is enough to ask how saturated z is.
#include "satur/activation.hpp"

#include "support/observe_functions.hpp" // after the header under test

#include <doctest/doctest.h>

TEST_CASE("activations bring the functions of satur/observe.hpp") { satur_test::check_observe_functions(); }
