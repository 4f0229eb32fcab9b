// A training run without exceptions and run-time types, in a file that includes every header (every_header.inc is made
// by tests/consumers.sh): it runs, and the N-th wrong call ends the program with its message.
//   no_exceptions FOLDER        runs and prints "healthy"
//   no_exceptions FOLDER N      makes the wrong call N, N < 8
#include "every_header.inc"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this program is compiled with -fno-exceptions -fno-rtti"
#endif

namespace {

satur::monitor train(std::string const& folder) {
  std::mt19937 urbg(1);
  satur::dense<float> fc(6, 16, satur::glorot_uniform{}, urbg);
  satur::dense<float> out(16, 3, satur::glorot_uniform{}, urbg);
  satur::softmax_cross_entropy<float> loss;
  satur::sgd<float> optimizer{.rate = 0.1, .momentum = 0.9};
  satur::monitor mon({.histograms = 1, .units = true, .formats = satur::watched_formats::all(satur::formats::float16)});
  satur::csv_writer csv(folder + "/run.csv");
  satur::stop_when stop("slope_share", {.below = 1e-6, .steps = 3});
  satur::tensorboard_writer board(folder);
  std::vector<int> const labels{0, 1, 2, 0, 1, 2, 0, 1};
  for (int step = 0; step < 5; ++step) {
    auto const x = satur::make<float>(satur::normal{.spread = 1.0}, {8, 6}, urbg);
    auto const& z = fc.forward(x);
    xt::xtensor<float, 2> a(z.shape());
    xt::xtensor<float, 2> slope(z.shape());
    mon["fc"].forward(satur::tanh{}, z, a, slope);
    mon.loss(loss.forward(out.forward(a), labels), 1.1);
    xt::xtensor<float, 2> const dz = out.backward(loss.backward()) * slope;
    mon["fc"].gradient(dz);
    fc.backward(dz);
    mon["fc"].update(fc.w, fc.dw, -optimizer.rate);
    optimizer.step(fc, out);
    mon.end_step(csv, stop, board);
  }
  return mon;
}

bool healthy(std::string const& folder) {
  satur::monitor const mon = train(folder);
  save(mon, folder + "/run.satur");
  bool fine = satur::load_monitor(folder + "/run.satur") == mon;
  satur::replicas both(mon);
  both += satur::replicas(mon);
  fine &= both.merged().at("fc").total().saturation.count == 2 * mon.at("fc").total().saturation.count;
  satur::write_json_lines(mon, folder + "/run.jsonl");
  fine &= satur::read_json_lines(folder + "/run.jsonl").lines.size() == 5;
  std::ostringstream text;
  satur::write_markdown(mon, text);
  satur::write_html(mon, text);
  satur::write_format_csv(mon, text);
  text << mon;
  for (satur::finding const& f : satur::diagnose(mon)) {
    text << f;
  }
  auto const kernel = [](std::span<float const> z, std::span<float> y) { satur::apply(satur::gelu{}, z, y); };
  fine &= satur::testing::check_kernel<float>(satur::gelu{}, kernel).passed();
  satur::theory::recommendation const r = satur::theory::recommend(satur::exponential{}, {8, 8, 8});
  Eigen::MatrixXf const z = Eigen::MatrixXf::Constant(3, 4, 6.0f);
  return fine && r.gain > 0.0 && satur::observe(satur::tanh{}, z).high == 12 && text.str().size() > 1000;
}

void wrong_call(int number, std::string const& folder) {
  std::vector<float> const z{1.0f, -6.0f};
  std::vector<float> three(3);
  std::istringstream lines("{\"schema\":7}\n");
  satur::monitor mon;
  std::mt19937 urbg(1);
  satur::dense<float> fc(6, 16, satur::glorot_uniform{}, urbg);
  switch (number) {
  case 0:
    static_cast<void>(satur::observe(satur::tanh{}, z, satur::z_beyond{-1.0}));
    break;
  case 1:
    mon["fc"].forward(satur::tanh{}, z, three);
    break;
  case 2:
    static_cast<void>(satur::load_monitor(folder + "/absent.satur"));
    break;
  case 3:
    static_cast<void>(satur::read_json_lines(lines, "lines"));
    break;
  case 4:
    satur::write_csv(mon, folder + "/absent/run.csv");
    break;
  case 5:
    static_cast<void>(satur::observe_format(satur::formats::int8, z, 0.0));
    break;
  case 6:
    fc.forward(xt::xtensor<float, 2>::from_shape({2, 5}));
    break;
  case 7:
    static_cast<void>(satur::stop_when("no column", {.above = 1.0}));
    break;
  default:
    break;
  }
}

} // namespace

int main(int count, char** arguments) {
  if (count == 3) {
    wrong_call(std::atoi(arguments[2]), arguments[1]);
    return 0; // not reached
  }
  bool const fine = count == 2 && healthy(arguments[1]);
  std::puts(fine ? "healthy" : "not healthy");
  return fine ? 0 : 1;
}
