/// \file deprecated.hpp  Old names, for one minor version. docs/migration.md lists them with their new names.
///
/// Old names of the findings are in satur/finding/deprecated.hpp and those of satur/testing.hpp in that folder, so that
/// this header stays as light as satur/diagnostic.hpp. Old enumerators stand in their enumeration.
#pragma once

#include "satur/config.hpp"
#include "satur/monitor/sampling.hpp"

namespace satur { inline namespace SATUR_ABI {

// *_options say how something is done, *_limits where a verdict changes.

using sampling [[deprecated("use sampling_options")]] = sampling_options;

}} // namespace satur::SATUR_ABI
