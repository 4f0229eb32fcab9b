/// \file optimizer.hpp  What changes the parameters of layers by their gradients.
#pragma once

#include "satur/optimizer/adam.hpp"
#include "satur/optimizer/adam_pass.hpp"
#include "satur/optimizer/adamw.hpp"
#include "satur/optimizer/clip_by_norm.hpp"
#include "satur/optimizer/each_layer.hpp"
#include "satur/optimizer/sgd.hpp"
#include "satur/optimizer/slots.hpp"
#include "satur/optimizer/watched.hpp"
