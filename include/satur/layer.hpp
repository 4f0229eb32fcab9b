/// \file layer.hpp  Layers with forward, backward and public parameters.
#pragma once

#include "satur/layer/batch_norm.hpp"
#include "satur/layer/batch_norm_passes.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/dense.hpp"
#include "satur/layer/descend.hpp"
#include "satur/layer/input.hpp"
#include "satur/layer/layer_norm.hpp"
#include "satur/layer/named_readings.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/product.hpp"
#include "satur/layer/readings.hpp"
#include "satur/layer/rms_norm.hpp"
#include "satur/layer/row_norm_passes.hpp"
#include "satur/layer/wide_sums.hpp"
#include "satur/observe.hpp"
