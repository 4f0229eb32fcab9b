/// \file report.hpp  Writers of what a monitor recorded.
#pragma once

#include "satur/report/csv.hpp"
#include "satur/report/finding_log.hpp"
#include "satur/report/history_rows.hpp"
#include "satur/report/json_lines.hpp"
#include "satur/report/terminal.hpp"
#include "satur/report/terminal/bars.hpp"
#include "satur/report/terminal/layer_line.hpp"
#include "satur/report/terminal/terminal_options.hpp"
