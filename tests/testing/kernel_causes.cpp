// The causes that are named: for wrong kernels of public reports the right one, for right kernels and for errors
// without a usual cause none.
#include "satur/testing.hpp"
#include "support/wrong_kernels.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using kernels_of_reports::wrong_kernel;
using kernels_of_reports::wrong_kernels;

TEST_CASE("kernels as in public reports are found, with the cause") {
  std::vector<wrong_kernel> const all = wrong_kernels();
  CHECK(all.size() >= 30);
  for (wrong_kernel const& k : all) {
    satur::testing::kernel_report const r = k.check();
    CAPTURE(k.source);
    CAPTURE(r.text());
    CHECK_FALSE(r.passed());
    REQUIRE_FALSE(r.causes.empty());
    CHECK(r.causes.front().what.find(k.cause) != std::string::npos);
    CHECK(r.text().find(k.cause) != std::string::npos);
  }
}

} // namespace
