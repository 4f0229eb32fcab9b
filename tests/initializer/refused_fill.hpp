// A fill that throws: its message, and that it wrote nothing.
#pragma once

#include "satur/initializer.hpp"

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace satur_test {

template <class Rule> std::string refused_fill(Rule const& rule, satur::fans f) {
  return refusal([&] {
    std::mt19937 g(1);
    std::vector<float> w(10, 77.0f);
    try {
      satur::fill(rule, w, f, g);
    } catch (...) {
      CHECK(w == std::vector<float>(10, 77.0f));
      throw;
    }
  });
}

} // namespace satur_test
