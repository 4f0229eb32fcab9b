// oneDNN: its elementwise primitives, forward and backward; where it has both, backward from z and from y (use_dst).
#include "conformance.hpp"

#include <map>
#include <utility>

#include <dnnl.hpp>

namespace {

using dnnl::algorithm;
using dnnl::memory;

dnnl::engine const& engine() {
  static dnnl::engine const e(dnnl::engine::kind::cpu, 0);
  return e;
}
dnnl::stream& stream() {
  static dnnl::stream s(engine());
  return s;
}

/// The primitives of one algorithm, by the number of elements.
class primitives {
public:
  primitives(algorithm a, float alpha, float beta) : algorithm_(a), alpha_(alpha), beta_(beta) {}

  void forward(std::span<float const> z, std::span<float> y) {
    if (!z.empty()) {
      entry const& e = of(z.size());
      memory source(e.shape, engine(), const_cast<float*>(z.data()));
      memory result(e.shape, engine(), y.data());
      e.forward.execute(stream(), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, result}});
      stream().wait();
    }
  }
  /// seen: z, or y of an algorithm that uses it; `argument` says which.
  void backward(int argument, std::span<float const> seen, std::span<float const> dy, std::span<float> dz) {
    if (!seen.empty()) {
      entry const& e = of(seen.size());
      memory source(e.shape, engine(), const_cast<float*>(seen.data()));
      memory above(e.shape, engine(), const_cast<float*>(dy.data()));
      memory result(e.shape, engine(), dz.data());
      e.backward.execute(stream(), {{argument, source}, {DNNL_ARG_DIFF_DST, above}, {DNNL_ARG_DIFF_SRC, result}});
      stream().wait();
    }
  }

private:
  struct entry {
    memory::desc shape;
    dnnl::eltwise_forward forward;
    dnnl::eltwise_backward backward;
  };
  entry const& of(std::size_t n) {
    auto const found = made_.find(n);
    if (found != made_.end()) {
      return found->second;
    }
    memory::desc const shape({static_cast<memory::dim>(n)}, memory::data_type::f32, memory::format_tag::a);
    dnnl::eltwise_forward::primitive_desc const forward(
        dnnl::eltwise_forward::desc(dnnl::prop_kind::forward_training, algorithm_, shape, alpha_, beta_), engine());
    dnnl::eltwise_backward::primitive_desc const backward(
        dnnl::eltwise_backward::desc(algorithm_, shape, shape, alpha_, beta_), engine(), forward);
    return made_.emplace(n, entry{shape, dnnl::eltwise_forward(forward), dnnl::eltwise_backward(backward)})
        .first->second;
  }

  algorithm algorithm_;
  float alpha_;
  float beta_;
  std::map<std::size_t, entry> made_;
};

template <class A>
void both(A const& act, std::string const& function, algorithm a, float alpha = 0.0f, float beta = 0.0f) {
  primitives p(a, alpha, beta);
  conformance::value<float>(act, function, [&](auto z, auto y) { p.forward(z, y); });
  conformance::slope<float>(act, function, [&](auto z, auto dy, auto dz) { p.backward(DNNL_ARG_SRC, z, dy, dz); });
}
template <class A>
void from_output(A const& act, std::string const& function, algorithm a, float alpha = 0.0f, float beta = 0.0f) {
  primitives p(a, alpha, beta);
  conformance::slope_from_output<float>(act, function,
                                        [&](auto y, auto dy, auto dz) { p.backward(DNNL_ARG_DST, y, dy, dz); });
}

char const* instruction_set() {
  switch (dnnl::get_effective_cpu_isa()) {
  case dnnl::cpu_isa::sse41:
    return "SSE4.1";
  case dnnl::cpu_isa::avx:
    return "AVX";
  case dnnl::cpu_isa::avx2:
    return "AVX2";
  default:
    return "AVX-512 or a later set";
  }
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
  dnnl_version_t const* const v = dnnl_version();
  conformance::library(
      "oneDNN", "", std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch),
      std::string("elementwise primitives, generated for ") + instruction_set() + "; its exponential is a polynomial");
  both(satur::sigmoid{}, "logistic", algorithm::eltwise_logistic);
  from_output(satur::sigmoid{}, "logistic_use_dst_for_bwd", algorithm::eltwise_logistic_use_dst_for_bwd);
  both(satur::log_sigmoid{}, "logsigmoid", algorithm::eltwise_logsigmoid);
  both(satur::tanh{}, "tanh", algorithm::eltwise_tanh);
  from_output(satur::tanh{}, "tanh_use_dst_for_bwd", algorithm::eltwise_tanh_use_dst_for_bwd);
  both(satur::hard_tanh{}, "clip_v2, -1 and 1", algorithm::eltwise_clip_v2, -1.0f, 1.0f);
  from_output(satur::hard_tanh{}, "clip_v2_use_dst_for_bwd, -1 and 1", algorithm::eltwise_clip_v2_use_dst_for_bwd,
              -1.0f, 1.0f);
  both(satur::relu{}, "relu", algorithm::eltwise_relu);
  from_output(satur::relu{}, "relu_use_dst_for_bwd", algorithm::eltwise_relu_use_dst_for_bwd);
  both(satur::relu6{}, "bounded_relu, 6", algorithm::eltwise_bounded_relu, 6.0f);
  both(conformance::leaky_relu<float>(), "relu, 0.01", algorithm::eltwise_relu, 0.01f);
  from_output(conformance::leaky_relu<float>(), "relu_use_dst_for_bwd, 0.01", algorithm::eltwise_relu_use_dst_for_bwd,
              0.01f);
  both(satur::elu{}, "elu, 1", algorithm::eltwise_elu, 1.0f);
  from_output(satur::elu{}, "elu_use_dst_for_bwd, 1", algorithm::eltwise_elu_use_dst_for_bwd, 1.0f);
  both(satur::softplus{}, "soft_relu", algorithm::eltwise_soft_relu);
  both(satur::gelu{}, "gelu_erf", algorithm::eltwise_gelu_erf);
  both(satur::gelu_tanh{}, "gelu_tanh", algorithm::eltwise_gelu_tanh);
  both(satur::silu{}, "swish, 1", algorithm::eltwise_swish, 1.0f);
  both(satur::silu{static_cast<double>(1.702f)}, "swish, 1.702", algorithm::eltwise_swish, 1.702f);
  both(satur::mish{}, "mish", algorithm::eltwise_mish);
  both(satur::hard_swish{}, "hardswish", algorithm::eltwise_hardswish);
  both(satur::exponential{}, "exp", algorithm::eltwise_exp);
  from_output(satur::exponential{}, "exp_use_dst_for_bwd", algorithm::eltwise_exp_use_dst_for_bwd);
  return 0;
}
