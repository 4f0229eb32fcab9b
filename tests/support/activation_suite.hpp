// Every activation of the list through the public property suite.
#pragma once

#include "support/activations.hpp"
#include "support/contract.hpp"

#include "satur/testing.hpp"

#include <doctest/doctest.h>

namespace test {

template <class T> void check_every_activation() {
  for_each_activation([](auto const& act) {
    using A = std::remove_cvref_t<decltype(act)>;
    satur::testing::check_options o;
    o.monotone = !has_dip(act);
    o.may_overflow = !satur::has_peak_slope<A>; // a slope without a peak grows without bound: e^z
    satur::testing::report const r = satur::testing::check_activation<T>(act, o);
    CHECK_MESSAGE(r.passed(), r.text());
    // The library's activations state every fact.
    std::size_t const unstated = satur::has_peak_slope<A> ? 0 : 1;
    std::size_t const without_digits = std::is_same_v<T, long double> ? 3 : 0; // no wider type, dual numbers or lanes
    CHECK(r.skipped.size() == unstated + without_digits);
  });
}

} // namespace test
