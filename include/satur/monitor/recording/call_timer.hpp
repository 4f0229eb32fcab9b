/// \file monitor/recording/call_timer.hpp  The time inside the calls of a monitor.
#pragma once

#include "satur/monitor/sampling.hpp"

#include <cstdint>

namespace satur::inline SATUR_ABI::detail {

/// Adds the time of its life to `nanoseconds`, if there is a clock.
class call_timer {
public:
  call_timer(clock_function clock, std::uint64_t& nanoseconds)
      : clock_(clock), nanoseconds_(nanoseconds), start_(clock == nullptr ? 0 : clock()) {}
  call_timer(call_timer const&) = delete;
  call_timer& operator=(call_timer const&) = delete;
  ~call_timer() {
    if (clock_ != nullptr) {
      nanoseconds_ += clock_() - start_;
    }
  }

private:
  clock_function clock_;
  std::uint64_t& nanoseconds_;
  std::uint64_t start_;
};

} // namespace satur::inline SATUR_ABI::detail
