// A gated linear unit by its definition, one number at a time: value and gate from weights that are given apart.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

namespace test {

/// y = (value + offset) act(gate); value = x wv + bv cut to [-limit, limit], gate = x wg + bg cut to at most limit.
///
/// act: sigmoid is Dauphin et al. 2017, silu and gelu Shazeer 2020. offset 1, limit 7 and act(b) = b sigmoid(1.702 b)
/// is the function swiglu of gpt_oss/torch/model.py.
struct plain_gate {
  std::size_t in, out;
  std::vector<double> wv, bv, wg, bg; ///< (in, out), (out)
  std::function<double(double)> act;
  double limit = std::numeric_limits<double>::infinity();
  double offset = 0.0;

  [[nodiscard]] std::vector<double> forward(std::vector<double> const& x) const {
    std::vector<double> y;
    for (std::size_t r = 0; r < x.size() / in; ++r) {
      for (std::size_t c = 0; c < out; ++c) {
        double value = bv[c];
        double gate = bg[c];
        for (std::size_t i = 0; i < in; ++i) {
          value += x[r * in + i] * wv[i * out + c];
          gate += x[r * in + i] * wg[i * out + c];
        }
        value = value > limit ? limit : value < -limit ? -limit : value;
        gate = gate > limit ? limit : gate;
        y.push_back((value + offset) * act(gate));
      }
    }
    return y;
  }
};

inline double plain_sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

} // namespace test
