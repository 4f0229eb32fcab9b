#include "satur/text/wrap.hpp"

#include <doctest/doctest.h>

#include <string>

using satur::text::wrapped;

TEST_CASE("wrap: lines of a width") {
  CHECK(wrapped("one two three four", "", "", 9) == "one two\nthree\nfour");
  CHECK(wrapped("one two three four", "", "", 7) == "one two\nthree\nfour"); // a full line is not too long
  CHECK(wrapped("one two three four", "", "", 6) == "one\ntwo\nthree\nfour");
  CHECK(wrapped("one two three", "- ", "  ", 9) == "- one two\n  three");
  CHECK(wrapped("one two three", "- ", "  ", 8) == "- one\n  two\n  three");
  CHECK(wrapped("  one \n\t two  ", "", "", 80) == "one two"); // white space of any kind and length
  CHECK(wrapped("averylongword b", "", "..", 5) == "averylongword\n..b");
  CHECK(wrapped("", "- ", "  ") == "- ");
  CHECK(wrapped("größe größe", "", "", 11) == "größe größe"); // characters, not bytes
}
