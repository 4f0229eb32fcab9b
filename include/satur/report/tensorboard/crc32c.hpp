/// \file report/tensorboard/crc32c.hpp  The checksum of event files: CRC-32C, by tables.
#pragma once

#include "satur/config.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

struct crc32c_tables_t {
  std::uint32_t of[8][256]; ///< [k][b]: what byte b adds to the checksum if k bytes follow it
};

inline constexpr crc32c_tables_t crc32c_tables = [] {
  constexpr std::uint32_t polynomial = 0x82f63b78u; // Castagnoli's, its bits reversed
  crc32c_tables_t tables{};
  tables.of[0][128] = polynomial;
  for (std::size_t b = 64; b != 0; b /= 2) { // of single bits, each from the one above
    std::uint32_t const above = tables.of[0][2 * b];
    tables.of[0][b] = (above >> 1) ^ ((above & 1u) != 0 ? polynomial : 0u);
  }
  for (std::size_t b = 2; b < 256; ++b) { // of several: the highest and the others
    std::size_t high = 128;
    while ((b & high) == 0) {
      high /= 2;
    }
    tables.of[0][b] = tables.of[0][high] ^ tables.of[0][b - high];
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      std::uint32_t const before = tables.of[k - 1][b];
      tables.of[k][b] = (before >> 8) ^ tables.of[0][before & 0xffu];
    }
  }
  return tables;
}();

/// CRC-32C of RFC 3720, section 12.1: 0x8a9136aa for 32 bytes of zeros. Eight bytes at a time ("slicing by 8"), about
/// 1 ns a byte.
[[nodiscard]] constexpr std::uint32_t crc32c(std::string_view bytes) {
  auto const byte = [](char c) { return static_cast<std::uint32_t>(static_cast<unsigned char>(c)); };
  std::uint32_t sum = 0xffffffffu;
  while (bytes.size() >= 8) {
    std::uint32_t const first =
        sum ^ (byte(bytes[0]) | byte(bytes[1]) << 8 | byte(bytes[2]) << 16 | byte(bytes[3]) << 24);
    sum = crc32c_tables.of[7][first & 0xffu] ^ crc32c_tables.of[6][(first >> 8) & 0xffu] ^
          crc32c_tables.of[5][(first >> 16) & 0xffu] ^ crc32c_tables.of[4][first >> 24] ^
          crc32c_tables.of[3][byte(bytes[4])] ^ crc32c_tables.of[2][byte(bytes[5])] ^
          crc32c_tables.of[1][byte(bytes[6])] ^ crc32c_tables.of[0][byte(bytes[7])];
    bytes.remove_prefix(8);
  }
  for (char const c : bytes) {
    sum = (sum >> 8) ^ crc32c_tables.of[0][(sum ^ byte(c)) & 0xffu];
  }
  return ~sum;
}

/// The checksum as TensorFlow's files have it: CRCs of data that contains CRCs detect less, so it is changed.
[[nodiscard]] constexpr std::uint32_t masked_crc32c(std::string_view bytes) {
  std::uint32_t const sum = crc32c(bytes);
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}

} // namespace satur::inline SATUR_ABI::detail
