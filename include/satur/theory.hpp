/// \file theory.hpp  The saturation expected before the first step: Gaussian means, gains, mean-field recursion.
#pragma once

#include "satur/theory/closed_forms.hpp"
#include "satur/theory/critical.hpp"
#include "satur/theory/format/predict_format.hpp"
#include "satur/theory/gain.hpp"
#include "satur/theory/moments.hpp"
#include "satur/theory/network.hpp"
#include "satur/theory/normal_law.hpp"
#include "satur/theory/pieces.hpp"
#include "satur/theory/predict.hpp"
#include "satur/theory/quadrature.hpp"
#include "satur/theory/recommend.hpp"
#include "satur/theory/steady_state.hpp"
#include "satur/theory/units.hpp"
#include "satur/theory/variance_map.hpp"
#include "satur/theory/verdict.hpp"
