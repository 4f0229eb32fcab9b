// Optimizers as torch.optim's pages write their algorithms (SGD, Adam, AdamW of torch 2.4), one number after the other
// in double.
#pragma once

#include <cmath>
#include <vector>

namespace satur_test::plain {

using values = std::vector<double>;

struct sgd {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
  int t = 0;
  values b{};

  void step(values& theta, values const& gradient) {
    ++t;
    b.resize(theta.size());
    for (std::size_t i = 0; i < theta.size(); ++i) {
      double g = gradient[i];
      if (weight_decay != 0) {
        g = g + weight_decay * theta[i];
      }
      if (momentum != 0) {
        if (t > 1) {
          b[i] = momentum * b[i] + (1 - dampening) * g;
        } else {
          b[i] = g;
        }
        if (nesterov) {
          g = g + momentum * b[i];
        } else {
          g = b[i];
        }
      }
      theta[i] = theta[i] - lr * g;
    }
  }
};

struct adam {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled;
  int t = 0;
  values m{}, v{};

  void step(values& theta, values const& gradient) {
    ++t;
    m.resize(theta.size());
    v.resize(theta.size());
    for (std::size_t i = 0; i < theta.size(); ++i) {
      double g = gradient[i];
      if (decoupled) {
        theta[i] = theta[i] - lr * weight_decay * theta[i];
      } else if (weight_decay != 0) {
        g = g + weight_decay * theta[i];
      }
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      double const m_hat = m[i] / (1 - std::pow(beta1, t));
      double const v_hat = v[i] / (1 - std::pow(beta2, t));
      theta[i] = theta[i] - lr * m_hat / (std::sqrt(v_hat) + eps);
    }
  }
};

} // namespace satur_test::plain
