/// \file monitor/file/archive.hpp  Values as bytes and back: little-endian, 64 bits a number, the same on every
/// machine.
#pragma once

#include "satur/error.hpp"
#include "satur/monitor/options.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// A number that an archive takes: as 8 bytes.
template <class T>
concept archived_number = std::integral<T> || std::same_as<T, double>;

/// 1: the first. 2: with the units of each layer. 3: means and deviations of f(z) and f'(z) in the place of sums.
/// 4: with how each layer began, the record of the data, and the loss. 5: with which rows and weights are observed.
/// 6: with what leaves number formats. 7: with the history of units. 8: with the largest z beside those that are not
/// finite.
inline constexpr std::uint64_t newest_format = 8;

/// Appends to a string of bytes.
class byte_writer {
public:
  static constexpr bool reading = false;
  static constexpr std::uint64_t format = newest_format; ///< of what is written

  template <archived_number T> void number(T const& x) {
    std::uint64_t word = 0;
    if constexpr (std::floating_point<T>) {
      word = std::bit_cast<std::uint64_t>(x);
    } else {
      word = static_cast<std::uint64_t>(x);
    }
    for (int i = 0; i < 8; ++i) {
      bytes_.push_back(static_cast<char>(static_cast<unsigned char>(word >> (8 * i))));
    }
  }
  void nonnegative(double x) { number(x); }
  void text(std::string_view s) {
    number(std::uint64_t{s.size()});
    bytes_.append(s);
  }
  [[nodiscard]] std::string& bytes() { return bytes_; }

private:
  std::string bytes_;
};

/// Takes from a string of bytes, never more than there are; what does not fit is a file_error that names the byte.
class byte_reader {
public:
  static constexpr bool reading = true;
  std::uint64_t format = newest_format; ///< of what is read

  /// The bytes begin at that offset of the file.
  byte_reader(std::string_view bytes, std::size_t offset) : bytes_(bytes), offset_(offset) {}

  template <archived_number T> void number(T& x) {
    if (left() < 8) {
      fail(message("8 bytes more, found ", left()));
    }
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
    }
    if constexpr (std::floating_point<T>) {
      x = std::bit_cast<double>(word);
    } else if constexpr (std::same_as<T, bool>) {
      if (word > 1) {
        fail(message("0 or 1, found ", word));
      }
      x = word == 1;
    } else {
      x = static_cast<T>(word);
      if (static_cast<std::uint64_t>(x) != word) {
        fail(message("a number that fits ", count_text(sizeof(T), "byte"), ", found ", word));
      }
    }
    at_ += 8;
  }
  /// A sum or mean of squares or magnitudes. It may be infinite, or NaN.
  void nonnegative(double& x) {
    number(x);
    require_nonnegative(x);
  }
  void require_nonnegative(double x) const {
    if (x < 0.0) {
      fail(message("a sum or mean of squares or magnitudes, which is at least 0, found ", x));
    }
  }
  /// A count of things of at least `bytes` bytes each, so that no more memory is taken than the file is long.
  [[nodiscard]] std::size_t count(std::string_view what, std::size_t bytes) {
    std::uint64_t n = 0;
    number(n);
    if (n > left() / bytes) {
      at_ -= 8;
      fail(message("a number of ", what, " up to ", (left() - 8) / bytes, ", found ", n));
    }
    return static_cast<std::size_t>(n);
  }
  void text(std::string& s) {
    std::size_t const n = count("characters", 1);
    s.assign(bytes_.substr(at_, n));
    at_ += n;
  }
  /// Says what a value just read had to be, where it is not.
  void require(bool holds, std::string_view expected) {
    if (!holds) {
      fail(expected);
    }
  }
  [[noreturn]] void fail(std::string_view expected) const {
    detail::raise(file_error(message("satur::load_monitor: up to byte ", offset_ + at_, ": expected ", expected,
                                     "; no satur writes this: load another copy, or record anew")));
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

private:
  std::string_view bytes_;
  std::size_t offset_;
  std::size_t at_ = 0;
};

/// After reading: a rule of the library has numbers that it allows, so that what prints or diagnoses the record works.
template <class Archive> void require_valid_rule(Archive const& ar, rule_definition const& rule) {
  with_words_of([&ar](char const* words) { ar.fail(message("the rule of a record (", words, ")")); },
                [&rule] { require_valid(any_rule::of(rule)); });
}

/// FNV-1a in 64 bits. It finds every change of a single byte for certain (each step is one to one), and misses any
/// other once in 2^64.
[[nodiscard]] constexpr std::uint64_t checksum_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (char const c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

} // namespace satur::inline SATUR_ABI::detail
