/// \file deprecated.hpp  Old names, for one minor version. docs/migration.md lists them with their new names.
///
/// Old names of the findings are in satur/finding/deprecated.hpp and those of satur/testing.hpp in that folder, so that
/// this header stays as light as satur/diagnostic.hpp. Old enumerators stand in their enumeration.
#pragma once

#include "satur/config.hpp"
