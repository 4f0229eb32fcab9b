/// \file report.hpp  Writers of what a monitor recorded.
#pragma once

#include "satur/report/csv.hpp"
#include "satur/report/finding_log.hpp"
#include "satur/report/format_csv.hpp"
#include "satur/report/history_rows.hpp"
#include "satur/report/json_lines.hpp"
