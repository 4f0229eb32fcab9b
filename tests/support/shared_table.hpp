// A reference table from tests/reference/, or from the folder of shared data if present.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace test {

/// The rows of a table after its header, split at commas. Empty, with a message, if the file is in neither folder.
inline std::vector<std::vector<std::string>> shared_table(std::string const& name) {
  std::ifstream file(std::string(SATUR_TESTS_DIR) + "/reference/" + name);
  std::string const path = std::string(SATUR_SHARED_DIR) + "/reference/" + name;
  if (!file.is_open()) {
    file.open(path);
  }
  if (!file) {
    MESSAGE("skipped: " << path << " is not there (-DSATUR_SHARED_DIR=… says where it is)");
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) {
      cells.push_back(cell);
    }
    rows.push_back(cells);
  }
  REQUIRE(!rows.empty());
  return rows;
}

} // namespace test
