/// \file report.hpp  Writers of what a monitor recorded.
#pragma once

#include "satur/report/csv.hpp"
#include "satur/report/file/flushed_file.hpp"
#include "satur/report/file/line_format.hpp"
#include "satur/report/file/run_file.hpp"
#include "satur/report/finding_log.hpp"
#include "satur/report/history_rows.hpp"
#include "satur/report/json_lines.hpp"
#include "satur/report/markdown.hpp"
#include "satur/report/observers/csv_writer.hpp"
#include "satur/report/observers/json_lines_writer.hpp"
#include "satur/report/tensorboard.hpp"
#include "satur/report/tensorboard/crc32c.hpp"
#include "satur/report/tensorboard/event_file.hpp"
#include "satur/report/tensorboard/event_histogram.hpp"
#include "satur/report/tensorboard/protobuf_wire.hpp"
