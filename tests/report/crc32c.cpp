// CRC-32C against published values, and against the definition, bit by bit.
#include "satur/report/tensorboard/crc32c.hpp"

#include "support/event_files.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using satur::detail::crc32c;

TEST_CASE("crc32c: the examples of RFC 3720, appendix B.4") {
  std::string ascending;
  std::string descending;
  for (int i = 0; i < 32; ++i) {
    ascending += static_cast<char>(i);
    descending += static_cast<char>(31 - i);
  }
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau); // printed there as the bytes aa 36 91 8a
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c(ascending) == 0x46dd794eu);
  CHECK(crc32c(descending) == 0x113fdb5cu);
  std::string_view const command(
      "\x01\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\0\0\x04\0\0\0\0\x14\0\0\0\x18\x28\0\0\0\0\0\0\0"
      "\x02\0\0\0\0\0\0\0",
      48); // an iSCSI read
  CHECK(crc32c(command) == 0xd9963a56u);
  CHECK(crc32c("123456789") == 0xe3069283u); // the check value of the catalogs
  CHECK(crc32c("") == 0u);
}

TEST_CASE("crc32c: every length and byte, as bit by bit") {
  std::string bytes;
  std::size_t wrong = 0;
  for (std::size_t n = 0; n < 600; ++n) {
    wrong += crc32c(bytes) == event_files::plain_crc32c(bytes) ? 0 : 1;
    bytes += static_cast<char>(static_cast<unsigned char>(n * 37 + n / 7));
  }
  CHECK(wrong == 0);
  static_assert(crc32c("123456789") == 0xe3069283u); // by the compiler too
}

TEST_CASE("masked_crc32c: the first record of every file of TensorFlow") {
  // A length of 24 has these four bytes in all of them: a3 7f 4b 22.
  std::string_view const length("\x18\0\0\0\0\0\0\0", 8);
  CHECK(satur::detail::masked_crc32c(length) == 0x224b7fa3u);
}
