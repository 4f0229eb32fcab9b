// The message of an expected std::invalid_argument.
#pragma once

#include <stdexcept>
#include <string>

namespace satur_test {

/// The message of the std::invalid_argument that f throws.
template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "nothing thrown";
}

} // namespace satur_test
