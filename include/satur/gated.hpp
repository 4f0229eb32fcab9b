/// \file gated.hpp  Gated linear units over the two halves of a row, and their reading.
#pragma once

#include "satur/gated/gate_saturation.hpp"
#include "satur/gated/gated.hpp"
#include "satur/gated/geglu.hpp"
#include "satur/gated/glu.hpp"
#include "satur/gated/pass.hpp"
#include "satur/gated/shape.hpp"
#include "satur/gated/swiglu.hpp"
