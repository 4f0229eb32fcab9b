/// \file statistics.hpp  Moments that merge, intervals, tails and a test of a variance.
#pragma once

#include "satur/statistics/four_moments.hpp"
#include "satur/statistics/interval.hpp"
#include "satur/statistics/moments.hpp"
#include "satur/statistics/tails.hpp"
#include "satur/statistics/variance_test.hpp"
