// A training loop in plain Eigen, without satur's layers, is diagnosed by three added lines: its weights were drawn ten
// times too large, which the findings say; with the advised weights its error falls to less than half.
#include <satur/adapt/eigen.hpp>
#include <satur/finding.hpp>
#include <satur/monitor.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

using Eigen::MatrixXf;
using Eigen::VectorXf;

/// z = w x + b, a = tanh(z): columns are samples, as Eigen's users have them.
struct layer {
  std::string name;
  MatrixXf w;
  VectorXf b;
  MatrixXf x, z, a;
};

MatrixXf normal(Eigen::Index rows, Eigen::Index columns, std::mt19937& urbg) {
  std::normal_distribution<float> number;
  return MatrixXf::NullaryExpr(rows, columns, [&] { return number(urbg); });
}

std::vector<layer> make_net(float scale) {
  std::mt19937 urbg(1);
  std::vector<layer> net;
  Eigen::Index const widths[] = {8, 32, 32, 1};
  for (int k = 0; k < 3; ++k) {
    float const usual = 1.0f / std::sqrt(static_cast<float>(widths[k])); // LeCun's rule
    net.push_back({.name = k == 2 ? "out" : "hidden " + std::to_string(k + 1),
                   .w = (k == 2 ? 1.0f : scale) * usual * normal(widths[k + 1], widths[k], urbg),
                   .b = VectorXf::Zero(widths[k + 1]),
                   .x = {},
                   .z = {},
                   .a = {}});
  }
  return net;
}

/// Returns the mean squared error of the last 20 steps.
float train(std::vector<layer>& net, satur::monitor& mon) { // (1) added: a monitor
  std::mt19937 urbg(2);
  float const rate = 0.05f;
  float recent = 0.0f;
  int const steps = 200;
  for (int step = 0; step < steps; ++step) {
    MatrixXf const x = normal(8, 64, urbg);
    MatrixXf const target = (x.row(0).array().sin() + 0.5f * x.row(1).array()).matrix();

    MatrixXf a = x;
    for (layer& l : net) {
      l.x = a;
      l.z = (l.w * l.x).colwise() + l.b;
      if (&l != &net.back()) {
        mon[l.name].observe(satur::tanh{}, l.z); // (2) added: what its units do
        l.a = l.z.array().tanh();
      } else {
        l.a = l.z;
      }
      a = l.a;
    }
    MatrixXf const error = a - target;
    recent += step < steps - 20 ? 0.0f : error.squaredNorm() / 64.0f / 20.0f;

    MatrixXf dz = error * (2.0f / 64.0f);
    for (std::size_t k = net.size(); k-- > 0;) {
      layer& l = net[k];
      if (k + 1 != net.size()) {
        dz = (dz.array() * (1.0f - l.a.array().square())).matrix();
      }
      MatrixXf const dx = l.w.transpose() * dz;
      l.w -= rate * dz * l.x.transpose();
      l.b -= rate * dz.rowwise().sum();
      dz = dx;
    }
    mon.end_step(); // (3) added: the step is complete
  }
  return recent;
}

} // namespace

int main() {
  std::vector<layer> start = make_net(10.0f);
  std::vector<float> errors;
  for (int run = 0; run < 4; ++run) {
    std::vector<layer> net = start;
    satur::monitor mon({.units = true});
    errors.push_back(train(net, mon));
    std::cout << mon << "\nmean squared error " << errors.back() << '\n';
    std::vector<satur::finding> const found = satur::diagnose(mon);
    for (satur::finding const& f : found) {
      std::cout << f << '\n';
      for (layer& l : start) { // weights change only on request
        if (l.name == f.layer && f.cure.what == satur::remedy::rescale) {
          satur::rescale(l.w, l.b, f.cure.factor);
        }
      }
    }
    std::cout << '\n';
    if (found.empty()) {
      break;
    }
  }
  return errors.size() > 1 && errors.size() < 4 && errors.back() < 0.5f * errors.front() ? 0 : 1;
}
