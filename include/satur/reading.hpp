/// \file reading.hpp  What is read from records: axes, percentiles, dormancy, gradient flow, intervals, rank.
#pragma once

#include "satur/reading/decayed_units.hpp"
#include "satur/reading/dormancy.hpp"
#include "satur/reading/effective_rank.hpp"
#include "satur/reading/fraction_interval.hpp"
#include "satur/reading/gradient_flow.hpp"
#include "satur/reading/gradient_limits.hpp"
#include "satur/reading/initial_loss.hpp"
#include "satur/reading/phi_b.hpp"
#include "satur/reading/slope_interval.hpp"
#include "satur/reading/spike.hpp"
#include "satur/reading/unit_axes.hpp"
#include "satur/reading/unit_readings.hpp"
#include "satur/reading/update_size.hpp"
