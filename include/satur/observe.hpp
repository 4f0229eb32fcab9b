/// \file observe.hpp  The light door: activations, rules, the record of saturation with its printing, and the functions
/// that people call over any z: observe, forward, apply, saturated_fraction, mean_derivative.
///
/// `satur/diagnostic.hpp` adds units, histograms and the monitor.
#pragma once

#include "satur/activation/all.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/fraction.hpp"
#include "satur/observe/layer.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/observe.hpp"
#include "satur/record/saturation.hpp"
#include "satur/rule.hpp"
#include "satur/simd/level.hpp"
