// examples/studies/support/names.hpp: examples of names, files, and the generator.
#include "studies/support/names.hpp"

#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

TEST_CASE("names: each character after the three before it, and the end") {
  std::vector<studies::example> const all = studies::examples_of({"abz", "c"});
  REQUIRE(all.size() == 6);
  using before = std::array<std::size_t, 3>;
  CHECK(all[0].before == before{0, 0, 0});
  CHECK(all[0].next == 1);
  CHECK(all[2].before == before{0, 1, 2});
  CHECK(all[2].next == 26);
  CHECK(all[3].before == before{1, 2, 26});
  CHECK(all[3].next == 0);
  CHECK(all[4].before == before{0, 0, 0});
  CHECK(all[5].before == before{0, 0, 3});
}

TEST_CASE("names: files, and what is wrong with one") {
  run_files::folder const folder;
  run_files::put(folder / "good.txt", "anna\r\n\nbo\n");
  CHECK(studies::names_of(folder / "good.txt") == std::vector<std::string>{"anna", "bo"});
  auto const words = [&folder](std::string const& name) -> std::string {
    try {
      studies::names_of(folder / name);
    } catch (std::runtime_error const& e) {
      std::string const all = e.what();
      CHECK(all.starts_with(folder / name));
      return all.substr((folder / name).size());
    }
    return "nothing was thrown";
  };
  run_files::put(folder / "bad.txt", "anna\nB o\n");
  CHECK(words("bad.txt") == ", line 2: a name has the letters a to z only");
  run_files::put(folder / "none.txt", "\n");
  CHECK(words("none.txt").starts_with(": no names"));
  CHECK(words("absent.txt") == ": cannot be opened");
}

TEST_CASE("names: generated ones have 2 to 9 letters, most of them differ, and a seed gives the same") {
  std::mt19937_64 first(1), second(1);
  std::vector<std::string> const names = studies::generated_names(1000, first);
  CHECK(names == studies::generated_names(1000, second));
  for (std::string const& name : names) {
    CHECK(name.size() >= 2);
    CHECK(name.size() <= 9);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
  }
  CHECK(studies::examples_of(names).size() > 5000);
}
