// Compiled once with each set of flags of tags.sh: inline functions of satur under one tag, NAME is the file's own.
#include "satur/simd/level.hpp"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

extern "C" int PASTE(level_, NAME)() { return static_cast<int>(satur::math::active_level()); }
extern "C" bool PASTE(digits_, NAME)() { return satur::detail::number_text(0.1) == "0.1"; }
