/// \file diagnostic.hpp  Everything about saturation that needs no tensor library: what satur/observe.hpp offers, and
/// units, histograms, readings and the monitor.
#pragma once

#include "satur/activation.hpp"
#include "satur/array.hpp"
#include "satur/deprecated.hpp"
#include "satur/monitor.hpp"
#include "satur/observe.hpp"
#include "satur/observe/format.hpp"
#include "satur/observe/format_units.hpp"
#include "satur/observe/histogram.hpp"
#include "satur/observe/layer_units.hpp"
#include "satur/observe/masked_units.hpp"
#include "satur/observe/units.hpp"
#include "satur/reading.hpp"
#include "satur/record.hpp"
#include "satur/report.hpp" // its JSON Lines came with this header from the start
#include "satur/statistics.hpp"
