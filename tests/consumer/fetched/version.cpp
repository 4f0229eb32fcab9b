// What a target that links satur::core gets: the headers, and at least C++20 in a project of C++17.
#include <satur/version.hpp>

#include <cstring>

static_assert(__cplusplus >= 202002L);

int main() { return std::strcmp(SATUR_VERSION_STRING, EXPECTED_VERSION) == 0 ? 0 : 1; }
