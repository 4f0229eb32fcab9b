#include "passes.hpp"
#include "sections.hpp"

void digest::passes_float_even(sheet& lines) { passes<float, 0, 2>(lines); }
