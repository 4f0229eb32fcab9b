/// \file layer.hpp  Layers with forward, backward and public parameters.
#pragma once

#include "satur/layer/bias.hpp"
#include "satur/layer/dense.hpp"
#include "satur/layer/descend.hpp"
#include "satur/layer/gru.hpp"
#include "satur/layer/input.hpp"
#include "satur/layer/lstm.hpp"
#include "satur/layer/named_readings.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/product.hpp"
#include "satur/layer/readings.hpp"
#include "satur/layer/recurrent.hpp"
#include "satur/layer/recurrent_gru.hpp"
#include "satur/layer/recurrent_lstm.hpp"
#include "satur/layer/recurrent_parts.hpp"
#include "satur/observe.hpp"
