// Cells of a table: width in characters, not bytes.
#include "satur/text/table.hpp"

#include <doctest/doctest.h>

#include <string>

namespace text = satur::text;

TEST_CASE("table cells: padded to their width, never cut") {
  CHECK(text::left("ab", 4) == "ab  ");
  CHECK(text::right("ab", 4) == "  ab");
  CHECK(text::left("abcd", 4) == "abcd");
  CHECK(text::right("abcde", 4) == "abcde");
  CHECK(text::left("", 2) == "  ");
  CHECK(text::right("\u00e9t\u00e9", 5) == "  \u00e9t\u00e9"); // three characters, five bytes
  CHECK(text::left("\u00e9t\u00e9", 5) == "\u00e9t\u00e9  ");
}

TEST_CASE("table cells: a long text is shortened between characters") {
  CHECK(text::shortened("encoder", 7) == "encoder");
  CHECK(text::shortened("encoder.1", 7) == "encode~");
  CHECK(text::shortened("ab", 1) == "~");
  CHECK(text::shortened("\u00e9\u00e9\u00e9", 3) == "\u00e9\u00e9\u00e9");
  CHECK(text::shortened("\u00e9\u00e9\u00e9\u00e9", 3) == "\u00e9\u00e9~");
}
