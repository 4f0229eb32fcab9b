/// \file monitor.hpp  A training run by layer: recording, sampling, history, observers, files and threads.
#pragma once

#include "satur/monitor/archive.hpp"
#include "satur/monitor/columns.hpp"
#include "satur/monitor/fields.hpp"
#include "satur/monitor/file.hpp"
#include "satur/monitor/history.hpp"
#include "satur/monitor/layer_monitor.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/monitor/observer.hpp"
#include "satur/monitor/options.hpp"
#include "satur/monitor/sampling.hpp"
#include "satur/monitor/saturation_table.hpp"
#include "satur/monitor/shared_monitor.hpp"
