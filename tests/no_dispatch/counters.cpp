// The common checks, built with the flags of this folder.
#include "support/counters.inc"

TEST_CASE("without dispatch: the compiled level is the best level") {
  CHECK(satur::math::best_level() == satur::math::compiled_level);
}
