/// \file tensor.hpp  For xtensor: lazy activations, and tensors filled by an initializer.
#pragma once

#include "satur/tensor/compat.hpp"
#include "satur/tensor/fill.hpp"
#include "satur/tensor/lazy.hpp"
