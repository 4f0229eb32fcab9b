/// \file math.hpp  The functions that activations are made of: one body for a scalar and for lanes.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/math/atan.hpp"
#include "satur/math/erfc.hpp"
#include "satur/math/exp.hpp"
#include "satur/math/expm1.hpp"
#include "satur/math/gate.hpp"
#include "satur/math/half.hpp"
#include "satur/math/in_double.hpp"
#include "satur/math/least_count.hpp"
#include "satur/math/log1p.hpp"
#include "satur/math/logistic.hpp"
#include "satur/math/power_of_two.hpp"
#include "satur/math/root_of_sum.hpp"
#include "satur/math/sqrt.hpp"
