// The parts of the digest, one source file each.
#pragma once

#include "digest.hpp"

namespace digest {

void containers(sheet& lines);
void facts(sheet& lines);
void findings(sheet& lines);
void gates(sheet& lines);
void halves(sheet& lines);
void initializers(sheet& lines);
void layers(sheet& lines);
void monitors(sheet& lines);
void passes_double_even(sheet& lines);
void passes_double_odd(sheet& lines);
void passes_float_even(sheet& lines);
void passes_float_odd(sheet& lines);
void readings(sheet& lines);
void rows(sheet& lines);
void rules(sheet& lines);
void scalars(sheet& lines);
void theory(sheet& lines);
void units(sheet& lines);

} // namespace digest
