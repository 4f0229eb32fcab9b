/// \file layer/kernel_laws.hpp  What theory expects of the channels of a convolution with given kernels.
#pragma once

#include "satur/config.hpp"
#include "satur/theory/units.hpp"

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

/// A number for each channel, read as one for each weight of a kernel over the channels.
template <class M> struct of_channels {
  M const& numbers;
  std::size_t channels, taps;

  double operator[](std::size_t i) const { return element(numbers, i / taps); }
  [[nodiscard]] std::size_t size() const { return channels * taps; }
};

/// The law of z for each channel of w (out, in, kernel…) with the bias b (out): mean sum w m + b, variance sum w^2 v.
/// input_mean and input_variance: one number, or one for each input channel. Throws as theory::predict does.
template <class W, class B, class M, class V>
[[nodiscard]] theory::unit_laws kernel_laws(std::string_view function, W const& w, B const& b, M const& input_mean,
                                            V const& input_variance) {
  std::size_t const out = w.shape()[0], in = w.shape()[1];
  std::size_t const products = w.size() / out;
  require_length(function, input_mean, "the mean of the input", in);
  require_length(function, input_variance, "the variance of the input", in);
  auto const weight = [&](std::size_t i, std::size_t j) { return w.data()[j * products + i]; };
  return predict_units(function, weight, fans{products, out}, b, of_channels<M>{input_mean, in, products / in},
                       of_channels<V>{input_variance, in, products / in});
}

} // namespace satur::inline SATUR_ABI::detail
