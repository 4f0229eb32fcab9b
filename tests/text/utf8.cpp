// Every text becomes valid UTF-8, and valid text stays as it is.
#include "satur/text/utf8.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using satur::text::utf8_length;
using satur::text::valid_utf8;

/// A code point in as many bytes as are asked for, right or not.
std::string encoded(std::uint32_t code, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = bytes; i-- > 1;) {
    text[i] = static_cast<char>(0x80u | (code & 0x3fu));
    code >>= 6;
  }
  text[0] = static_cast<char>(bytes == 1 ? code : ((0xff00u >> bytes) & 0xffu) | code);
  return text;
}

constexpr std::string_view replacement = "\xef\xbf\xbd";

} // namespace

TEST_CASE("utf8: every code point in its shortest form is valid, in a longer one it is not") {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0; code < 0x200000; ++code) {
    std::size_t const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    bool const exists = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    wrong += utf8_length(encoded(code, bytes)) != (exists ? bytes : 0) ? 1 : 0;
    if (bytes < 4) {
      wrong += utf8_length(encoded(code, bytes + 1)) != 0 ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf8: what is cut off or begins in the middle is replaced byte by byte") {
  CHECK(utf8_length("") == 0);
  CHECK(valid_utf8("").empty());
  CHECK(valid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z") == "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
  CHECK(valid_utf8("\xa9") == replacement);
  CHECK(valid_utf8("a\xe2\x82") == "a" + std::string(replacement) + std::string(replacement));
  CHECK(valid_utf8("\xe2\x82z") == std::string(replacement) + std::string(replacement) + "z");
  CHECK(valid_utf8("\xfe\xff") == std::string(replacement) + std::string(replacement));
  CHECK(valid_utf8(std::string_view("\xc3\0", 2)) == std::string(replacement) + std::string(1, '\0'));
}
