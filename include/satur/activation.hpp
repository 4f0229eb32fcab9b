/// \file activation.hpp  Every activation, and the list of them.
#pragma once

#include "satur/activation/activation_ref.hpp"
#include "satur/activation/all.hpp"
#include "satur/activation/any_activation.hpp"
#include "satur/activation/composed.hpp"
#include "satur/activation/named.hpp"
#include "satur/activation/peak_slope.hpp"
#include "satur/math.hpp" // what a user's own activation is made of
#include "satur/observe.hpp"
#include "satur/observe/any_activation_for.hpp"
