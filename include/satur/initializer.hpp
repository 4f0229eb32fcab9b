/// \file initializer.hpp  Rules for initial weights, and the sampler they fill with.
#pragma once

#include "satur/initializer/concept.hpp"
#include "satur/initializer/constant.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/glorot.hpp"
#include "satur/initializer/he.hpp"
#include "satur/initializer/layer_fans.hpp"
#include "satur/initializer/lecun.hpp"
#include "satur/initializer/normal.hpp"
#include "satur/initializer/normal_window.hpp"
#include "satur/initializer/philox.hpp"
#include "satur/initializer/sampler.hpp"
#include "satur/initializer/truncated_normal.hpp"
#include "satur/initializer/uniform.hpp"
#include "satur/initializer/variance_scaling.hpp"
#include "satur/initializer/zeros.hpp"
