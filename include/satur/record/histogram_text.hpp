/// \file record/histogram_text.hpp  A histogram as text, with bars.
#pragma once

#include "satur/config.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

namespace satur { inline namespace SATUR_ABI {

class histogram;

/// Up to 24 rows of bars from the first bin that holds something to the last, then what is outside: 75 columns. Shares
/// are of all that was seen but NaN; zeros of a linear histogram are in a bin too.
/// A template, so that record/histogram.hpp, which defines the class, can include this.
template <std::same_as<histogram> H> std::ostream& operator<<(std::ostream& out, H const& h) {
  constexpr std::size_t rows = 24;
  constexpr std::size_t longest = 40;
  auto const middle = h.quantile(0.5);
  out << detail::count_text(h.total(), "value") << (h.kind() == H::scale::logarithmic ? " by magnitude" : "")
      << ", from " << text::significant(h.lowest(), 4) << " to " << text::significant(h.highest(), 4) << ", median "
      << text::significant(middle.value, 4) << " (in " << text::significant(middle.low, 4) << " to "
      << text::significant(middle.high, 4) << ")\n";
  std::size_t first = 0;
  std::size_t last = h.bins();
  while (first < last && h.count(first) == 0) {
    ++first;
  }
  while (last > first && h.count(last - 1) == 0) {
    --last;
  }
  std::size_t group = (last - first + rows - 1) / rows;
  auto const octave = h.per_octave();
  if (h.kind() == H::scale::logarithmic && group > 1) { // whole octaves read better
    group = (group + octave - 1) / octave * octave;
    first -= first % octave;
  }
  auto const within = [&](std::size_t from) {
    std::uint64_t sum = 0;
    for (std::size_t i = from; i < (std::min)(from + group, last); ++i) {
      sum += h.count(i);
    }
    return sum;
  };
  std::uint64_t most = 1;
  for (std::size_t i = first; i < last; i += group) {
    most = (std::max)(most, within(i));
  }
  auto const edge = [&](std::size_t i) { return text::significant(h.edge(i), 4); };
  auto const row = [&](std::string const& what, std::uint64_t n, bool bar) {
    double const share = static_cast<double>(n) / static_cast<double>((std::max<std::uint64_t>)(h.total(), 1));
    out << text::left(what, 24) << text::right(text::percent(share), 6) << " %";
    if (bar && n != 0) {
      auto const length =
          static_cast<std::size_t>(static_cast<double>(n) / static_cast<double>(most) * static_cast<double>(longest));
      out << "  " << std::string((std::max<std::size_t>)(length, 1), '#');
    }
    out << '\n';
  };
  for (std::size_t i = first; i < last; i += group) {
    row("[" + edge(i) + ", " + edge((std::min)(i + group, h.bins())) + ")", within(i), true);
  }
  auto const outside = [&](std::string const& what, std::uint64_t n) {
    if (n != 0) {
      row(what, n, false);
    }
  };
  outside("below " + edge(0), h.below());
  outside(edge(h.bins()) + " and above", h.above());
  outside("exactly 0", h.zeros());
  outside("-inf", h.minus_infinite());
  outside("inf", h.plus_infinite());
  if (h.nan() != 0) {
    out << "NaN " << h.nan() << " (in no share)\n";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
