// The same numbers in every kind of container.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include "satur/satur.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <span>

namespace {

using digest::sheet;

struct user_in_lanes { // states only its formula
  template <class T> SATUR_INLINE T value(T z) const { return z * z * z; }
  template <class T> SATUR_INLINE T derivative(T z) const { return T(3) * z * z; }
};
struct user_in_double { // applied by element
  double value(double z) const { return z < 0.0 ? 0.5 * z : z; }
  double derivative(double z) const { return z < 0.0 ? 0.5 : 1.0; }
};

/// observe, forward, apply and the one-line functions over z, with results in y and dy of the same container type.
template <class T, class A, class Z, class Y>
void over(sheet& lines, std::string const& name, A const& act, Z const& z, Y&& y, Y&& dy) {
  std::string const full = "container/" + name;
  digest::at_each_level([&](std::string_view level) {
    digest::line& l = lines.add(full, digest::type_name<T>, level);
    satur::z_beyond const rule{2.5};
    satur::saturation const seen = satur::observe(act, z, rule);
    digest::put(l, seen);
    digest::put(l, satur::forward(act, z, y, rule));
    l.numbers(y);
    digest::put(l, satur::forward(act, z, y, dy, satur::output_beyond{0.2, 0.7}));
    l.numbers(dy);
    satur::apply(act, z, dy);
    l.numbers(dy);
    satur::apply(act, z, y, dy);
    l.numbers(y);
    l.numbers(dy);
    satur::apply_derivative(act, z, y);
    l.numbers(y);
    l.number(satur::saturated_fraction(z, 3.0));
    l.show("saturated", seen.fraction());
  });
  digest::at_best_level([&](std::string_view level) {
    digest::line& l = lines.add("mean_derivative/" + name, digest::type_name<T>, level);
    l.number(satur::mean_derivative(act, z));
    l.show("mean slope", satur::mean_derivative(act, z));
  });
}

template <class T> void all(sheet& lines) {
  satur::sigmoid const act;
  std::size_t const n = 2100; // more than a block, not a multiple of a register width
  std::vector<T> z = digest::normal_numbers<T>(n, 0.25, 3.0, 7);
  z[5] = std::numeric_limits<T>::quiet_NaN();
  z[1000] = std::numeric_limits<T>::infinity();
  z[n - 2] = -std::numeric_limits<T>::infinity();
  std::vector<T> y(n), dy(n);

  over<T>(lines, "vector", act, z, y, dy);
  over<T>(lines, "span", act, std::span<T const>(z).subspan(1), std::span<T>(y).subspan(1),
          std::span<T>(dy).subspan(1));
  std::array<T, 33> short_z{}, short_y{}, short_dy{};
  std::copy_n(z.begin(), short_z.size(), short_z.begin());
  over<T>(lines, "array", act, short_z, short_y, short_dy);
  std::deque<T> deque_z(z.begin(), z.end()), deque_y(n), deque_dy(n);
  over<T>(lines, "deque", act, deque_z, deque_y, deque_dy);
  std::list<T> list_z(z.begin(), z.end()), list_y(n), list_dy(n);
  over<T>(lines, "list", act, list_z, list_y, list_dy);
  std::vector<T> none, none_y, none_dy;
  over<T>(lines, "empty", act, none, none_y, none_dy);

  xt::xtensor<T, 2> tensor = xt::xtensor<T, 2>::from_shape({42, 50});
  std::copy(z.begin(), z.end(), tensor.data());
  xt::xtensor<T, 2> tensor_y = tensor, tensor_dy = tensor;
  over<T>(lines, "xtensor", act, tensor, tensor_y, tensor_dy);
  xt::xarray<T> array = tensor, array_y = tensor, array_dy = tensor;
  over<T>(lines, "xarray", act, array, array_y, array_dy);
  xt::xtensor<T, 2, xt::layout_type::column_major> column = tensor, column_y = tensor, column_dy = tensor;
  over<T>(lines, "column_major", act, column, column_y, column_dy);
  over<T>(lines, "column_major_to_row_major", act, column, tensor_y, tensor_dy);
  auto const part = [](auto& x) { return xt::view(x, xt::range(1, 40, 3), xt::range(2, 48, 2)); };
  auto part_y = part(tensor_y), part_dy = part(tensor_dy);
  over<T>(lines, "strided_view", act, part(tensor), part_y, part_dy);
  over<T>(lines, "lazy", act, tensor * T(0.5) + T(1), tensor_y, tensor_dy);

  over<T>(lines, "user_in_lanes", user_in_lanes{}, z, y, dy);
  over<T>(lines, "user_in_double", user_in_double{}, z, y, dy);
  over<T>(lines, "composed", satur::composed{satur::tanh{}, satur::softplus{}}, z, y, dy);

  digest::at_best_level([&](std::string_view level) { // a pointer and a size
    digest::line& l = lines.add("container/pointer", digest::type_name<T>, level);
    digest::put(l, satur::observe(act, std::span(z.data(), n)));
    l.number(satur::saturated_fraction(std::span(z.data(), n)));
  });
  digest::at_each_level([&](std::string_view level) {
    satur::saturation merged;
    for (std::size_t first = 0; first < n; first += 300) {
      merged += satur::observe(act, std::span<T const>(z).subspan(first, 300), satur::z_beyond{});
    }
    digest::line& l = lines.add("record/merged", digest::type_name<T>, level);
    digest::put(l, merged);
    digest::put(l, merged + merged);
    l.show("mean slope", merged.mean_derivative());
  });
}

} // namespace

void digest::containers(sheet& lines) {
  all<float>(lines);
  all<double>(lines);

  std::vector<long double> const z = sweep<long double>();
  std::vector<long double> y(z.size()), dy(z.size());
  over<long double>(lines, "vector", satur::sigmoid{}, z, y, dy);
  over<long double>(lines, "vector_gelu", satur::gelu{}, z, y, dy);
}
