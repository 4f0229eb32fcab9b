/// \file gated/geglu.hpp
#pragma once

#include "satur/activation/gelu.hpp"
#include "satur/gated/gated.hpp"

namespace satur { inline namespace SATUR_ABI {

/// y = a b Phi(b); see `gated`.
using geglu = gated<gelu>;

}} // namespace satur::SATUR_ABI
