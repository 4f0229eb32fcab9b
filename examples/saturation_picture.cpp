// What saturation is, as a picture: satur_saturation_picture [FILE.svg]. Beyond |z| = 5 a sigmoid has less than 2.7 %
// of its peak slope. In float y(1 - y) is 0 from z = 16.64 on, where the slope is 5.9e-8: this program fails if it is
// not.
#include "support/picture_file.hpp"

#include <satur/activation/sigmoid.hpp>
#include <satur/report/svg/canvas.hpp>
#include <satur/report/svg/line_chart.hpp>

#include <cmath>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  satur::sigmoid const act;
  satur::svg::series value{"sigmoid", {}, {}}, share{"slope x 4", {}, {}};
  for (int i = -100; i <= 100; ++i) {
    double const z = i / 10.0;
    value.x.push_back(z);
    value.y.push_back(act.value(z));
    share.x.push_back(z);
    share.y.push_back(4.0 * act.derivative(z));
  }
  satur::svg::series slope{"true slope", {}, {}}, product{"y(1 - y)", {}, {}};
  float first_zero = 0.0f;
  for (int i = 0; i <= 2400; ++i) {
    float const z = static_cast<float>(i) / 100.0f;
    float const y = 1.0f / (1.0f + std::exp(-z)); // as it is usually written
    float const rounded = y * (1.0f - y);
    first_zero = rounded == 0.0f && first_zero == 0.0f ? z : first_zero;
    if (i % 20 == 0 || z == first_zero) {
      slope.x.push_back(static_cast<double>(z));
      slope.y.push_back(static_cast<double>(act.derivative(z)));
      product.x.push_back(static_cast<double>(z));
      product.y.push_back(static_cast<double>(rounded)); // a logarithmic axis has no 0: the line ends there
    }
  }
  float const left = act.derivative(first_zero);
  std::cout << "y(1 - y) is 0 from z = " << first_zero << " on; the slope there is " << left << '\n';

  satur::svg::line_chart const flat{.title = "Sigmoid and slope",
                                    .x_label = "z",
                                    .y_label = "sigmoid and its slope (as a share of the peak)",
                                    .lines = {value, share},
                                    .width = 430.0,
                                    .height = 210.0,
                                    .room_for_numbers = 40.0,
                                    .room_for_names = 66.0};
  satur::svg::line_chart const tail{.title = "Slope in the tail",
                                    .x_label = "z",
                                    .y_label = "slope in float: the true one, and y(1 - y)",
                                    .lines = {slope, product},
                                    .events = {{static_cast<double>(first_zero), "y(1 - y) becomes 0"}},
                                    .logarithmic = true,
                                    .width = 430.0,
                                    .height = 210.0,
                                    .room_for_numbers = 44.0,
                                    .room_for_names = 66.0};
  satur::svg::canvas picture(880.0, 220.0);
  double const half = (flat.width - flat.room_for_numbers - flat.room_for_names) / 2.0; // from z = 0 to z = 10
  for (double const from : {0.0, 1.5 * half}) {
    satur::svg::point const corner{4.0 + flat.room_for_numbers + from, 20.0};
    picture.rectangle(corner, half / 2.0, flat.height - 48.0, {}, "fill:var(--alarm);fill-opacity:.13");
    picture.text({corner.x + half / 4.0, 100.0}, from == 0.0 ? "z < -5: flat" : "z > 5: flat", "middle");
  }
  picture.place({4.0, 6.0}, flat.draw());
  picture.place({446.0, 6.0}, tail.draw());
  if (argc > 1 &&
      !support::write_picture("saturation_picture", argv[1], picture,
                              "A sigmoid, its slope, and the slope as y(1 - y) in float",
                              "Left: the sigmoid is flat and its slope nearly 0 where z is beyond 5 or -5. Right: in "
                              "float y(1 - y) follows the slope, in steps, and is exactly 0 from z = 16.64 on.")) {
    return 2;
  }
  bool const flat_beyond = 4.0 * act.derivative(5.0) < 0.027 && 4.0 * act.derivative(-5.0) < 0.027;
  return flat_beyond && std::fabs(first_zero - 16.64f) < 0.011f && left > 5.8e-8f && left < 6.0e-8f ? 0 : 1;
}
