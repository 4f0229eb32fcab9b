// Before the first step: the prediction for the weights beside measurements on the first batch.
#pragma once

#include "support/text.hpp"

#include <satur/activation.hpp>
#include <satur/monitor.hpp>
#include <satur/theory.hpp>

#include <cmath>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>

namespace support {

/// A deep network is shown by its first and last layers, with a verdict.
inline void show_forecast(std::ostream& out, satur::any_activation const& act, satur::theory::network const& expected,
                          satur::monitor const& measured) {
  std::string const verdict = wrapped(satur::theory::judge(act, expected).text, "  ");
  satur::theory::prediction p;
  try {
    p = satur::theory::predict(act, expected);
  } catch (std::invalid_argument const&) { // nothing that a table could show; the verdict says why
    out << "Before the first step\n" << verdict << '\n';
    return;
  }
  auto const ratio = [](double x) { return std::isfinite(x) ? text("%8.1e", x) : std::string("       -"); };
  out << "Before the first step    predicted                            on the first batch\n"
         "layer            mean z   std z |z|>5 % slope % gradient     mean z   std z |z|>5 % slope % gradient\n";
  double const last_gradient =
      std::next(measured.begin(), static_cast<std::ptrdiff_t>(p.layers.size()) - 1)->last().gradient.rms();
  std::size_t l = 0;
  for (satur::layer_monitor const& layer : measured) {
    if (l == p.layers.size()) {
      break; // the output
    }
    satur::theory::layer_prediction const& e = p.layers[l++];
    satur::saturation const& s = layer.last().saturation;
    if (l > 4 && l + 4 <= p.layers.size()) {
      out << (l == 5 ? "...\n" : "");
      continue;
    }
    bool const classic = s.rule == satur::z_beyond{5.0}.definition(); // the share of another rule is another one
    out << text("%-13s %9.3f %7.3f %7s %7s %s  ", layer.name().c_str(), e.mean, e.stddev(),
                percent(e.fraction()).c_str(), percent(1.0 - e.slope_saturation).c_str(),
                ratio(e.gradient_scale()).c_str())
        << text("%9.3f %7.3f %7s %7s %s\n", s.mean_z(), s.stddev_z(), classic ? percent(s.fraction()).c_str() : "-",
                percent(s.slope_share()).c_str(), ratio(layer.last().gradient.rms() / last_gradient).c_str());
  }
  out << "gradient: size of dL/dz, against the last hidden layer's\n"
      << verdict << "  This is about the first step. Whether the net then learns, only the loss tells.\n\n";
}

} // namespace support
