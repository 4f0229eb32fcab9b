#include "passes.hpp"
#include "sections.hpp"

void digest::passes_double_even(sheet& lines) { passes<double, 0, 2>(lines); }
