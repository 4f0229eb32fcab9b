// What weights do to the slope, as a picture: satur_weights_picture [FILE.svg]. Left: large weights saturate a layer.
// Right: with Glorot's rule no unit of eight sigmoid layers is beyond |z| = 5, and the gradient vanishes all the same;
// with tanh it does not. This program fails if that is not so.
#include "support/picture_file.hpp"

#include <satur/activation/sigmoid.hpp>
#include <satur/activation/tanh.hpp>
#include <satur/initializer.hpp>
#include <satur/report/svg/canvas.hpp>
#include <satur/report/svg/line_chart.hpp>
#include <satur/theory.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// dL/dz of each layer, as a share of that of the last one.
satur::svg::series gradient_of(std::string_view name, satur::theory::prediction const& p) {
  satur::svg::series line{std::string(name), {}, {}};
  for (std::size_t k = 0; k < p.layers.size(); ++k) {
    line.x.push_back(static_cast<double>(k + 1));
    line.y.push_back(p.layers[k].gradient_scale() / p.layers.back().gradient_scale());
  }
  return line;
}

} // namespace

int main(int argc, char** argv) {
  satur::sigmoid const act;
  satur::svg::series beyond{"|z| > 5", {}, {}}, share{"mean slope", {}, {}};
  auto const of = [&](double spread) {
    return satur::predicted(satur::normal{.spread = spread}, satur::fans{100, 256}, act);
  };
  for (int i = 1; i <= 60; ++i) {
    double const multiple = i / 5.0;
    double const spread = 0.1 * multiple; // 1 / sqrt(100) is usual
    beyond.x.push_back(multiple);
    auto const layer = of(spread);
    beyond.y.push_back(layer.fraction());
    share.x.push_back(multiple);
    share.y.push_back(layer.mean_derivative / act.peak_slope());
  }
  std::cout.precision(3);
  for (double const spread : {0.1, 1.0, 10.0}) {
    auto const layer = of(spread);
    std::cout << "weights of standard deviation " << spread << ": " << 100.0 * layer.fraction() << " % beyond 5, "
              << 100.0 * layer.mean_derivative / act.peak_slope() << " % of the peak slope\n";
  }

  auto const net = satur::theory::network_of(satur::glorot_uniform{}, {100, 100, 100, 100, 100, 100, 100, 100, 100});
  auto const sigmoids = satur::theory::predict(act, net);
  auto const tanhs = satur::theory::predict(satur::tanh{}, net);
  satur::svg::series const lost = gradient_of(act.name, sigmoids), kept = gradient_of(satur::tanh::name, tanhs);
  double most = 0.0;
  for (satur::theory::layer_prediction const& l : sigmoids.layers) {
    most = l.fraction() > most ? l.fraction() : most;
  }
  std::cout << "eight layers: the first has " << lost.y.front() << " of the last one's gradient with sigmoid, "
            << kept.y.front() << " with tanh; at most " << 100.0 * most << " % are beyond 5\n";

  satur::svg::line_chart const sizes{.title = "Large weights",
                                     .x_label = "weights, as a multiple of the usual ones",
                                     .y_label = "sigmoid: share beyond 5, and slope (as a share of the peak)",
                                     .lines = {beyond, share},
                                     .events = {{1.0, "usual"}, {10.0, "ten times"}},
                                     .width = 430.0,
                                     .height = 210.0,
                                     .room_for_numbers = 40.0,
                                     .room_for_names = 76.0};
  satur::svg::line_chart const depth{.title = "Depth",
                                     .x_label = "layer",
                                     .y_label = "size of dL/dz, as a share of the last layer's",
                                     .lines = {lost, kept},
                                     .logarithmic = true,
                                     .width = 430.0,
                                     .height = 210.0,
                                     .room_for_numbers = 44.0,
                                     .room_for_names = 66.0};
  satur::svg::canvas picture(880.0, 220.0);
  picture.place({4.0, 6.0}, sizes.draw());
  picture.place({446.0, 6.0}, depth.draw());
  if (argc > 1 &&
      !support::write_picture(
          "weights_picture", argv[1], picture,
          "Large weights saturate a sigmoid layer; many sigmoid layers lose the gradient without it",
          "Left: with larger weights the share beyond 5 rises and the mean slope falls. Right: through eight "
          "layers of sigmoid the gradient falls at each layer, although no unit is beyond 5; tanh keeps it.")) {
    return 2;
  }
  bool const saturates = of(1.0).fraction() > 0.6 && of(0.1).fraction() < 1e-6;
  return saturates && most < 1e-6 && lost.y.front() < 1e-3 && kept.y.front() > 0.1 ? 0 : 1;
}
