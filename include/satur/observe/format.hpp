/// \file observe/format.hpp  What of an array leaves a number format, in one pass: observe_format.
///
///     format_loss const loss = observe_format(formats::fp8_e4m3, z);             // loss.to_limit_fraction(), …
///     std::cout << observe_format(formats::float16, dz, 65536.0);                // with a loss scale
///     observe_format(formats::fp8_e4m3, w, 1.0, {.noise = true}).signal_to_noise_db();
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/format/format_noise.hpp"
#include "satur/observe/kernel/format/format_pass.hpp"
#include "satur/record/format_loss.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

struct format_options {
  bool noise = false; ///< sum (x - Q(x))^2 and x^2 too
};

namespace detail {

/// Collects what blocks of one array, or of one unit, lose.
template <class T> class format_observer {
public:
  using E = std::conditional_t<std::same_as<T, long double>, double, T>;

  format_observer(format const& f, double scale, format_options const& options)
      : format_(f), scale_(scale), noisy_(options.noise), limits_(format_limits<E>::of(f, scale)) {}

  void add(T const* x, std::size_t n) {
    if constexpr (std::same_as<T, long double>) { // as double: none becomes zero or infinite by that
      double as_double[block_elements];
      for (std::size_t i = 0; i < n; i += block_elements) {
        std::size_t const count = (std::min)(block_elements, n - i);
        std::transform(x + i, x + i + count, as_double, nearest_double);
        add_numbers(static_cast<double const*>(as_double), count);
      }
    } else {
      add_numbers(x, n);
    }
  }
  [[nodiscard]] format_loss loss() const {
    format_loss l;
    l.format = format_;
    l.scale = scale_;
    l.count = seen_ - counts_.nan;
    l.to_limit = counts_.high + counts_.low;
    l.to_low_limit = counts_.low;
    l.before_rounding = counts_.high_before + counts_.low_before;
    l.to_zero = counts_.nonzero - counts_.kept;
    l.subnormal = counts_.kept - counts_.normal;
    l.zeros = seen_ - counts_.nonzero;
    l.nan = counts_.nan;
    l.infinite = counts_.infinite;
    l.amax = counts_.amax;
    l.smallest_nonzero = counts_.amax > 0.0 ? counts_.smallest : 0.0;
    l.noise_count = noisy_ ? l.count - l.infinite : 0;
    l.noise = sums_.noise;
    l.power = sums_.power;
    return l;
  }
  /// Forgets what was seen.
  void clear() {
    seen_ = 0;
    counts_ = {};
    sums_ = {};
  }

private:
  void add_numbers(E const* x, std::size_t n) {
    seen_ += n;
    count_format(limits_, x, n, counts_);
    if (noisy_) {
      sum_noise(format_, scale_, x, n, sums_);
    }
  }
  [[nodiscard]] static double nearest_double(long double x) {
    if (!is_finite_number(x)) {
      return static_cast<double>(x);
    }
    constexpr auto largest = static_cast<long double>((std::numeric_limits<double>::max)());
    constexpr double smallest = std::numeric_limits<double>::denorm_min();
    double const d = static_cast<double>(std::clamp(x, -largest, largest));
    return d == 0.0 && x != 0.0L ? (x < 0.0L ? -smallest : smallest) : d;
  }

  format format_;
  double scale_;
  bool noisy_;
  format_limits<E> limits_;
  std::uint64_t seen_ = 0;
  format_counts counts_;
  noise_sums sums_;
};

} // namespace detail

/// What of x * scale leaves the format: one pass over any container of float, double, long double or 16-bit numbers,
/// which are read as float. Nothing is stored. The counters and extremes do not depend on the order of the numbers, on
/// threads or on the instruction set; a record of the whole equals the sum of records of its parts. long double counts
/// as the nearest double that is not zero or infinite by rounding.
///
/// Throws std::invalid_argument if the scale is not finite and above 0, or the format's numbers contradict each other
/// (`format_limits`); shape_error if the rows of a range differ in length.
template <detail::numbers X>
[[nodiscard]] format_loss observe_format(format const& f, X const& x, double scale = 1.0,
                                         format_options const& options = {}) {
  detail::require_equal_rows("observe_format", "x", x);
  detail::format_observer<detail::value_t<X>> observer(f, scale, options);
  detail::for_each_block(x, [&](auto const* data, std::size_t n) { observer.add(data, n); });
  return observer.loss();
}

}} // namespace satur::SATUR_ABI
