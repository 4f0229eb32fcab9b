#include "passes.hpp"
#include "sections.hpp"

void digest::passes_double_odd(sheet& lines) { passes<double, 1, 2>(lines); }
