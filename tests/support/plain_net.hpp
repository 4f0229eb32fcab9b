// A network in plain vectors with a monitor. The tests of findings build healthy and unhealthy networks from it.
#pragma once

#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"
#include "satur/initializer.hpp"

#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace test {

struct plain_layer {
  std::size_t in;
  std::size_t out;
  std::vector<double> w; // (in, out)
  std::vector<double> b;
  std::vector<double> z, a, slope; // (batch, out)
  satur::unit_records units{};
};

/// z = a w + b
inline void affine(plain_layer& l, std::vector<double> const& a, std::size_t batch) {
  l.z.assign(batch * l.out, 0.0);
  for (std::size_t s = 0; s < batch; ++s) {
    for (std::size_t j = 0; j < l.out; ++j) {
      l.z[s * l.out + j] = l.b[j];
    }
    for (std::size_t i = 0; i < l.in; ++i) {
      double const x = a[s * l.in + i];
      for (std::size_t j = 0; j < l.out; ++j) {
        l.z[s * l.out + j] += x * l.w[i * l.out + j];
      }
    }
  }
}

inline std::vector<double> standard_normal(std::size_t n, std::mt19937_64& urbg, double mean = 0.0, double std = 1.0) {
  std::vector<double> x(n);
  satur::fill(satur::normal{mean, std}, x, satur::fans{1, 1}, urbg);
  return x;
}

template <class A> struct plain_net {
  A act;
  std::size_t batch;
  std::vector<plain_layer> layers;

  template <class I>
  plain_net(A const& activation, std::size_t samples, std::vector<std::size_t> const& widths, I const& init,
            std::mt19937_64& urbg)
      : act(activation), batch(samples) {
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      plain_layer layer{widths[l], widths[l + 1], {}, {}, {}, {}, {}, {}};
      layer.w.resize(layer.in * layer.out);
      layer.b.assign(layer.out, 0.0);
      satur::fill(init, layer.w, satur::fans{layer.in, layer.out}, urbg);
      layers.push_back(layer);
    }
  }

  [[nodiscard]] static std::string name(std::size_t l) { return "hidden " + std::to_string(l + 1); }

  /// One step, recorded: forward from x, backward from dL/da of the last layer, and the update at that rate.
  void step(satur::monitor& mon, std::vector<double> const& x, std::vector<double> const& last_da, double rate = 0.0) {
    std::vector<double> const* a = &x;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      plain_layer& p = layers[l];
      affine(p, *a, batch);
      p.a.resize(p.z.size());
      p.slope.resize(p.z.size());
      mon[name(l)].forward(act, p.z, p.a, p.slope);
      satur::observe_units(p.units, act, p.z, satur::unit_layout::matrix(batch, p.out), mon.rule());
      a = &p.a;
    }
    std::vector<double> da = last_da;
    for (std::size_t l = layers.size(); l-- > 0;) {
      plain_layer& p = layers[l];
      std::vector<double> dz(p.z.size());
      for (std::size_t k = 0; k < dz.size(); ++k) {
        dz[k] = da[k] * p.slope[k];
      }
      mon[name(l)].gradient(dz);
      std::vector<double> const& input = l == 0 ? x : layers[l - 1].a;
      std::vector<double> dw(p.w.size(), 0.0);
      da.assign(batch * p.in, 0.0);
      for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t i = 0; i < p.in; ++i) {
          double sum = 0.0;
          for (std::size_t j = 0; j < p.out; ++j) {
            sum += dz[s * p.out + j] * p.w[i * p.out + j];
            dw[i * p.out + j] += dz[s * p.out + j] * input[s * p.in + i];
          }
          da[s * p.in + i] = sum;
        }
      }
      if (rate != 0.0) {
        mon[name(l)].update(p.w, dw, -rate);
      }
    }
    mon.end_step();
  }
};

/// Records of a monitor with the units of the network.
template <class A> std::vector<satur::named_record> records_of(satur::monitor const& mon, plain_net<A> const& net) {
  std::vector<satur::named_record> records = satur::records_of(mon);
  for (std::size_t l = 0; l < records.size(); ++l) {
    records[l].units = &net.layers[l].units;
  }
  return records;
}

} // namespace test
