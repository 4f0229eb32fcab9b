/// \file reading.hpp  What is read from records: axes, percentiles, dormancy, gradient flow, intervals, rank.
#pragma once

#include "satur/reading/fraction_interval.hpp"
