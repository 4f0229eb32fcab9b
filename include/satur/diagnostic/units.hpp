/// \file units.hpp  Everything that is asked unit by unit.
#pragma once

#include "satur/diagnostic/observe_units.hpp"
#include "satur/diagnostic/unit_layout.hpp"
#include "satur/diagnostic/unit_records.hpp"
#include "satur/diagnostic/unit_summary.hpp"
