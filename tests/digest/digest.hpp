// The lines of the digest: hashes of the numbers, stored bytes and text that each function gives for fixed inputs.
#pragma once

#include "satur/math.hpp"
#include "satur/simd/level.hpp"

#include <concepts>
#include <cstdint>
#include <deque>
#include <ostream>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>

namespace digest {

/// FNV-1a, 64 bits.
class hash {
public:
  void add(std::string_view bytes);
  [[nodiscard]] bool empty() const { return empty_; }
  /// Sixteen hexadecimal digits, or "-" if nothing was added.
  [[nodiscard]] std::string text() const;

private:
  std::uint64_t state_ = 14695981039346656037u;
  bool empty_ = true;
};

/// One line of the digest.
class line {
public:
  line(std::string name, std::string_view type, std::string_view level);

  /// The first column: the bits of a number. All NaNs count as one.
  void number(float x);
  void number(double x);
  void number(long double x);
  template <std::integral N> void number(N n) { word(static_cast<std::uint64_t>(n)); }
  template <class... N>
    requires(sizeof...(N) > 1)
  void number(N... all) {
    (number(all), ...);
  }
  template <std::ranges::input_range R> void numbers(R const& range) {
    for (auto const& x : range) {
      number(x);
    }
  }
  /// The second column: bytes of files.
  void bytes(std::string_view all) { bytes_.add(all); }
  /// The third column: printed text.
  void words(std::string_view all) { words_.add(all); }
  template <class X> void printed(X const& x) {
    std::ostringstream out;
    out << x;
    words(out.str());
  }
  /// A number in digits at the end of the line, to understand a difference.
  void show(std::string_view what, double x);

  /// The key by which lines are sorted and compared.
  [[nodiscard]] std::string const& key() const { return key_; }
  friend std::ostream& operator<<(std::ostream& out, line const& l);

private:
  void word(std::uint64_t x);

  std::string key_;
  hash numbers_;
  hash bytes_;
  hash words_;
  std::string shown_;
};

/// All lines. The reference that `add` gives stays valid.
class sheet {
public:
  line& add(std::string name, std::string_view type, std::string_view level) {
    return lines_.emplace_back(std::move(name), type, level);
  }
  /// Sorted by name, type and level. Throws std::logic_error if two lines have the same three.
  void print(std::ostream& out) const;

private:
  std::deque<line> lines_;
};

/// The level of a line whose numbers do not depend on the instruction set.
inline constexpr std::string_view no_level = "-";

template <class T> inline constexpr std::string_view type_name = "-";
template <> inline constexpr std::string_view type_name<float> = "float";
template <> inline constexpr std::string_view type_name<double> = "double";
template <> inline constexpr std::string_view type_name<long double> = "long_double";

// ---- instruction sets

using satur::math::simd_level;
[[nodiscard]] std::string_view level_name(simd_level level);

/// f(name) at each level that is compiled and that the processor supports.
template <class F> void at_each_level(F&& f) {
  for (simd_level const level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level >= satur::math::compiled_level && level <= satur::math::best_level()) {
      satur::scoped_level const forced(level);
      f(level_name(level));
    }
  }
}
/// f(name) at the best level only: for monitors and layers, whose passes have their own lines.
template <class F> void at_best_level(F&& f) { f(level_name(satur::math::best_level())); }
/// The level of the compiler's flags: that of scalar calls and lazy tensors.
[[nodiscard]] inline std::string_view compiled_level() { return level_name(satur::math::compiled_level); }

} // namespace digest
