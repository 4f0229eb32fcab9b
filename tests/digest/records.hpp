// Adds a record to a line: its counters, all its readings, and its text.
#pragma once

#include "digest.hpp"

#include "satur/diagnostic.hpp"

namespace digest {

void put(line& l, satur::saturation const& s);
void put(line& l, satur::moments const& m);
void put(line& l, satur::gradient_record const& g);
void put(line& l, satur::update_record const& u);
void put(line& l, satur::layer_record const& r);
void put(line& l, satur::unit_summary const& u);
void put(line& l, satur::unit_records const& u);
void put(line& l, satur::histogram const& h);
void put(line& l, satur::interval const& i);
/// All layers and phases with histories, histograms and units; the bytes of `save`; all printed text.
void put(line& l, satur::monitor const& m);

} // namespace digest
