// observe_units for two activations, and unit gradients, over doubles.
#pragma once

#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/observe/units.hpp"

#include <span>

namespace satur_test {

inline void add_relu(std::span<double const> z, satur::unit_layout const& layout, satur::unit_records& units) {
  satur::observe_units(units, satur::relu{}, z, layout);
}
inline void add_sigmoid(std::span<double const> z, satur::unit_layout const& layout, satur::unit_records& units) {
  satur::observe_units(units, satur::sigmoid{}, z, layout);
}
inline void add_gradients(std::span<double const> dz, satur::unit_layout const& layout, satur::unit_records& units) {
  satur::observe_unit_gradients(units, dz, layout);
}

} // namespace satur_test
