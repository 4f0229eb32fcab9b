// XNNPACK: its operators over float. It is for inference and has no gradients.
#include "conformance.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

#include <xnnpack.h>

namespace {

void require(xnn_status status) {
  if (status != xnn_status_success) {
    throw std::runtime_error("XNNPACK answers with status " + std::to_string(static_cast<int>(status)));
  }
}

/// create(operator*) makes the operator, of one channel; setup gives it its arrays.
template <class A, class Create, class Setup>
void value(A const& act, std::string const& function, Create const& create, Setup const& setup) {
  xnn_operator_t op = nullptr;
  require(create(&op));
  std::vector<float> in; // XNNPACK may read XNN_EXTRA_BYTES behind the end
  conformance::value<float>(act, function, [&](std::span<float const> z, std::span<float> y) {
    if (z.empty()) {
      return;
    }
    in.assign(z.begin(), z.end());
    in.resize(z.size() + XNN_EXTRA_BYTES / sizeof(float));
    require(setup(op, z.size(), in.data(), y.data(), nullptr));
    require(xnn_run_operator(op, nullptr));
  });
  xnn_delete_operator(op);
}
template <class A> void clamp(A const& act, std::string const& function, float low, float high) {
  value(
      act, function, [&](xnn_operator_t* op) { return xnn_create_clamp_nc_f32(1, 1, 1, low, high, 0, op); },
      xnn_setup_clamp_nc_f32);
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  require(xnn_initialize(nullptr));
  conformance::library("XNNPACK", "", CONFORMANCE_PACKAGE_VERSION,
                       "made for inference: it has no gradients, and runs with subnormal numbers flushed");
  value(
      satur::sigmoid{}, "sigmoid_nc_f32", [](xnn_operator_t* op) { return xnn_create_sigmoid_nc_f32(1, 1, 1, 0, op); },
      xnn_setup_sigmoid_nc_f32);
  value(
      satur::elu{}, "elu_nc_f32", [](xnn_operator_t* op) { return xnn_create_elu_nc_f32(1, 1, 1, 1.0f, 0, op); },
      xnn_setup_elu_nc_f32);
  value(
      satur::hard_swish{}, "hardswish_nc_f32",
      [](xnn_operator_t* op) { return xnn_create_hardswish_nc_f32(1, 1, 1, 0, op); }, xnn_setup_hardswish_nc_f32);
  value(
      conformance::leaky_relu<float>(), "leaky_relu_nc_f32",
      [](xnn_operator_t* op) { return xnn_create_leaky_relu_nc_f32(1, 1, 1, 0.01f, 0, op); },
      xnn_setup_leaky_relu_nc_f32);
  float const slope = 0.25f;
  value(
      satur::prelu{}, "prelu_nc_f32",
      [&](xnn_operator_t* op) { return xnn_create_prelu_nc_f32(1, 1, 1, &slope, 0, op); }, xnn_setup_prelu_nc_f32);
  clamp(satur::relu{}, "clamp_nc_f32, 0 and infinity", 0.0f, std::numeric_limits<float>::infinity());
  clamp(satur::relu6{}, "clamp_nc_f32, 0 and 6", 0.0f, 6.0f);
  clamp(satur::hard_tanh{}, "clamp_nc_f32, -1 and 1", -1.0f, 1.0f);
  return 0;
}
