// What the targets share: bytes of the fuzzer as numbers, and a check that stays in every build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

/// Ends the program with a line: the fuzzer keeps the input.
inline void require(bool holds, char const* what) {
  if (!holds) {
    std::fprintf(stderr, "not so: %s\n", what);
    std::abort();
  }
}

/// Takes numbers from the front; 0 behind the end.
class bytes {
public:
  bytes(std::uint8_t const* data, std::size_t size) : data_(data), left_(size) {}

  [[nodiscard]] std::uint8_t byte() {
    if (left_ == 0) {
      return 0;
    }
    --left_;
    return *data_++;
  }
  [[nodiscard]] std::size_t left() const { return left_; }
  [[nodiscard]] std::string rest() {
    std::string const text(reinterpret_cast<char const*>(data_), left_);
    left_ = 0;
    return text;
  }

private:
  std::uint8_t const* data_;
  std::size_t left_;
};

} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
