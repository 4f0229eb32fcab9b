// The public dual number, under the name that the tests use.
#pragma once

#include "satur/testing/dual.hpp"

namespace test {
using satur::testing::dual;
} // namespace test
