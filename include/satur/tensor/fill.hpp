/// \file tensor/fill.hpp  Initial weights in xtensor containers: fill and make.
#pragma once

#include "satur/array/row_major.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/initializer/weight_shape.hpp"
#include "satur/tensor/compat.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <random>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// An xtensor container or view of floating-point numbers that can be written.
template <class E>
concept fillable_tensor = requires(E& e) {
  typename E::value_type;
  e.shape();
  e.dimension();
  e.size();
  e.template begin<xt::layout_type::row_major>();
} && std::floating_point<typename E::value_type>;

/// Fans of a weight of shape (in, out). Throws shape_error for any other number of axes.
template <class Shape> [[nodiscard]] fans fans_of(Shape const& shape, std::string_view function) {
  if (shape.size() != 2) {
    bad_shape(function, "the tensor", shape_text(shape),
              "(in, out); for another number of axes give the fans: fans{in, out} before the generator");
  }
  return {static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1])};
}

/// write(span) with the tensor's elements in row-major order, in place if they lie so.
template <class E, class Write> void write_row_major(E& tensor, Write const& write) {
  row_major_results<E> values(tensor);
  write(std::span<typename E::value_type>(values.data(), tensor.size()));
  values.finish();
}

} // namespace detail

/// Fills a tensor with initial weights, element by element in row-major order, whatever its layout. Takes one key from
/// the generator. Throws what the initializer throws (fans of 0, a bad parameter).
template <class Init, detail::fillable_tensor E, std::uniform_random_bit_generator G>
  requires initializer<Init, typename E::value_type>
void fill(Init const& init, E& tensor, fans f, G& generator) {
  detail::write_row_major(tensor, [&](std::span<typename E::value_type> values) { fill(init, values, f, generator); });
}

/// The same with the fans of shape (in, out). Initializers that do not use fans (zeros, constant, uniform, normal) take
/// any shape; for the others throws shape_error unless the tensor has two axes.
template <class Init, detail::fillable_tensor E, std::uniform_random_bit_generator G>
  requires initializer<Init, typename E::value_type>
void fill(Init const& init, E& tensor, G& generator) {
  fans f{tensor.size(), tensor.size()};
  if constexpr (uses_fans_v<Init>) {
    f = detail::fans_of(tensor.shape(), "fill");
  }
  fill(init, tensor, f, generator);
}

/// Fills a weight of any number of axes with an initializer for whole matrices or kernels (orthogonal, dirac, …), the
/// axes in the given order: fill(delta_orthogonal{}, kernel, axis_order::in_out, generator). Throws what the
/// initializer throws.
template <class Init, detail::fillable_tensor E, std::uniform_random_bit_generator G>
  requires shaped_initializer<Init, typename E::value_type>
void fill(Init const& init, E& tensor, axis_order order, G& generator) {
  weight_shape shape{{}, order};
  for (auto const extent : tensor.shape()) {
    shape.extents.push_back(static_cast<std::size_t>(extent));
  }
  detail::write_row_major(tensor,
                          [&](std::span<typename E::value_type> values) { fill(init, values, shape, generator); });
}

/// Returns a new row-major tensor: make<float>(glorot_normal{}, std::array<std::size_t, 2>{784, 256}, generator). For
/// an initializer that uses fans, the shape is (in, out).
template <class T, class Init, std::size_t N, std::uniform_random_bit_generator G>
  requires initializer<Init, T> && (N == 2 || !uses_fans_v<Init>)
[[nodiscard]] xt::xtensor<T, N> make(Init const& init, std::array<std::size_t, N> shape, G& generator) {
  xt::xtensor<T, N> tensor = xt::xtensor<T, N>::from_shape(shape);
  fill(init, tensor, generator);
  return tensor;
}

/// The same with the shape in braces: make<float>(glorot_normal{}, {784, 256}, generator).
template <class T, class Init, std::size_t N, std::uniform_random_bit_generator G>
  requires initializer<Init, T> && (N == 2 || !uses_fans_v<Init>)
[[nodiscard]] xt::xtensor<T, N> make(Init const& init, std::size_t const (&shape)[N], G& generator) {
  return make<T>(init, std::to_array(shape), generator);
}

/// The same for any number of axes, with fans given.
template <class T, class Init, std::size_t N, std::uniform_random_bit_generator G>
  requires initializer<Init, T>
[[nodiscard]] xt::xtensor<T, N> make(Init const& init, std::array<std::size_t, N> shape, fans f, G& generator) {
  xt::xtensor<T, N> tensor = xt::xtensor<T, N>::from_shape(shape);
  fill(init, tensor, f, generator);
  return tensor;
}

/// The same with an initializer for whole matrices or kernels, the axes in the given order.
template <class T, class Init, std::size_t N, std::uniform_random_bit_generator G>
  requires shaped_initializer<Init, T>
[[nodiscard]] xt::xtensor<T, N> make(Init const& init, std::array<std::size_t, N> shape, axis_order order,
                                     G& generator) {
  xt::xtensor<T, N> tensor = xt::xtensor<T, N>::from_shape(shape);
  fill(init, tensor, order, generator);
  return tensor;
}

}} // namespace satur::SATUR_ABI
