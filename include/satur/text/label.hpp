/// \file text/label.hpp  A short name that a record owns: no memory elsewhere, so nothing to outlive and nothing to
/// free.
#pragma once

#include "satur/config.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

/// The name of an activation or a rule inside a record. A record outlives what it was made from (a monitor that was
/// loaded from a file, a library that was unloaded), so it holds its names by value, in 32 bytes.
///
/// Up to 31 bytes are kept as they are. Of a longer name the first 22 are kept, then '~' and eight hexadecimal digits
/// of a hash of all of it: two long names with the same beginning stay different. Converts to std::string_view.
class label {
public:
  static constexpr std::size_t capacity = 31;

  constexpr label() = default;
  template <std::convertible_to<std::string_view> S>
    requires(!std::same_as<S, label>)
  constexpr label(S const& name) { // NOLINT: a name is a label
    assign(std::string_view(name));
  }

  [[nodiscard]] constexpr operator std::string_view() const { return {text_.data(), size_}; } // NOLINT: and back
  [[nodiscard]] constexpr std::string_view view() const { return *this; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }

  friend constexpr bool operator==(label const& a, label const& b) { return a.view() == b.view(); }
  template <std::convertible_to<std::string_view> S>
    requires(!std::same_as<S, label>)
  friend constexpr bool operator==(label const& a, S const& b) {
    return a == label(b);
  }
  friend std::ostream& operator<<(std::ostream& out, label const& name) { return out << name.view(); }

private:
  constexpr void assign(std::string_view name) {
    if (name.size() <= capacity) { // short, so that a name that is known to the compiler is a few stores
      copy(name, name.size());
      size_ = static_cast<std::uint8_t>(name.size());
    } else {
      shorten(name);
    }
  }
  constexpr void copy(std::string_view name, std::size_t n) {
    if (std::is_constant_evaluated()) {
      for (std::size_t i = 0; i < n; ++i) {
        text_[i] = name[i];
      }
    } else {
      std::memcpy(text_.data(), name.data(), n);
    }
  }
  SATUR_NOINLINE constexpr void shorten(std::string_view name) {
    constexpr std::size_t digits = 8;
    std::size_t const kept = capacity - digits - 1;
    copy(name, kept);
    text_[kept] = '~';
    std::uint32_t hash = 2166136261u; // FNV-1a
    for (char const c : name) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    }
    for (std::size_t i = 0; i < digits; ++i) {
      text_[kept + 1 + i] = "0123456789abcdef"[(hash >> (4 * i)) & 15u];
    }
    size_ = capacity;
  }

  std::array<char, capacity> text_{};
  std::uint8_t size_ = 0;
};
static_assert(sizeof(label) == 32);

namespace detail {
/// The label of a type that states its name as a constant: made by the compiler, so that it costs a copy of 32 bytes.
template <class Named> inline constexpr label label_of = label(std::string_view(Named::name));
template <class Named>
concept has_constant_name = requires { typename std::bool_constant<(!std::string_view(Named::name).empty())>; };
} // namespace detail

}} // namespace satur::SATUR_ABI
