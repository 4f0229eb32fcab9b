// A monitor as the bytes of its file, and back.
#pragma once

#include "satur/diagnostic/monitor_file.hpp"

#include <sstream>
#include <string>

namespace satur_test {

inline std::string saved(satur::monitor const& mon) {
  std::ostringstream out;
  save(mon, out);
  return out.str();
}
inline satur::monitor loaded(std::string const& bytes) {
  std::istringstream in(bytes);
  return satur::load_monitor(in);
}

} // namespace satur_test
