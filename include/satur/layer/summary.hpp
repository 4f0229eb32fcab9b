/// \file layer/summary.hpp  A table of a net's layers: shapes, parameters, fans, memory, and the saturation to expect.
///
///     std::cout << satur::summary(net, {32, 784});
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/layer/chain.hpp"
#include "satur/layer/chain_laws.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/sequential.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"
#include "satur/theory/units.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// The inputs that a summary predicts for: independent numbers of this mean and variance.
struct summary_options {
  double input_mean = 0.0;
  double input_variance = 1.0;
  double threshold = 5.0; ///< of |z|
};

/// One layer of a net.
struct layer_summary {
  std::string name;
  std::string kind;                  ///< "dense", "relu"
  std::vector<std::size_t> output{}; ///< shape of its output
  std::size_t parameters = 0;
  std::optional<fans> size{}; ///< of its weights
  /// Of an activation: what theory expects of its z before training, from the weights as they are. NaN if it is no
  /// activation, or theory does not know a layer before it.
  double saturated = std::numeric_limits<double>::quiet_NaN();        ///< P(|z| > threshold)
  double mean_derivative = std::numeric_limits<double>::quiet_NaN();  ///< E f'(z)
  double slope_saturation = std::numeric_limits<double>::quiet_NaN(); ///< 1 - mean slope / peak slope
};

/// A net, layer by layer. `<<` prints it as a table.
struct net_summary {
  std::vector<std::size_t> input{}; ///< shape
  double threshold = 5.0;
  std::vector<layer_summary> layers{};
  std::size_t parameters = 0;
  std::size_t parameter_bytes = 0;
  std::size_t gradient_bytes = 0;
  std::size_t activation_bytes = 0; ///< outputs, slopes and gradients between the layers, after a step; no workspaces

  friend std::ostream& operator<<(std::ostream& out, net_summary const& s) {
    std::array<std::size_t, 8> widths{};
    std::vector<std::array<std::string, 8>> rows{{"layer", "kind", "output", "parameters", "fan-in", "fan-out",
                                                  "|z|>" + text::number(s.threshold) + " %", "mean slope"}};
    rows.push_back({"input", "", detail::shape_text(s.input), "", "", "", "", ""});
    for (layer_summary const& l : s.layers) {
      bool const predicted = !detail::is_nan(l.saturated);
      rows.push_back({l.name, l.kind == l.name ? "" : l.kind, detail::shape_text(l.output),
                      l.parameters == 0 ? "" : text::number(l.parameters), l.size ? text::number(l.size->in) : "",
                      l.size ? text::number(l.size->out) : "", predicted ? text::percent(l.saturated) : "",
                      predicted ? text::significant(l.mean_derivative, 3) : ""});
    }
    for (auto const& row : rows) {
      for (std::size_t c = 0; c < row.size(); ++c) {
        widths[c] = (std::max)(widths[c], text::width_of(row[c]));
      }
    }
    for (auto const& row : rows) {
      std::string line;
      for (std::size_t c = 0; c < row.size(); ++c) {
        line += c < 3 ? text::left(row[c], widths[c]) : text::right(row[c], widths[c]);
        line += "  ";
      }
      out << line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return out << detail::count_text(s.parameters, "parameter") << ": " << memory(s.parameter_bytes) << ", gradients "
               << memory(s.gradient_bytes) << ", kept by the layers in a step " << memory(s.activation_bytes) << '\n';
  }

private:
  [[nodiscard]] static std::string memory(std::size_t bytes) {
    double const n = static_cast<double>(bytes);
    return n < 10e3   ? detail::count_text(bytes, "byte")
           : n < 10e6 ? text::significant(n / 1e3, 4) + " kB"
                      : text::significant(n / 1e6, 4) + " MB";
  }
};

namespace detail {
/// f(name, layer, output) for the layers of the net from the K-th on, whose input is x.
template <std::size_t K = 0, class Net, class X, class F> void forward_each(Net& net, X const& x, F const& f) {
  auto& layer = net.template layer<K>();
  auto const& y = layer.forward(x);
  f(net.names()[K], layer, y);
  if constexpr (K + 1 < Net::layer_count) {
    forward_each<K + 1>(net, y, f);
  }
}
} // namespace detail

/// What each layer of the net gives for an input of that shape, what it holds, and what to expect of its z before
/// training. The net stays as it is: a copy of it makes one step on zeros.
///
/// Predictions: z of a unit has mean sum w m + b and variance sum w^2 v over inputs, from the actual weights, and is
/// taken as normal; the inputs of a layer are taken as independent, which pixels next to each other are not. Pixels of
/// padding count as others, a chain inside of the chain ends the prediction. Throws shape_error if the shape does not
/// fit, std::invalid_argument if an option is out of range.
template <class... Parts>
[[nodiscard]] net_summary summary(sequential<Parts...> const& net,
                                  typename sequential<Parts...>::input_type::shape_type const& input,
                                  summary_options const& options = {}) {
  using input_type = typename sequential<Parts...>::input_type;
  detail::require_law("summary (of the input)", options.input_mean, options.input_variance);
  sequential<Parts...> copy(net);
  input_type x = input_type::from_shape(input);
  std::fill_n(x.data(), x.size(), typename input_type::value_type(0));
  copy.forward(x);
  copy.backward_parameters(typename sequential<Parts...>::output_type(copy.output()));

  net_summary all{.input = {input.begin(), input.end()}, .threshold = options.threshold};
  detail::chain_laws laws;
  laws.known = input.size() == 2 || input.size() == 4;
  if (laws.known) {
    laws.now = {std::vector<double>(input[1], options.input_mean),
                std::vector<double>(input[1], options.input_variance)};
  }
  std::vector<std::size_t> from = all.input;
  std::size_t arrays = 0;
  detail::forward_each(copy, x, [&]<class L>(std::string const& name, L& layer, auto const& y) {
    layer_summary one{.name = name, .kind = std::string(L::layer_name)};
    if constexpr (detail::is_activation_layer<L>) { // one that was chosen at run time has a name too
      one.kind = std::string(name_of(layer.act));
    }
    one.output.assign(y.shape().begin(), y.shape().end());
    if constexpr (parameterized<L>) {
      one.parameters = parameter_count(layer);
      layer.each_parameter([&](std::string_view, auto const& parameter, auto const& gradient) {
        all.parameter_bytes += parameter.size() * sizeof(*parameter.data());
        all.gradient_bytes += gradient.size() * sizeof(*gradient.data());
      });
    }
    detail::chain_access::each_array(layer, [&](auto const& array) { arrays += array.size() * sizeof(*array.data()); });
    one.size = detail::fans_of(layer);
    detail::pass_on(std::as_const(layer), from, one.output, laws);
    if constexpr (detail::is_activation_layer<L>) {
      if (laws.known) {
        theory::unit_prediction const p = theory::predicted(laws.z, layer.act, options.threshold);
        one.saturated = p.fraction();
        one.mean_derivative = p.mean_derivative;
        one.slope_saturation = p.slope_saturation;
      }
    }
    all.parameters += one.parameters;
    from = one.output;
    all.layers.push_back(std::move(one));
  });
  all.activation_bytes = arrays - all.parameter_bytes - all.gradient_bytes;
  return all;
}

}} // namespace satur::SATUR_ABI
