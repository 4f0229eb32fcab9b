#include "passes.hpp"
#include "sections.hpp"

void digest::passes_float_odd(sheet& lines) { passes<float, 1, 2>(lines); }
