/// \file simd/use_level.hpp  Which instruction set passes over arrays use: asked by name, forced for a whole process.
#pragma once

#include "satur/error.hpp"
#include "satur/simd/level.hpp"

namespace satur { inline namespace SATUR_ABI {

using math::simd_level;

/// Makes every pass of the process run at `level` from now on: to compare instruction sets, or to rule one out. The one
/// setting that the library has; it is not meant to be changed while passes run. Throws std::invalid_argument if the
/// processor lacks the level, or the binary does not hold it.
inline void use_level(simd_level level) {
  if (level > math::best_level()) {
    detail::bad_parameter("use_level", "level", to_text(level),
                          detail::message("levels up to ", to_text(math::best_level()),
                                          ", the best that this processor has and this binary holds"));
  }
  process::forced_level.store(static_cast<int>(level), std::memory_order_relaxed);
}
/// Undoes `use_level`: the best level of the processor again.
inline void use_best_level() { process::forced_level.store(process::no_forced_level, std::memory_order_relaxed); }

/// `use_level` until the end of a scope; then what was before.
class scoped_level {
public:
  explicit scoped_level(simd_level level) : before_(process::forced_level.load(std::memory_order_relaxed)) {
    use_level(level);
  }
  scoped_level(scoped_level const&) = delete;
  scoped_level& operator=(scoped_level const&) = delete;
  ~scoped_level() { process::forced_level.store(before_, std::memory_order_relaxed); }

private:
  int before_;
};

}} // namespace satur::SATUR_ABI
