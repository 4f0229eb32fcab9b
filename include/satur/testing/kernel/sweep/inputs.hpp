/// \file testing/kernel/sweep/inputs.hpp  The inputs at which a kernel is tried, in ascending order, NaN last.
#pragma once

#include "satur/testing/kernel/options.hpp"
#include "satur/testing/kernel/sweep/numbers.hpp"
#include "satur/testing/points.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// Floats and doubles in ascending order, by whole numbers: -0 is just below 0, NaN is at both ends.
template <std::floating_point T> struct ordered {
  using key = std::conditional_t<std::same_as<T, float>, std::uint32_t, std::uint64_t>;
  static constexpr key sign = key(1) << (8 * sizeof(T) - 1);

  [[nodiscard]] static key of(T x) {
    key const b = std::bit_cast<key>(x);
    return (b & sign) != 0 ? key(~b) : key(b | sign);
  }
  [[nodiscard]] static T at(key k) { return std::bit_cast<T>((k & sign) != 0 ? key(k ^ sign) : key(~k)); }
};

/// e^-z is 2^-n: where it is subnormal or 0 and e^z overflows in float, double, float16 or bfloat16, and where 1 + e^-z
/// and tanh round to 1.
inline constexpr double usual_powers[] = {3,  8,   9,   11,  12,  13,  14,  15,  16,  24,   25,   26,   27,   53,  54,
                                          55, 126, 127, 128, 129, 133, 134, 149, 150, 1022, 1023, 1024, 1074, 1075};
/// Where e^-(z^2/2) is 0, an exponential is often clamped, and z^2 over- or underflows.
inline constexpr double usual_limits[] = {
    14.4, 27.297, 38.5, 88.376, 1.8446744e19, 1.0842022e-19, 1.3407807929942596e154, 1.4916681462400413e-154};

/// Some inputs, or all floats.
template <class T> struct kernel_inputs {
  std::vector<T> listed;       ///< ascending, NaN last; empty if all are tried
  std::uint64_t first_key = 0; ///< of all floats
  std::uint64_t ordinary = 0;  ///< how many are numbers; NaN comes after them
  std::uint64_t count = 0;

  void copy(std::uint64_t first, std::span<T> to) const {
    if (!listed.empty()) {
      std::copy_n(listed.begin() + static_cast<std::ptrdiff_t>(first), to.size(), to.begin());
    } else if constexpr (std::same_as<T, float>) {
      constexpr std::uint64_t least = 0x007fffffu; // -infinity
      for (std::size_t i = 0; i < to.size(); ++i) {
        std::uint64_t const k = first + i;
        std::uint64_t const nan = k - ordinary;
        to[i] = ordered<float>::at(static_cast<std::uint32_t>(k < ordinary  ? first_key + k
                                                              : nan < least ? nan
                                                                            : nan - least + 0xff800001u));
      }
    }
  }
};

/// Collects floats or doubles within the domain.
template <std::floating_point T> class input_list {
public:
  using key = typename ordered<T>::key;

  explicit input_list(kernel_options const& o) : options_(o) {
    T const infinity = std::numeric_limits<T>::infinity();
    T const largest = (std::numeric_limits<T>::max)();
    double const low = (std::max)(o.low, static_cast<double>(o.specials ? -infinity : -largest));
    double const high = (std::min)(o.high, static_cast<double>(o.specials ? infinity : largest));
    T first = static_cast<T>(low);
    T last = static_cast<T>(high);
    first = static_cast<double>(first) < low ? std::nextafter(first, infinity) : first;
    last = static_cast<double>(last) > high ? std::nextafter(last, -infinity) : last;
    first_ = ordered<T>::of(first == T(0) ? T(-0.0) : first);
    last_ = ordered<T>::of(last == T(0) ? T(0.0) : last);
  }
  [[nodiscard]] bool empty() const { return first_ > last_; }
  [[nodiscard]] key first() const { return first_; }
  [[nodiscard]] key last() const { return last_; }

  void add_key(key k) {
    if (k >= first_ && k <= last_) {
      keys_.push_back(k);
    }
  }
  /// x and the `around` numbers on each side of it.
  void add(double x, key around = 3) {
    key const k = ordered<T>::of(static_cast<T>(x));
    for (key i = k - around; i != k + around + 1; ++i) {
      add_key(i);
    }
  }
  /// What every kernel is tried at.
  void add_special(std::span<double const> more) {
    add_key(first_);
    add_key(last_);
    for (T const x : telling_points<T>()) {
      add(static_cast<double>(x));
    }
    constexpr double ln2 = 0.6931471805599453;
    for (double const n : usual_powers) {
      for (double const x : {n * ln2, n * ln2 / 2.0}) {
        add(x);
        add(-x);
      }
    }
    for (double const x : usual_limits) {
      add(x);
      add(-x);
    }
    for (int e = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
         e < std::numeric_limits<T>::max_exponent; ++e) {
      add(std::ldexp(1.0, e), 1);
      add(-std::ldexp(1.0, e), 1);
    }
    for (double const x : more) {
      add(x, 8);
    }
    for (T const x : {std::numeric_limits<T>::infinity(), (std::numeric_limits<T>::max)()}) {
      add_key(ordered<T>::of(x));
      add_key(ordered<T>::of(-x));
    }
  }
  [[nodiscard]] kernel_inputs<T> result() && {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    kernel_inputs<T> all;
    for (key const k : keys_) {
      all.listed.push_back(ordered<T>::at(k));
    }
    all.ordinary = all.listed.size();
    if (options_.specials) {
      constexpr key quiet = std::bit_cast<key>(std::numeric_limits<T>::quiet_NaN());
      for (key const b : {quiet, key(quiet | ordered<T>::sign), key(quiet | 0x2au), key(~key(0))}) {
        all.listed.push_back(std::bit_cast<T>(b));
      }
    }
    all.count = all.listed.size();
    return all;
  }

private:
  kernel_options const& options_;
  key first_;
  key last_;
  std::vector<key> keys_;
};

/// `more` are points of the activation: kinks, the minimum.
template <std::same_as<float> T>
kernel_inputs<T> inputs_of(kernel_options const& o, numbers<T> const&, std::span<double const> more) {
  input_list<T> list(o);
  if (list.empty()) {
    return {};
  }
  if (o.all) {
    kernel_inputs<T> all;
    all.first_key = list.first();
    all.ordinary = std::uint64_t{list.last()} - list.first() + 1;
    all.count = all.ordinary + (o.specials ? 2u * 0x7fffffu : 0u);
    return all;
  }
  // an odd stride, so that the last bits vary too
  std::uint64_t const stride = (std::uint64_t{list.last()} - list.first()) / (std::max<std::size_t>)(o.inputs, 1) | 1u;
  for (std::uint64_t k = list.first(); k <= list.last(); k += stride) {
    list.add_key(static_cast<std::uint32_t>(k));
  }
  list.add_special(more);
  return std::move(list).result();
}

/// Half of the random doubles have any bits, half a magnitude from 2^-12 to 2^10, where functions bend.
template <std::same_as<double> T>
kernel_inputs<T> inputs_of(kernel_options const& o, numbers<T> const&, std::span<double const> more) {
  input_list<T> list(o);
  if (list.empty()) {
    return {};
  }
  std::uint64_t const width = list.last() - list.first();
  for (std::uint64_t i = 0; i < o.inputs; ++i) {
    std::uint64_t const bits = mixed(2 * i + mixed(o.seed));
    std::uint64_t const more_bits = mixed(bits ^ o.seed);
    std::uint64_t const k = i % 2 == 0 ? bits
                                       : ordered<double>::of(std::bit_cast<double>((bits & 0x800fffffffffffffu) |
                                                                                   ((1011 + more_bits % 22) << 52)));
    // what is outside of the domain moves into it
    list.add_key(k >= list.first() && k <= list.last()
                     ? k
                     : list.first() + (width == ~std::uint64_t{0} ? bits : bits % (width + 1)));
  }
  list.add_special(more);
  return std::move(list).result();
}

/// All codes of the format.
template <class T>
  requires is_code<T>
kernel_inputs<T> inputs_of(kernel_options const& o, numbers<T> const& of, std::span<double const>) {
  kernel_inputs<T> all;
  std::vector<T> nan;
  for (std::size_t code = 0; code < of.codes(); ++code) {
    double const x = of.number(static_cast<T>(code));
    if (is_nan(x)) {
      nan.push_back(static_cast<T>(code));
    } else if (x >= o.low && x <= o.high && (o.specials || is_finite(x))) {
      all.listed.push_back(static_cast<T>(code));
    }
  }
  std::stable_sort(all.listed.begin(), all.listed.end(), [&](T a, T b) { return of.number(a) < of.number(b); });
  all.ordinary = all.listed.size();
  if (o.specials && all.ordinary != 0) {
    all.listed.insert(all.listed.end(), nan.begin(), nan.end());
  }
  all.count = all.listed.size();
  return all;
}

/// Each input twice: with dy = 1, and with another dy.
template <class T> kernel_inputs<T> twice(kernel_inputs<T> const& once) {
  kernel_inputs<T> all;
  for (T const x : once.listed) {
    all.listed.insert(all.listed.end(), {x, x});
  }
  all.ordinary = 2 * once.ordinary;
  all.count = 2 * once.count;
  return all;
}

} // namespace satur::inline SATUR_ABI::testing::detail
