/// \file satur.hpp  Everything: needs xtensor, xtensor-blas and a BLAS. Without those include satur/diagnostic.hpp.
#pragma once

#include "satur/activation.hpp"
#include "satur/array.hpp"
#include "satur/config.hpp"
#include "satur/diagnostic.hpp"
#include "satur/error.hpp"
#include "satur/finding.hpp"
#include "satur/gated.hpp"
#include "satur/initializer.hpp"
#include "satur/layer.hpp"
#include "satur/loss.hpp"
#include "satur/math.hpp"
#include "satur/rowwise.hpp"
#include "satur/simd.hpp"
#include "satur/tensor.hpp"
#include "satur/theory.hpp"
#include "satur/version.hpp"
