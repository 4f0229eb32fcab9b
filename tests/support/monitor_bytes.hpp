// A monitor as the bytes of its file, and back.
#pragma once

#include "satur/monitor/file.hpp"

#include <cstdint>
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

/// The message of the error on loading; empty if loading succeeds.
inline std::string refusal_of(std::string const& bytes) {
  try {
    static_cast<void>(loaded(bytes));
  } catch (satur::file_error const& error) {
    return error.what();
  }
  return {};
}
inline void put_word(std::string& bytes, std::size_t at, std::uint64_t word) {
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[at + i] = static_cast<char>(static_cast<unsigned char>(word >> (8 * i)));
  }
}
/// FNV-1a, written independently of the library.
inline std::uint64_t hash(std::string const& bytes, std::size_t first, std::size_t last) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (std::size_t i = first; i < last; ++i) {
    h ^= static_cast<unsigned char>(bytes[i]);
    h *= 0x100000001b3u;
  }
  return h;
}
/// Corrects the checksums and the size, as in a malicious file.
inline void mend(std::string& bytes) {
  put_word(bytes, 16, bytes.size() - 40);
  put_word(bytes, 24, hash(bytes, 40, bytes.size()));
  put_word(bytes, 32, hash(bytes, 0, 32));
}

} // namespace satur_test
