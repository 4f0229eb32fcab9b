// softmax, log_softmax and logsumexp, row by row.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include "satur/satur.hpp"

namespace {

void put(digest::line& l, satur::row_saturation const& s) {
  l.number(s.rows, s.saturated, s.single, s.elements, s.nan, s.infinite, s.fraction(), s.mean_max_probability(),
           s.mean_complement(), s.mean_entropy(), s.normalized_entropy(), s.mean_derivative(), s.slope_share(),
           s.slope_saturation());
  l.printed(s);
}

/// Rows of logits: some confident, some with masked classes, some without a softmax.
template <class T> std::vector<T> logits(std::size_t rows, std::size_t length) {
  using limits = std::numeric_limits<T>;
  std::vector<T> z = digest::normal_numbers<T>(rows * length, 0.0, 4.0, 41);
  for (std::size_t r = 0; r < rows; ++r) {
    T* const row = z.data() + r * length;
    if (r % 6 == 1) {
      row[r % length] = T(60);
    } else if (r % 6 == 2) {
      row[r % length] = -limits::infinity();
    } else if (r == 9) {
      row[0] = limits::quiet_NaN();
    } else if (r == 10) {
      row[length - 1] = limits::infinity();
    } else if (r == 11) {
      std::fill_n(row, length, -limits::infinity());
    } else if (r == 12) {
      std::fill_n(row + 1, length - 1, -limits::infinity());
    }
  }
  return z;
}

template <class T> void over(digest::sheet& lines, std::size_t length) {
  std::size_t const rows = 15;
  std::vector<T> const z = logits<T>(rows, length);
  std::vector<T> const dy = digest::normal_numbers<T>(z.size(), 0.0, 1.0, 42);
  std::vector<T> const per_row = digest::normal_numbers<T>(rows, 0.0, 1.0, 43);
  std::vector<T> y(z.size()), dx(z.size()), sums(rows);
  auto const name = [&](auto const& act) { return "rows/" + std::string(act.name) + "/" + std::to_string(length); };
  digest::at_each_level([&](std::string_view level) {
    auto const one = [&](auto const& act) {
      digest::line& l = lines.add(name(act), digest::type_name<T>, level);
      satur::apply(act, z, y, length);
      l.numbers(y);
      satur::row_saturation const seen = satur::forward(act, z, y, length, satur::p_above{0.9});
      put(l, seen);
      l.numbers(y);
      put(l, seen + satur::observe(act, z, length, satur::p_above{0.9}));
      satur::pullback(act, y, dy, dx, length);
      l.numbers(dx);
      l.show("mean slope", seen.mean_derivative());
    };
    one(satur::softmax{});
    one(satur::log_softmax{});
    digest::line& l = lines.add(name(satur::logsumexp{}), digest::type_name<T>, level);
    satur::apply(satur::logsumexp{}, z, sums, length);
    l.numbers(sums);
    satur::pullback(satur::logsumexp{}, z, per_row, dx, length);
    l.numbers(dx);
    put(l, satur::observe(satur::logsumexp{}, z, length, satur::p_above{}));
  });
}

} // namespace

void digest::rows(sheet& lines) {
  over<float>(lines, 10);
  over<float>(lines, 77);
  over<double>(lines, 10);
  over<double>(lines, 77);

  std::vector<float> const z = logits<float>(15, 10);
  at_best_level([&](std::string_view level) {
    line& one = lines.add("rows/one_row", "float", level);
    std::vector<float> y(10), dx(10);
    for (std::size_t r = 0; r < 15; ++r) {
      std::span<float const> const row = std::span<float const>(z).subspan(10 * r, 10);
      one.number(satur::logsumexp{}.value(row));
      satur::softmax{}.value(row, std::span<float>(y));
      one.numbers(y);
      satur::softmax{}.pullback(std::span<float const>(y), row, std::span<float>(dx));
      one.numbers(dx);
      satur::log_softmax{}.value(row, std::span<float>(y));
      one.numbers(y);
      satur::log_softmax{}.pullback(std::span<float const>(y), row, std::span<float>(dx));
      one.numbers(dx);
    }
  });
  xt::xtensor<float, 2> tensor = xt::xtensor<float, 2>::from_shape({15, 10});
  std::copy(z.begin(), z.end(), tensor.data());
  xt::xtensor<float, 2> y = tensor, dx = tensor;
  auto const columns = xt::view(tensor, xt::all(), xt::range(0, 10, 2));
  at_each_level([&](std::string_view level) {
    line& l = lines.add("rows/xtensor", "float", level);
    satur::apply(satur::softmax{}, tensor, y);
    satur::pullback(satur::softmax{}, y, tensor, dx);
    l.numbers(y);
    l.numbers(dx);
    ::put(l, satur::forward(satur::log_softmax{}, tensor, y, satur::p_above{}));
    ::put(l, satur::observe(satur::softmax{}, columns, satur::p_above{}));
  });
}
