// Names for a character model: from a file, or strings that look like names from a generator.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace studies {

/// 0 ends a name and fills the context before it; 1 to 26 are the letters.
inline constexpr std::size_t characters = 27;
inline constexpr std::size_t context = 3;

/// The next character after three.
struct example {
  std::array<std::size_t, context> before;
  int next;
};

/// One name a line, letters a to z. Throws std::runtime_error with file and line if there is none, or another
/// character.
inline std::vector<std::string> names_of(std::string const& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(path + ": cannot be opened");
  }
  std::vector<std::string> names;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (line.empty()) {
      continue;
    }
    if (!std::all_of(line.begin(), line.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
      throw std::runtime_error(path + ", line " + std::to_string(number) + ": a name has the letters a to z only");
    }
    names.push_back(line);
  }
  if (names.empty()) {
    throw std::runtime_error(path + ": no names; expected a text file with one name a line");
  }
  return names;
}

/// Strings that look like names: consonants and vowels in turn, with unequal frequencies, 2 to 9 letters.
inline std::vector<std::string> generated_names(std::size_t count, std::mt19937_64& urbg) {
  std::string_view const vowels = "aaaaaaeeeeiiiiooouy";
  std::string_view const consonants = "nnnnnllllrrrrssssmmmtttdddjjkkhhbbccvgfpzwxq";
  auto const one_of = [&urbg](std::string_view letters) {
    return letters[static_cast<std::size_t>(urbg() % letters.size())];
  };
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t const length = 2 + urbg() % 4 + urbg() % 5;
    bool vowel = urbg() % 3 == 0;
    std::string name;
    for (std::size_t k = 0; k < length; ++k) {
      name += one_of(vowel ? vowels : consonants);
      vowel = urbg() % 8 == 0 ? vowel : !vowel; // now and then two of a kind
    }
    names.push_back(name);
  }
  return names;
}

inline std::vector<example> examples_of(std::vector<std::string> const& names) {
  std::vector<example> all;
  for (std::string const& name : names) {
    std::array<std::size_t, context> before{};
    for (std::size_t i = 0; i <= name.size(); ++i) {
      std::size_t const next = i == name.size() ? 0 : static_cast<std::size_t>(name[i] - 'a') + 1;
      all.push_back({before, static_cast<int>(next)});
      before = {before[1], before[2], next};
    }
  }
  return all;
}

} // namespace studies
