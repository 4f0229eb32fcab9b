/// \file layer.hpp  Layers with forward, backward and public parameters.
#pragma once

#include "satur/layer/column_sums.hpp"
#include "satur/layer/dense.hpp"
#include "satur/layer/parameter.hpp"
