/// \file rowwise.hpp  What works on whole rows of logits: softmax, log_softmax, logsumexp, and their reading.
#pragma once

#include "satur/rowwise/concept.hpp"
#include "satur/rowwise/entropy_bound.hpp"
#include "satur/rowwise/log_softmax.hpp"
#include "satur/rowwise/logsumexp.hpp"
#include "satur/rowwise/observe.hpp"
#include "satur/rowwise/online_entropy.hpp"
#include "satur/rowwise/pass.hpp"
#include "satur/rowwise/row_axis.hpp"
#include "satur/rowwise/row_group.hpp"
#include "satur/rowwise/row_saturation.hpp"
#include "satur/rowwise/row_steps.hpp"
#include "satur/rowwise/row_sums.hpp"
#include "satur/rowwise/softmax.hpp"
