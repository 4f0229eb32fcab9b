/// \file loss.hpp  Losses with their gradients.
#pragma once

#include "satur/loss/bce_with_logits.hpp"
#include "satur/loss/cross_entropy_options.hpp"
#include "satur/loss/elementwise_loss.hpp"
#include "satur/loss/mse.hpp"
#include "satur/loss/reduction.hpp"
#include "satur/loss/softmax_cross_entropy.hpp"
#include "satur/loss/softmax_row.hpp"
