// Fans of every kind of layer against counted ones, and the conventions of PyTorch and Keras.
#include <satur/initializer/layer_fans.hpp>

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

using satur::fans;
using satur_test::refusal;

namespace {

/// Fans of a one-dimensional (transposed) convolution by counting its weights' uses away from the border: the most
/// products that an output of `out_channels` adds up, and the most outputs that an input feeds.
fans counted(std::size_t in, std::size_t out, std::size_t kernel, std::size_t stride, std::size_t groups,
             bool transposed) {
  constexpr std::size_t length = 30;
  std::size_t const from = transposed ? length : length * stride + kernel;
  std::size_t const to = transposed ? length * stride + kernel : length;
  std::vector<std::size_t> adds(to * out);
  std::vector<std::size_t> feeds(from * in);
  for (std::size_t step = 0; step < length; ++step) {
    for (std::size_t tap = 0; tap < kernel; ++tap) {
      std::size_t const wide = step * stride + tap;
      for (std::size_t i = 0; i < in; ++i) {
        for (std::size_t o = 0; o < out; ++o) {
          if (i / (in / groups) == o / (out / groups)) {
            ++adds[(transposed ? wide : step) * out + o];
            ++feeds[(transposed ? step : wide) * in + i];
          }
        }
      }
    }
  }
  return {*std::ranges::max_element(adds), *std::ranges::max_element(feeds)};
}

} // namespace

TEST_CASE("convolution fans: equal to counted products and counted outputs") {
  CHECK(satur::convolution_fans(4, 6, {3}) == counted(4, 6, 3, 1, 1, false));
  CHECK(satur::convolution_fans(4, 6, {3}, 2) == counted(4, 6, 3, 1, 2, false));
  CHECK(satur::convolution_fans(6, 6, {5}, 6) == counted(6, 6, 5, 1, 6, false)); // depthwise
  CHECK(satur::convolution_fans(6, 12, {2}, 6) == counted(6, 12, 2, 1, 6, false));
  for (std::size_t kernel : {1u, 2u, 3u, 4u, 5u}) {
    for (std::size_t stride : {1u, 2u, 3u}) {
      CAPTURE(kernel);
      CAPTURE(stride);
      CHECK(satur::convolution_fans(4, 6, {kernel}, 2).in == counted(4, 6, kernel, stride, 2, false).in);
      CHECK(satur::transposed_convolution_fans(4, 6, {kernel}, stride, 2) == counted(4, 6, kernel, stride, 2, true));
    }
  }
  CHECK(satur::convolution_fans(3, 64, {7, 7}) == fans{147, 3136});
  CHECK(satur::convolution_fans(3, 8, {2, 3, 5}) == fans{90, 240});
  CHECK(satur::transposed_convolution_fans(64, 32, {4, 4}, 2) == fans{256, 512});
  CHECK(satur::convolution_fans(5, 7, {}) == satur::dense_fans(5, 7)); // a kernel of no axes is a dense layer
}

TEST_CASE("recurrent and embedding fans: values") {
  auto const gate = satur::recurrent_fans(28, 128);
  CHECK(gate.input == fans{28, 128});
  CHECK(gate.recurrent == fans{128, 128});
  CHECK(gate.joint() == fans{156, 128});
  CHECK(satur::embedding_fans(30000, 300) == fans{1, 300});
}

TEST_CASE("fans of PyTorch, of Keras and counted: values for the same layers") {
  // Fans as the libraries compute them from the shape of a weight. PyTorch: torch/nn/init.py,
  // _calculate_fan_in_and_fan_out: size(1) and size(0), times the receptive field tensor[0][0].numel(). Keras:
  // compute_fans in keras/src/initializers/random_initializers.py: shape[-2] and shape[-1], times prod(shape[:-2]).
  struct row {
    char const* layer;
    std::vector<std::size_t> torch_shape;
    fans torch;
    std::vector<std::size_t> keras_shape;
    fans keras;
    fans ours;
  };
  auto const gate = satur::recurrent_fans(28, 128);
  row const rows[] = {
      {"dense 784 -> 256", {256, 784}, {784, 256}, {784, 256}, {784, 256}, satur::dense_fans(784, 256)},
      {"conv 3 -> 64, 7x7",
       {64, 3, 7, 7},
       {147, 3136},
       {7, 7, 3, 64},
       {147, 3136},
       satur::convolution_fans(3, 64, {7, 7})},
      // Grouped: neither library divides the fan-out by the groups (3136 x 2 here).
      {"conv 32 -> 64, 3x3, 2 groups", {64, 16, 3, 3}, {144, 576}, {3, 3, 16, 64}, {144, 576}, fans{144, 576 / 2}},
      // Depthwise: PyTorch by a grouped convolution; Keras' DepthwiseConv2D stores (3, 3, in, multiplier) so its fan-in
      // is the number of all channels, although a unit sees one.
      {"depthwise 32, 3x3",
       {32, 1, 3, 3},
       {9, 288},
       {3, 3, 32, 1},
       {288, 9},
       satur::convolution_fans(32, 32, {3, 3}, 32)},
      // Transposed: the weights are (in, out, 4, 4) and (4, 4, out, in), so both swap the two.
      {"transposed 64 -> 32, 4x4, stride 1", {64, 32, 4, 4}, {512, 1024}, {4, 4, 32, 64}, {512, 1024}, fans{1024, 512}},
      // LSTM with 128 units: one weight holds the four gates and counts as 512 units.
      {"lstm, input", {512, 28}, {28, 512}, {28, 512}, {28, 512}, gate.input},
      {"lstm, recurrent", {512, 128}, {128, 512}, {128, 512}, {128, 512}, gate.recurrent},
      {"embedding 1000 x 16", {1000, 16}, {16, 1000}, {1000, 16}, {1000, 16}, satur::embedding_fans(1000, 16)},
  };
  for (row const& r : rows) {
    CAPTURE(r.layer);
    CHECK(satur::fans_as_pytorch(r.torch_shape) == r.torch);
    CHECK(satur::fans_as_keras(r.keras_shape) == r.keras);
  }
  CHECK(satur::convolution_fans(32, 64, {3, 3}, 2) == rows[2].ours);
  CHECK(rows[3].ours == fans{9, 9});
  CHECK(satur::transposed_convolution_fans(64, 32, {4, 4}) == rows[4].ours);
  CHECK(rows[5].ours == fans{28, 128});
  CHECK(rows[7].ours == fans{1, 16});
  CHECK(satur::fans_as_keras({7}) == fans{7, 7});
  CHECK(satur::fans_as_keras({}) == fans{1, 1});
}

TEST_CASE("fans: invalid arguments throw") {
  CHECK(refusal([] { static_cast<void>(satur::dense_fans(0, 3)); }) ==
        "satur::dense_fans: fans are (in 0, out 3); allowed: both at least 1");
  CHECK(refusal([] {
          static_cast<void>(satur::convolution_fans(3, 4, {3, 0}));
        }) == "satur::convolution_fans: the kernel has shape (3, 0); expected extents of at least 1");
  CHECK(refusal([] { static_cast<void>(satur::convolution_fans(3, 4, {3}, 2)); }) ==
        "satur::convolution_fans: the number of input channels is 3; allowed: a multiple of the 2 groups");
  CHECK(refusal([] { static_cast<void>(satur::convolution_fans(4, 3, {3}, 2)); }) ==
        "satur::convolution_fans: the number of output channels is 3; allowed: a multiple of the 2 groups");
  CHECK(refusal([] { static_cast<void>(satur::convolution_fans(4, 0, {3})); }) ==
        "satur::convolution_fans: the number of output channels is 0; allowed: at least 1");
  CHECK(refusal([] { static_cast<void>(satur::convolution_fans(4, 4, {3}, 0)); }) ==
        "satur::convolution_fans: the number of groups is 0; allowed: at least 1");
  CHECK(refusal([] { static_cast<void>(satur::transposed_convolution_fans(4, 4, {3}, 0)); }) ==
        "satur::transposed_convolution_fans: the stride is 0; allowed: at least 1");
  CHECK(refusal([] { static_cast<void>(satur::recurrent_fans(0, 4)); }) ==
        "satur::recurrent_fans: fans are (in 0, out 4); allowed: both at least 1");
  CHECK(refusal([] { static_cast<void>(satur::embedding_fans(0, 4)); }) ==
        "satur::embedding_fans: the number of rows is 0; allowed: at least 1");
  CHECK(refusal([] { static_cast<void>(satur::fans_as_pytorch({5})); }) ==
        "satur::fans_as_pytorch: the weight has shape (5); expected (out, in) or (out, in / groups, kernel…)");
  CHECK(refusal([] {
          static_cast<void>(satur::fans_as_keras({3, 0, 4}));
        }) == "satur::fans_as_keras: fans are (in 0, out 12); allowed: both at least 1");
  CHECK(refusal([] { static_cast<void>(satur::recurrent_fans(4, 0)); }) ==
        "satur::recurrent_fans: fans are (in 4, out 0); allowed: both at least 1");
  CHECK(refusal([] { static_cast<void>(satur::embedding_fans(4, 0)); }) ==
        "satur::embedding_fans: the width of a row is 0; allowed: at least 1");
  std::string const transposed = "satur::transposed_convolution_fans: ";
  CHECK(refusal([] {
          static_cast<void>(satur::transposed_convolution_fans(4, 4, {3, 0}));
        }) == transposed + "the kernel has shape (3, 0); expected extents of at least 1");
  CHECK(refusal([] { static_cast<void>(satur::transposed_convolution_fans(3, 4, {3}, 1, 2)); }) ==
        transposed + "the number of input channels is 3; allowed: a multiple of the 2 groups");
  CHECK(refusal([] { static_cast<void>(satur::transposed_convolution_fans(4, 3, {3}, 1, 2)); }) ==
        transposed + "the number of output channels is 3; allowed: a multiple of the 2 groups");
  CHECK(refusal([] { static_cast<void>(satur::transposed_convolution_fans(4, 4, {3}, 1, 0)); }) ==
        transposed + "the number of groups is 0; allowed: at least 1");
  CHECK(refusal([] { static_cast<void>(satur::convolution_fans(0, 4, {3})); }) ==
        "satur::convolution_fans: the number of input channels is 0; allowed: at least 1");
  CHECK(refusal([] {
          static_cast<void>(satur::fans_as_pytorch({3, 4, 0}));
        }) == "satur::fans_as_pytorch: the kernel has shape (0); expected extents of at least 1");
  CHECK(refusal([] {
          static_cast<void>(satur::fans_as_pytorch({0, 4}));
        }) == "satur::fans_as_pytorch: fans are (in 4, out 0); allowed: both at least 1");
  CHECK(refusal([] { static_cast<void>(satur::fans_as_keras({0})); }) ==
        "satur::fans_as_keras: the kernel has shape (0); expected extents of at least 1");
  std::size_t const huge = std::size_t{1} << 40;
  CHECK(refusal([=] {
          static_cast<void>(satur::convolution_fans(3, 4, {huge, huge}));
        }).starts_with("satur::convolution_fans: a number of weights is 1099511627776 x 1099511627776; allowed: "));
}
