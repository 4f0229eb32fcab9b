// The loops of every activation, for arrays of float.
#include "activations.hpp"

template satur::detail::compiled_map_t<float> satur::detail::compiled_map<float>(std::size_t, satur::math::simd_level);
