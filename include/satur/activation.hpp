/// \file activation.hpp  Every activation.
#pragma once

#include "satur/activation/centered_sigmoid.hpp"
#include "satur/activation/concept.hpp"
#include "satur/activation/identity.hpp"
#include "satur/activation/leaky_relu.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/softsign.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/math.hpp" // what a user's own activation is made of
