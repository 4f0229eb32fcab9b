/// \file loss.hpp  Losses with their gradients.
#pragma once

#include "satur/loss/softmax_cross_entropy.hpp"
