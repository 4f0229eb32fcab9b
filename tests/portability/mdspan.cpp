// std::mdspan as z and as results: layouts, ranks, static extents, units by axis, a monitor, and what must be refused.
// For compilers whose standard library has it (C++23); the others say so and pass.
#include <version>

#include <cstdio>

#ifndef __cpp_lib_mdspan

int main() { std::puts("skipped: this standard library has no std::mdspan"); }

#else

#include <satur/diagnostic.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <mdspan>
#include <span>
#include <vector>

namespace {

int failures = 0;
int checks = 0;

void check(bool holds, char const* what) {
  ++checks;
  if (!holds) {
    std::printf("wrong: %s\n", what);
    ++failures;
  }
}

using matrix = std::dextents<std::size_t, 2>;

/// The elements in the order of their indices, read by mdspan itself.
template <class M> std::vector<float> elements(M const& m) {
  std::vector<float> all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(m.extent(0)); ++i) {
    for (std::size_t j = 0; j < static_cast<std::size_t>(m.extent(1)); ++j) {
      all.push_back(m[std::array{i, j}]);
    }
  }
  return all;
}

bool same(std::vector<float> const& a, std::vector<float> const& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return x == y || (x != x && y != y); });
}

/// A matrix of 5 samples of 3 units, as z and as results: the record, the units and every element are those of a
/// vector.
template <class M> void as_z_and_results(M const& z, M const& y, M const& dy, char const* what) {
  std::vector<float> const numbers = elements(z);
  std::vector<float> expected_y(numbers.size());
  std::vector<float> expected_dy(numbers.size());
  satur::saturation const expected = satur::forward(satur::sigmoid{}, numbers, expected_y, expected_dy);

  satur::saturation const got = satur::forward(satur::sigmoid{}, z, y, dy);
  // A pass reads memory in its own order, so sums may differ in their last bits.
  check(got.count == expected.count && got.low == expected.low && got.high == expected.high &&
            got.nan == expected.nan && got.infinite == expected.infinite,
        what);
  double const difference = got.mean_derivative() / expected.mean_derivative() - 1.0;
  check(difference < 1e-12 && difference > -1e-12, what);
  check(same(elements(y), expected_y) && same(elements(dy), expected_dy), what);
  check(satur::saturated_fraction(z) == satur::saturated_fraction(numbers), what);

  satur::unit_records units;
  satur::observe_units(units, satur::sigmoid{}, z);
  check(units.size() == 3, what);
  for (std::size_t unit = 0; unit < units.size(); ++unit) {
    std::vector<float> column;
    for (std::size_t i = 0; i < numbers.size() / 3; ++i) {
      column.push_back(numbers[3 * i + unit]);
    }
    satur::unit_records one;
    satur::observe_units(one, satur::sigmoid{},
                         satur::array_view<float const>{column.data(), {column.size(), 1}, {1, 1}});
    check(units[unit].low == one[0].low && units[unit].high == one[0].high, what);
    check(units[unit].samples == one[0].samples && units[unit].nan == one[0].nan, what);
  }

  satur::monitor mon;
  mon["fc"].observe(satur::sigmoid{}, z);
  mon.end_step();
  check(mon["fc"].last().saturation.fraction() == expected.fraction(), what);
}

} // namespace

int main() {
  std::array<float, 24> memory{};
  for (std::size_t i = 0; i < memory.size(); ++i) {
    memory[i] = 0.75f * static_cast<float>(static_cast<int>(i * 7 % 24) - 12);
  }
  memory[3] = std::numeric_limits<float>::quiet_NaN();
  memory[7] = std::numeric_limits<float>::infinity();
  auto const results = [] { return std::array<float, 24>{}; };

  {
    auto a = results(), b = results();
    using right = std::mdspan<float, matrix>;
    as_z_and_results(right(memory.data(), 5, 3), right(a.data(), 5, 3), right(b.data(), 5, 3), "layout_right");
  }
  {
    auto a = results(), b = results();
    using left = std::mdspan<float, matrix, std::layout_left>;
    as_z_and_results(left(memory.data(), 5, 3), left(a.data(), 5, 3), left(b.data(), 5, 3), "layout_left");
  }
  {
    auto a = results(), b = results();
    using fixed = std::mdspan<float, std::extents<int, 5, 3>>;
    as_z_and_results(fixed(memory.data()), fixed(a.data()), fixed(b.data()), "static extents");
  }
  {
    auto a = results(), b = results();
    using strided = std::mdspan<float, matrix, std::layout_stride>;
    // A row is 4 elements apart: the last of each is beside the matrix.
    std::layout_stride::mapping<matrix> const gaps(matrix(5, 3), std::array<std::size_t, 2>{4, 1});
    as_z_and_results(strided(memory.data(), gaps), strided(a.data(), gaps), strided(b.data(), gaps), "layout_stride");
    check(a[3] == 0.0f && b[7] == 0.0f, "what is between the rows stays");
    std::layout_stride::mapping<matrix> const by_columns(matrix(5, 3), std::array<std::size_t, 2>{1, 8});
    as_z_and_results(strided(memory.data(), by_columns), strided(a.data(), by_columns), strided(b.data(), by_columns),
                     "columns with gaps");
  }
  {
    std::mdspan<float const, std::dextents<unsigned, 1>> const one(memory.data(), 24u);
    check(satur::observe(satur::tanh{}, one) == satur::observe(satur::tanh{}, std::span<float const>(memory)),
          "one axis, const, 32-bit extents");
    std::mdspan<float, std::dextents<int, 3>> const three(memory.data(), 2, 3, 4);
    check(satur::observe(satur::tanh{}, three).count == satur::observe(satur::tanh{}, one).count, "three axes");
    satur::unit_records channels;
    satur::observe_units(channels, satur::tanh{}, three, satur::unit_layout::of(std::array{2, 3, 4}, 1));
    check(channels.size() == 3, "channels are the second axis when asked");
    std::mdspan<double, matrix> const none(nullptr, 0, 3);
    check(satur::observe(satur::relu{}, none).count == 0, "no element");
  }
#ifdef __cpp_lib_submdspan
  {
    std::mdspan<float, matrix> const all(memory.data(), 6, 4);
    auto const part = std::submdspan(all, std::pair{1, 6}, std::pair{1, 4});
    std::vector<float> const numbers = elements(part);
    check(satur::observe(satur::tanh{}, part).count == satur::observe(satur::tanh{}, numbers).count, "submdspan");
    check(satur::saturated_fraction(part) == satur::saturated_fraction(numbers), "submdspan, share");
  }
#endif
  std::printf("%d checks of std::mdspan, %d wrong\n", checks, failures);
  return failures == 0 ? 0 : 1;
}

#endif
