/// \file format.hpp  Number formats with few bits: their limits, their codes, and what of an array leaves them.
#pragma once

#include "satur/format/code.hpp"
#include "satur/format/format.hpp"
#include "satur/format/formats.hpp"
#include "satur/format/limits.hpp"
#include "satur/format/rounding.hpp"
#include "satur/observe/format.hpp"
#include "satur/observe/format_units.hpp"
#include "satur/observe/histogram.hpp" // what format_loss_of and best_scale read
#include "satur/reading/format/format_loss_of.hpp"
#include "satur/reading/format_scale.hpp"
#include "satur/record/format_loss.hpp"
