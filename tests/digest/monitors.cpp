// A monitor: its steps, its file and its text.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include <sstream>

namespace {

using digest::line;
using digest::sheet;

constexpr std::size_t samples = 24;
constexpr std::size_t width = 17;

/// One step of a net of three layers of different types and activations.
void step(satur::monitor& mon, std::uint64_t seed) {
  satur::unit_layout const layout = satur::unit_layout::matrix(samples, width);
  std::vector<float> const z =
      digest::normal_numbers<float>(layout.size(), 0.25 * static_cast<double>(seed), 3.0, seed);
  std::vector<float> y(z.size());
  mon["first"].forward(satur::sigmoid{}, z, y, layout);

  std::vector<double> z2 = digest::normal_numbers<double>(layout.size(), -1.0, 4.0, seed + 100);
  std::vector<double> y2(z2.size()), dy2(z2.size());
  if (seed == 3) {
    z2[7] = std::numeric_limits<double>::quiet_NaN();
    z2[8] = std::numeric_limits<double>::infinity();
  }
  mon["a \"second\" layer"].forward(satur::tanh{}, z2, y2, dy2);

  mon["third"].observe(satur::relu{}, z2, layout);

  std::vector<std::uint16_t> const z3{0x3f80, 0xc0a0, 0x4110, 0x0000, 0x8001};
  std::vector<std::uint16_t> y3(z3.size());
  mon["half"].forward(satur::gelu{}, satur::as_bfloat16(z3), satur::as_bfloat16(y3));

  std::vector<float> dz = digest::normal_numbers<float>(layout.size(), 0.0, 1e-3, seed + 200);
  dz[0] = 0.0f;
  mon["third"].gradient(digest::normal_numbers<double>(layout.size(), 0.0, 1e-2, seed + 300), layout);
  mon["first"].gradient(dz, layout);
  std::vector<float> const w = digest::normal_numbers<float>(300, 0.1, 0.5, seed + 400);
  mon["first"].update(w, digest::normal_numbers<float>(300, 0.0, 0.3, seed + 500), -0.01);
  mon["third"].update(w, std::vector<float>(300, 0.0f), -0.01);
}

satur::monitor run(satur::monitor_options const& options, int steps, std::uint64_t seed = 1) {
  satur::monitor mon(options);
  for (int i = 0; i < steps; ++i) {
    step(mon, seed + static_cast<std::uint64_t>(i));
    mon.end_step();
    if (i == steps / 2) {
      mon.start_window();
      mon.eval();
      step(mon, seed + 50);
      mon.end_step();
      mon.train();
    }
  }
  return mon;
}

std::string file_of(satur::monitor const& mon) {
  std::ostringstream out(std::ios::binary);
  satur::save(mon, out);
  return out.str();
}

/// The hooks' calls, in order.
struct listener {
  std::string& heard;
  satur::verdict on_layer(satur::layer_monitor const& layer) {
    heard += layer.name() + ";";
    return satur::verdict::go_on;
  }
  satur::verdict on_step(satur::monitor const& mon) {
    heard += std::to_string(mon.steps()) + ";";
    return mon.steps() == 2 ? satur::verdict::stop : satur::verdict::go_on;
  }
};

void all(sheet& lines, std::string_view level) {
  auto const add = [&](std::string const& name, satur::monitor const& mon) {
    line& l = lines.add("monitor/" + name, "-", level);
    digest::put(l, mon);
    std::istringstream in(file_of(mon), std::ios::binary);
    satur::monitor const loaded = satur::load_monitor(in);
    l.number(loaded == mon);
    l.bytes(file_of(loaded));
    if (mon.size() != 0) {
      l.show("mean slope", mon.begin()->total().saturation.mean_derivative());
    }
  };
  satur::monitor_options const plain;
  satur::monitor_options everything;
  everything.rule = satur::slope_below{0.2};
  everything.units = true;
  everything.histograms = 1;
  everything.updates = 2;
  everything.history = {.lines = 3, .keeps = satur::history_keeps::newest};

  add("empty", satur::monitor{});
  add("plain", run(plain, 3));
  add("everything", run(everything, 7));
  satur::monitor_options seldom = everything;
  seldom.histograms = 2;
  seldom.sampling.every = 3;
  seldom.history = {.lines = 2};
  add("sampled", run(seldom, 11));
  satur::monitor_options forgetful;
  forgetful.history.lines = 0;
  add("no_history", run(forgetful, 2));

  satur::monitor merged = run(everything, 4, 1);
  merged += run(everything, 5, 1000);
  satur::monitor other(everything);
  other["only here"].observe(satur::silu{}, digest::normal_numbers<float>(40, 0.0, 2.0, 9));
  other.request_stop();
  merged += other; // an open step is merged too
  add("merged", merged);
  std::istringstream in(file_of(merged), std::ios::binary);
  satur::monitor continued = satur::load_monitor(in);
  step(continued, 77);
  add("continued_open_step", continued);
  continued.end_step();
  add("continued", continued);
  continued.clear();
  add("reset", continued);

  for (satur::any_rule const& rule :
       std::initializer_list<satur::any_rule>{satur::z_beyond{1.5}, satur::output_beyond{-0.2, 0.6},
                                              satur::z_at_least{2.0}, satur::z_outside{-3.0, 0.5}}) {
    satur::monitor_options one;
    one.rule = rule;
    add("rule/" + std::string(rule.definition().name.view()), run(one, 2));
  }

  {
    satur::shared_monitor shared(everything);
    for (std::uint64_t i = 0; i < 3; ++i) {
      step(shared.local(), i);
      shared.end_step();
    }
    add("shared", shared.merged());
  }
  {
    satur::monitor mon;
    std::string heard;
    for (std::uint64_t i = 0; i < 3; ++i) {
      step(mon, i);
      mon.end_step(listener{heard});
    }
    line& l = lines.add("monitor/observer", "-", level);
    l.words(heard);
    l.number(mon.stop_requested());
  }
  {
    satur::layer_histograms h;
    h.z.observe(digest::normal_numbers<float>(100, 0.0, 1.0, 5));
    satur::layer_histograms sum = h;
    sum += h;
    line& l = lines.add("layer_histograms", "float", level);
    digest::put(l, sum.z);
    digest::put(l, sum.gradient);
  }
}

} // namespace

void digest::monitors(sheet& lines) {
  at_best_level([&](std::string_view level) { all(lines, level); });

  line& l = lines.add("label", "-", no_level);
  for (std::string_view const name :
       {"", "relu", "exactly thirty-one characters.", "a name that is far too long for a label"}) {
    satur::label const label(name);
    l.number(label.size());
    l.printed(label);
  }
}
