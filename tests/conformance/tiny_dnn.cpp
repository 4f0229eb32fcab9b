// tiny-dnn: the activation functions that its layers call, and their slopes, which they take from y. With
// CNN_USE_DOUBLE its numbers are double.
#include "conformance.hpp"

#include <cmath>

#include <tiny_dnn/activations/activation_function.h>

namespace {

namespace activation = tiny_dnn::activation;
using number = tiny_dnn::float_t;

template <class A, class F> void both(A const& act, std::string const& function, F const& f) {
  conformance::value<number>(act, function, [&](std::span<number const> z, std::span<number> y) {
    tiny_dnn::vec_t const in(z.begin(), z.end());
    for (std::size_t i = 0; i < in.size(); ++i) {
      y[i] = f.f(in, i);
    }
  });
  conformance::slope_from_output<number>(
      act, function + ", df", [&](std::span<number const> y, std::span<number const> dy, std::span<number> dz) {
        for (std::size_t i = 0; i < y.size(); ++i) {
          dz[i] = dy[i] * f.df(y[i]);
        }
      });
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  conformance::library("tiny-dnn", "", CONFORMANCE_PACKAGE_VERSION,
                       "the formulas in use, with the C++ library's functions; every slope is computed from y");
  both(satur::identity{}, "identity", activation::identity());
  both(satur::sigmoid{}, "sigmoid", activation::sigmoid());
  both(satur::tanh{}, "tan_h", activation::tan_h());
  both(satur::relu{}, "relu", activation::relu());
  both(conformance::leaky_relu<number>(), "leaky_relu", activation::leaky_relu());
  both(satur::elu{}, "elu", activation::elu());
  // tanh(z)/2 + 1/2, which is sigmoid(2 z): tiny-dnn computes e^z / (e^z + e^-z).
  satur::testing::truth const scaled(
      "tanh(z)/2 + 1/2", [](long double z) { return 1.0L / (1.0L + std::exp(-2.0L * z)); },
      [](long double z) {
        long double const e = std::exp(-2.0L * (z < 0.0L ? -z : z));
        return 2.0L * e / ((1.0L + e) * (1.0L + e));
      });
  both(scaled, "tan_hp1m2", activation::tan_hp1m2());
  return 0;
}
