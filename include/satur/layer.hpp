/// \file layer.hpp  Layers with forward, backward and public parameters.
#pragma once

#include "satur/layer/activation_layer.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/chain.hpp"
#include "satur/layer/chain_layers.hpp"
#include "satur/layer/chain_readings.hpp"
#include "satur/layer/chain_watchers.hpp"
#include "satur/layer/dense.hpp"
#include "satur/layer/descend.hpp"
#include "satur/layer/input.hpp"
#include "satur/layer/named_readings.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/product.hpp"
#include "satur/layer/readings.hpp"
#include "satur/layer/sequential.hpp"
#include "satur/observe.hpp"
