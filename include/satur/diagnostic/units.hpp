/// \file units.hpp  Everything that is asked unit by unit: records, axes, percentiles, windows, dead and dormant units.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/diagnostic/decayed_units.hpp"
#include "satur/diagnostic/dormancy.hpp"
#include "satur/diagnostic/unit_axes.hpp"
#include "satur/diagnostic/unit_readings.hpp"
#include "satur/observe/units.hpp"
#include "satur/record/unit_records.hpp"
#include "satur/record/unit_summary.hpp"
