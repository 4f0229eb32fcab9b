/// \file report.hpp  Writers of what a monitor recorded.
#pragma once

#include "satur/report/json_lines.hpp"
