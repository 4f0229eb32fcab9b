// No activation makes a subnormal number in double that neither value nor slope is: by the flags of the processor.
// levels: all
#include "support/underflow.hpp"

TEST_CASE("underflow: no needless subnormal number in double") { test::check_needless_subnormals<double>(); }

TEST_CASE("levels: every activation in lanes agrees with calls for one double") {
  test::check_lanes_against_calls<double>();
}
