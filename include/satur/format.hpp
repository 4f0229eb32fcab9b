/// \file format.hpp  Number formats with few bits: their limits, their codes, and what of an array leaves them.
#pragma once

#include "satur/format/code.hpp"
#include "satur/format/format.hpp"
#include "satur/format/formats.hpp"
#include "satur/format/rounding.hpp"
