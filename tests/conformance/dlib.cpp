// dlib: the tensor functions behind the activation layers of its dnn, on the processor, with those layers' defaults.
#include "conformance.hpp"

#include <algorithm>

#include <dlib/cuda/tensor_tools.h>
#include <dlib/revision.h>

namespace {

dlib::resizable_tensor tensor_of(std::span<float const> x) {
  dlib::resizable_tensor t(static_cast<long long>(x.size()));
  std::copy(x.begin(), x.end(), t.host());
  return t;
}
void store(dlib::tensor const& t, std::span<float> to) { std::copy_n(t.host(), to.size(), to.data()); }

/// f(result, z)
template <class A, class F> void value(A const& act, std::string const& function, F const& f) {
  conformance::value<float>(act, function, [&](std::span<float const> z, std::span<float> y) {
    if (!z.empty()) {
      dlib::resizable_tensor result(static_cast<long long>(z.size()));
      f(result, tensor_of(z));
      store(result, y);
    }
  });
}
/// f(result, z or y, dy) adds to the result.
template <class F> auto gradient(F const& f) {
  return [&f](std::span<float const> seen, std::span<float const> dy, std::span<float> dz) {
    if (!seen.empty()) {
      dlib::resizable_tensor result(static_cast<long long>(seen.size()));
      result = 0;
      f(result, tensor_of(seen), tensor_of(dy));
      store(result, dz);
    }
  };
}
template <class A, class F> void from_input(A const& act, std::string const& function, F const& f) {
  conformance::slope<float>(act, function, gradient(f));
}
template <class A, class F> void from_output(A const& act, std::string const& function, F const& f) {
  conformance::slope_from_output<float>(act, function, gradient(f));
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  using dlib::tensor;
  namespace tt = dlib::tt;
  conformance::library("dlib", "", std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION),
                       "the formulas of its documentation, in float with the C library's functions");

  value(satur::sigmoid{}, "sigmoid", [](tensor& y, tensor const& z) { tt::sigmoid(y, z); });
  from_output(satur::sigmoid{}, "sigmoid_gradient",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::sigmoid_gradient(dz, y, dy); });
  value(satur::tanh{}, "tanh", [](tensor& y, tensor const& z) { tt::tanh(y, z); });
  from_output(satur::tanh{}, "tanh_gradient",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::tanh_gradient(dz, y, dy); });
  value(satur::relu{}, "relu", [](tensor& y, tensor const& z) { tt::relu(y, z); });
  from_output(satur::relu{}, "relu_gradient",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::relu_gradient(dz, y, dy); });
  value(satur::relu6{}, "clipped_relu, 6", [](tensor& y, tensor const& z) { tt::clipped_relu(y, z, 6.0f); });
  from_output(satur::relu6{}, "clipped_relu_gradient, 6",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::clipped_relu_gradient(dz, y, dy, 6.0f); });
  value(conformance::leaky_relu<float>(), "leaky_relu, 0.01",
        [](tensor& y, tensor const& z) { tt::leaky_relu(y, z, 0.01f); });
  from_output(conformance::leaky_relu<float>(), "leaky_relu_gradient, 0.01",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::leaky_relu_gradient(dz, y, dy, 0.01f); });
  dlib::resizable_tensor weight(1);
  weight = 0.25f;
  value(satur::prelu{}, "prelu, 0.25", [&](tensor& y, tensor const& z) { tt::prelu(y, z, weight); });
  from_input(satur::prelu{}, "prelu_gradient, 0.25", [&](tensor& dz, tensor const& z, tensor const& dy) {
    dlib::resizable_tensor of_weight(1);
    tt::prelu_gradient(dz, z, dy, weight, of_weight);
  });
  value(satur::elu{}, "elu, 1", [](tensor& y, tensor const& z) { tt::elu(y, z, 1.0f); });
  from_output(satur::elu{}, "elu_gradient, 1",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::elu_gradient(dz, y, dy, 1.0f); });
  value(satur::gelu{}, "gelu", [](tensor& y, tensor const& z) { tt::gelu(y, z); });
  from_input(satur::gelu{}, "gelu_gradient",
             [](tensor& dz, tensor const& z, tensor const& dy) { tt::gelu_gradient(dz, z, dy); });
  value(satur::silu{}, "silu", [](tensor& y, tensor const& z) { tt::silu(y, z); });
  from_input(satur::silu{}, "silu_gradient",
             [](tensor& dz, tensor const& z, tensor const& dy) { tt::silu_gradient(dz, z, dy); });
  value(satur::mish{}, "mish", [](tensor& y, tensor const& z) { tt::mish(y, z); });
  from_input(satur::mish{}, "mish_gradient",
             [](tensor& dz, tensor const& z, tensor const& dy) { tt::mish_gradient(dz, z, dy); });

  // z for z > 1, 0 for z < -1, (z + 1)^2/4 between.
  satur::testing::truth const smelu(
      "smelu", [](long double z) { return z > 1.0L    ? z
                                          : z < -1.0L ? 0.0L * z
                                                      : (z + 1.0L) * (z + 1.0L) / 4.0L; },
      [](long double z) { return z > 1.0L    ? 1.0L
                                 : z < -1.0L ? 0.0L
                                             : (z + 1.0L) / 2.0L; });
  value(smelu, "smelu, 1", [](tensor& y, tensor const& z) { tt::smelu(y, z, 1.0f); });
  from_output(smelu, "smelu_gradient, 1",
              [](tensor& dz, tensor const& y, tensor const& dy) { tt::smelu_gradient(dz, y, dy, 1.0f); });
  return 0;
}
