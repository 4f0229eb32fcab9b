// The public dual number under the tests' name.
#pragma once

#include "satur/testing/dual.hpp"

namespace test {
using satur::testing::dual;
} // namespace test
