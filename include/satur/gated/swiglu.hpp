/// \file gated/swiglu.hpp
#pragma once

#include "satur/activation/silu.hpp"
#include "satur/gated/gated.hpp"

namespace satur { inline namespace SATUR_ABI {

/// y = a b/(1 + e^-b); see `gated`.
using swiglu = gated<silu>;

}} // namespace satur::SATUR_ABI
