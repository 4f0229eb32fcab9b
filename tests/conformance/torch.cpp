// libtorch: its operators, and their gradients by autograd.
#include "conformance.hpp"

#include <algorithm>

#include <torch/torch.h>
#include <torch/version.h>

namespace {

template <class T> at::Tensor tensor_of(std::span<T const> x) {
  return torch::from_blob(const_cast<T*>(x.data()), {static_cast<std::int64_t>(x.size())},
                          c10::CppTypeToScalarType<T>::value);
}
template <class T> void store(at::Tensor const& t, std::span<T> to) {
  at::Tensor const c = t.contiguous();
  std::copy_n(c.data_ptr<T>(), to.size(), to.data());
}

template <class T, class A, class F> void both_of(A const& act, std::string const& function, F const& f) {
  conformance::value<T>(act, function, [&](std::span<T const> z, std::span<T> y) {
    torch::NoGradGuard const no_gradient;
    store(f(tensor_of(z)), y);
  });
  conformance::slope<T>(act, function, [&](std::span<T const> z, std::span<T const> dy, std::span<T> dz) {
    at::Tensor const x = tensor_of(z).clone().requires_grad_();
    store(torch::autograd::grad({f(x)}, {x}, {tensor_of(dy)})[0], dz);
  });
}
template <class A, class F> void both(A const& act, std::string const& function, F const& f) {
  both_of<float>(act, function, f);
  both_of<double>(act, function, f);
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  namespace nn = torch::nn::functional;
  torch::set_num_threads(1);
  conformance::library(
      "libtorch", "", TORCH_VERSION,
      "softplus is z above 20, as its documentation says; the instruction set is the best of the processor");
  using at::Tensor;
  both(satur::sigmoid{}, "sigmoid", [](Tensor const& z) { return torch::sigmoid(z); });
  both(satur::log_sigmoid{}, "log_sigmoid", [](Tensor const& z) { return torch::log_sigmoid(z); });
  both(satur::hard_sigmoid{}, "hardsigmoid", [](Tensor const& z) { return torch::hardsigmoid(z); });
  both(satur::tanh{}, "tanh", [](Tensor const& z) { return torch::tanh(z); });
  both(satur::hard_tanh{}, "hardtanh", [](Tensor const& z) { return torch::hardtanh(z); });
  both(satur::tanh_shrink{}, "nn::functional::tanhshrink", [](Tensor const& z) { return nn::tanhshrink(z); });
  both(satur::softsign{}, "nn::functional::softsign", [](Tensor const& z) { return nn::softsign(z); });
  both(satur::arctan{}, "atan", [](Tensor const& z) { return torch::atan(z); });
  both(satur::erf{}, "erf", [](Tensor const& z) { return torch::erf(z); });
  both(satur::exponential{}, "exp", [](Tensor const& z) { return torch::exp(z); });
  both(satur::relu{}, "relu", [](Tensor const& z) { return torch::relu(z); });
  both(satur::relu6{}, "relu6", [](Tensor const& z) { return torch::relu6(z); });
  auto const leaky_relu = [](Tensor const& z) { return torch::leaky_relu(z); };
  both_of<float>(conformance::leaky_relu<float>(), "leaky_relu", leaky_relu);
  both_of<double>(conformance::leaky_relu<double>(), "leaky_relu", leaky_relu);
  both(satur::prelu{}, "prelu",
       [](Tensor const& z) { return torch::prelu(z, torch::full({1}, 0.25, z.scalar_type())); });
  both(satur::threshold{}, "threshold", [](Tensor const& z) { return torch::threshold(z, 1.0, 0.0); });
  both(satur::elu{}, "elu", [](Tensor const& z) { return torch::elu(z); });
  both(satur::celu{}, "celu", [](Tensor const& z) { return torch::celu(z); });
  both(satur::selu{}, "selu", [](Tensor const& z) { return torch::selu(z); });
  both(satur::softplus{}, "softplus", [](Tensor const& z) { return torch::softplus(z); });
  both(satur::gelu{}, "gelu", [](Tensor const& z) { return torch::gelu(z); });
  both(satur::gelu_tanh{}, "gelu, tanh", [](Tensor const& z) { return torch::gelu(z, "tanh"); });
  both(satur::silu{}, "silu", [](Tensor const& z) { return torch::silu(z); });
  both(satur::mish{}, "mish", [](Tensor const& z) { return torch::mish(z); });
  both(satur::hard_swish{}, "hardswish", [](Tensor const& z) { return torch::hardswish(z); });
  both(satur::soft_shrink{}, "softshrink", [](Tensor const& z) { return torch::softshrink(z); });
  both(satur::hard_shrink{}, "hardshrink", [](Tensor const& z) { return torch::hardshrink(z); });
  return 0;
}
