/// \file gated/glu.hpp
#pragma once

#include "satur/activation/sigmoid.hpp"
#include "satur/gated/gated.hpp"

namespace satur { inline namespace SATUR_ABI {

/// y = a/(1 + e^-b); see `gated`.
using glu = gated<sigmoid>;

}} // namespace satur::SATUR_ABI
