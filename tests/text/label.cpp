// Names in records: owned, 32 bytes, and distinct names stay distinct.
#include "satur/text/label.hpp"

#include <doctest/doctest.h>

#include <set>
#include <sstream>
#include <string>

TEST_CASE("label: reads as its name") {
  static_assert(satur::label("tanh") == "tanh");
  static_assert(satur::label().empty());
  satur::label const name = std::string("sigmoid");
  CHECK(name == std::string("sigmoid"));
  CHECK(name == std::string_view("sigmoid"));
  CHECK("sigmoid" == name);
  CHECK(name != "sigmoid ");
  CHECK(name.size() == 7);
  CHECK(std::string(name) == "sigmoid");
  std::ostringstream out;
  out << name;
  CHECK(out.str() == "sigmoid");
  std::string const longest(31, 'x');
  CHECK(std::string(satur::label(longest)) == longest);
}

TEST_CASE("label: long names are cut and stay distinct") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string const full = "an activation of forty-two parameters, number " + std::to_string(i);
    satur::label const cut = full;
    CHECK(cut.size() == satur::label::capacity);
    CHECK(cut == full);
    CHECK(cut.view().substr(0, 22) == full.substr(0, 22));
    CHECK(seen.insert(std::string(cut)).second);
  }
}

// Labels are in files, so their text must not change. FNV-1a of the name is 0xcc0aa940; its lowest digit comes first.
TEST_CASE("label: text of a name that is cut") {
  CHECK(std::string(satur::label("an activation of forty-two parameters")) == "an activation of forty~049aa0cc");
}
