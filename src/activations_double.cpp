// The loops of every activation, for arrays of double.
#include "activations.hpp"

template satur::detail::compiled_map_t<double> satur::detail::compiled_map<double>(std::size_t,
                                                                                   satur::math::simd_level);
