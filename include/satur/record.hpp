/// \file record.hpp  The values that are counted: of a layer, its units, its gradients and updates, and histograms.
#pragma once

#include "satur/record/bins.hpp"
#include "satur/record/distribution.hpp"
#include "satur/record/format_loss.hpp"
#include "satur/record/gradient.hpp"
#include "satur/record/histogram.hpp"
#include "satur/record/histogram_text.hpp"
#include "satur/record/layer.hpp"
#include "satur/record/layer_histograms.hpp"
#include "satur/record/origin.hpp"
#include "satur/record/saturation.hpp"
#include "satur/record/units/unit_records.hpp"
#include "satur/record/units/unit_rows.hpp"
#include "satur/record/units/unit_statistics.hpp"
#include "satur/record/units/unit_store.hpp"
#include "satur/record/units/unit_summary.hpp"
#include "satur/record/update.hpp"
