// observe_units of two activations, compiled once: records.cpp has the bodies.
#pragma once

#include "satur/record/unit_records.hpp"

#include <span>

namespace satur_test {

void add_relu(std::span<double const> z, satur::unit_layout const& layout, satur::unit_records& units);
void add_sigmoid(std::span<double const> z, satur::unit_layout const& layout, satur::unit_records& units);
void add_gradients(std::span<double const> dz, satur::unit_layout const& layout, satur::unit_records& units);

} // namespace satur_test
