/// \file testing/kernel/call/memory.hpp  Numbers of a kernel by their bits, memory with guards on both sides,
/// and places where two calls differ.
#pragma once

#include "satur/format/code.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/testing/kernel/kernel_report.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <locale>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// Numbers of type T: float, double, or codes of a format. Codes without a format are plain integers.
template <class T> struct stored_numbers {
  static constexpr bool floating = std::is_floating_point_v<T>;
  using bits_t =
      std::conditional_t<sizeof(T) == 8, std::uint64_t,
                         std::conditional_t<sizeof(T) == 4, std::uint32_t,
                                            std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;
  satur::format format = {};

  [[nodiscard]] bool has_format() const { return format.codes != satur::format::coding::none; }
  [[nodiscard]] int width() const { return floating || !has_format() ? static_cast<int>(8 * sizeof(T)) : format.bits; }
  [[nodiscard]] std::uint64_t bits(T x) const {
    std::uint64_t const all = std::bit_cast<bits_t>(x);
    return width() == 64 ? all : all & ((std::uint64_t{1} << width()) - 1u);
  }
  [[nodiscard]] double value(T x) const {
    if constexpr (!floating) {
      return has_format() ? decode(format, x) : static_cast<double>(x);
    } else {
      return static_cast<double>(x);
    }
  }
  [[nodiscard]] bool is_nan(T x) const {
    if constexpr (floating) {
      return satur::detail::is_nan(x);
    } else {
      return satur::detail::is_nan(value(x));
    }
  }
  [[nodiscard]] bool is_finite(T x) const {
    if constexpr (floating) {
      return satur::detail::is_finite_number(x);
    } else {
      return satur::detail::is_finite(value(x));
    }
  }
  [[nodiscard]] static bool untouched(T now, T before) {
    return std::bit_cast<bits_t>(now) == std::bit_cast<bits_t>(before);
  }
  /// The same bits, or NaN of any payload.
  [[nodiscard]] bool same(T a, T b) const { return bits(a) == bits(b) || (is_nan(a) && is_nan(b)); }
  [[nodiscard]] bool zeros_of_both_signs(T a, T b) const {
    return bits(a) != bits(b) && is_finite(a) && is_finite(b) && order(a) == order(b);
  }
  /// Numbers of the type from a to b: the distance in ulp. Infinity if one of them is NaN.
  [[nodiscard]] double distance(T a, T b) const {
    if (is_nan(a) != is_nan(b)) {
      return std::numeric_limits<double>::infinity();
    }
    std::int64_t const low = order(a);
    std::int64_t const high = order(b);
    return low < high ? static_cast<double>(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low))
                      : static_cast<double>(static_cast<std::uint64_t>(low) - static_cast<std::uint64_t>(high));
  }
  [[nodiscard]] std::string text(T x) const {
    if constexpr (floating) {
      std::ostringstream out;
      out.imbue(std::locale::classic());
      out << satur::text::number(x);
      if (is_finite(x)) {
        out << " (" << std::hexfloat << x << ")";
      }
      return out.str();
    } else {
      std::ostringstream out;
      out.imbue(std::locale::classic());
      out << satur::text::number(value(x)) << " (code 0x" << std::hex << static_cast<unsigned>(x) << ")";
      return out.str();
    }
  }
  /// NaN, +inf and -inf, as far as the type has them.
  [[nodiscard]] std::vector<T> specials() const {
    std::vector<T> all;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (double const x : {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity}) {
      if constexpr (floating) {
        all.push_back(static_cast<T>(x));
      } else if (has_format()) {
        auto const code = static_cast<T>(encode(format, x, overflow::special));
        if (!is_finite(code) && (all.empty() || is_nan(code) != is_nan(all.front()))) {
          all.push_back(code);
        }
      }
    }
    return all;
  }

private:
  /// Ascending with the number, NaN at the ends; both zeros are 0.
  [[nodiscard]] std::int64_t order(T x) const {
    std::uint64_t const b = bits(x);
    if (!floating && (!has_format() || format.is_integer())) {
      return static_cast<std::int64_t>(value(x));
    }
    std::uint64_t const sign = std::uint64_t{1} << (width() - 1);
    auto const magnitude = static_cast<std::int64_t>(b & (sign - 1u));
    return (b & sign) != 0 ? -magnitude : magnitude;
  }
};

/// n numbers at `offset` elements after an address that is a multiple of 64 bytes, and guards on both sides of them.
template <class T> class guarded {
public:
  void place(std::size_t n, std::size_t offset, std::size_t guard, T fill) {
    std::size_t const step = 64 / sizeof(T);
    guard = (guard + step - 1) / step * step;
    all_.assign(n + 2 * guard + step + offset, fill);
    std::size_t const from = reinterpret_cast<std::uintptr_t>(all_.data()) / sizeof(T) % step;
    first_ = guard + offset + (step - from) % step;
    n_ = n;
  }
  [[nodiscard]] std::span<T> numbers() { return {all_.data() + first_, n_}; }
  [[nodiscard]] std::span<T const> numbers() const { return {all_.data() + first_, n_}; }
  [[nodiscard]] std::span<T const> before() const { return {all_.data(), first_}; }
  [[nodiscard]] std::span<T const> after() const { return std::span<T const>(all_).subspan(first_ + n_); }

private:
  std::vector<T> all_;
  std::size_t first_ = 0;
  std::size_t n_ = 0;
};

/// A result that is another one than in the reference call.
struct differing_place {
  std::size_t i;   ///< its element
  std::size_t n;   ///< elements in the call
  std::size_t in;  ///< offset of the input from an aligned address, in elements
  std::size_t out; ///< the same of the output
};

/// Tells in one sentence what all the places have in common. The calls of more than `longest` elements are all right;
/// a register has at most `lanes` elements.
[[nodiscard]] inline std::string common_cause(std::vector<differing_place> const& places, std::size_t longest,
                                              std::size_t lanes) {
  auto const all = [&](auto const& holds) { return std::all_of(places.begin(), places.end(), holds); };
  auto const name = [](std::size_t w) { return satur::text::number(w); };
  auto const unaligned = [](differing_place const& p) { return p.in != 0 || p.out != 0; };
  auto const in_tail = [](differing_place const& p, std::size_t w, std::size_t head) {
    std::size_t const rest = p.n - (std::min)(head, p.n);
    return p.i >= p.n - rest % w;
  };
  if (!all(unaligned)) {
    for (std::size_t w = 2; w <= 64; w *= 2) {
      if (all([&](differing_place const& p) { return in_tail(p, w, 0); })) {
        return "the tail goes through another formula than the lanes: the last n mod " + name(w) +
               " elements, which do not fill a register of " + name(w) +
               ". Send them through the lanes too, in a padded copy";
      }
    }
  }
  for (std::size_t w = 2; w <= lanes; w *= 2) {
    for (auto const offset : {&differing_place::in, &differing_place::out}) {
      auto const head = [&](differing_place const& p) { return (w - p.*offset % w) % w; };
      if (all([&](differing_place const& p) { return p.i < head(p); })) {
        return "the elements before the first aligned address (of " + name(w) +
               " elements) go through another formula than the lanes. Use unaligned loads, and no loop before them";
      }
      if (all([&](differing_place const& p) { return p.i < head(p) || in_tail(p, w, head(p)); })) {
        return "the elements before the first aligned address and the tail go through another formula than the "
               "lanes of " +
               name(w) + ". Send them through the lanes too, in a padded copy";
      }
    }
  }
  if (all(unaligned)) {
    return "memory that is not aligned goes through other code than aligned memory";
  }
  if (all([&](differing_place const& p) { return p.n <= longest; })) {
    return "calls of up to " + satur::detail::count_text(name(longest), "element") +
           " go through other code than longer ones";
  }
  return "the result depends on the place in the array: on the lane, or on a block that the work is divided into";
}

/// Notes a failure. Of one property the worst place stays.
inline void note_failure(kernel_report& r, failure f) {
  for (failure& known : r.failures) {
    if (known.property == f.property) {
      f.times += known.times;
      if (f.error > known.error) {
        known = std::move(f);
      } else {
        known.times = f.times;
      }
      return;
    }
  }
  r.failures.push_back(std::move(f));
}

} // namespace satur::inline SATUR_ABI::testing::detail
