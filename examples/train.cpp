// Trains a multi-layer perceptron or a convolutional network and shows, layer by layer, what happens to its neurons.
// By default: four sigmoid layers on pictures of shapes, where the top layer falls to zero within a thousand steps, the
// classic plateau of Glorot and Bengio (2010, figure 2). |z| > 5 does not see it; the mean slope does.
//
// The loop itself is `train_step`: by hand for the perceptron, whose depth is an option; by satur::sequential for the
// convolutional network (--net cnn). support/ has what is not about neurons: options, tables, text.
// Exit code: 0, 1 where the run stopped being finite, 2 for bad input.
#include "data/task.hpp"
#include "support/cnn.hpp"
#include "support/csv.hpp"
#include "support/forecast.hpp"
#include "support/network.hpp"
#include "support/options.hpp"
#include "support/repair.hpp"
#include "support/reports.hpp"
#include "support/summary.hpp"
#include "support/text.hpp"

#include <satur/activation.hpp>
#include <satur/finding.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>
#include <satur/report/terminal.hpp>
#include <satur/theory.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <concepts>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

extern "C" void openblas_set_num_threads(int) __attribute__((weak)); // another BLAS does without

namespace {

using datasets::matrix;
using datasets::task;
using support::cnn;
using support::hidden_layer;
using support::network;
using support::options;
using support::percent;
using support::stretch;
using support::text;

// --- the loop --------------------------------------------------------------------------------------------------------

/// One step of gradient descent, watched. This is all that a loop of your own needs, with one monitor: here `mon` has
/// the stretch that the next table shows, and `run` has the whole run, sampled, for the diagnosis.
double train_step(network& net, satur::monitor& mon, satur::monitor& run, matrix const& x,
                  std::vector<int> const& labels, double rate, double chance) {
  run.input(x);
  matrix const* a = &x;
  for (hidden_layer& h : net.hidden) {
    matrix const& z = h.fc.forward(*a);
    mon[h.name].forward(net.act, z, h.a, h.slope); // a = f(z), recorded
    run[h.name].observe(net.act, z);
    a = &h.a;
  }
  matrix const& logits = net.output.forward(*a);
  if (net.watch_output) {
    mon["output"].observe(satur::identity{}, logits);
    run["output"].observe(satur::identity{}, logits);
  }
  double const loss = net.loss.forward(logits, labels);
  run.loss(loss, chance);

  matrix const& dlogits = net.loss.backward();
  mon["output"].gradient(dlogits);
  run["output"].gradient(dlogits);
  matrix const* da = &net.output.backward(dlogits);
  for (auto h = net.hidden.rbegin(); h != net.hidden.rend(); ++h) {
    xt::noalias(h->dz) = *da * h->slope;
    mon[h->name].gradient(h->dz);
    run[h->name].gradient(h->dz);
    if (h + 1 == net.hidden.rend()) {
      h->fc.backward_parameters(h->dz); // nobody needs the gradient of the data
    } else {
      da = &h->fc.backward(h->dz);
    }
  }

  auto const descend = [&](std::string const& name, satur::dense<float>& fc) {
    if (run.sampling_now()) { // reading every weight costs as much as changing it
      mon[name].update(fc.w, fc.dw, -rate);
      run[name].update(fc.w, fc.dw, -rate);
    }
    satur::descend(fc, rate);
  };
  for (hidden_layer& h : net.hidden) {
    descend(h.name, h.fc);
  }
  descend("output", net.output);
  mon.end_step();
  run.end_step();
  return loss;
}

/// The same of a chain of layers, which hands the monitors everything but data and loss.
double train_step(cnn& net, satur::monitor& mon, satur::monitor& run, matrix const& x, std::vector<int> const& labels,
                  double rate, double chance) {
  run.input(x);
  net.layers.watch(mon);
  net.layers.watch(run);
  double const loss = support::loss_of(net, x, labels);
  run.loss(loss, chance);
  net.layers.backward_parameters(net.loss.backward());
  satur::descend(net.layers, rate);
  net.layers.unwatch();
  mon.end_step();
  run.end_step();
  return loss;
}

/// A step of a run, with the pictures that come next.
template <class Net> double advance(support::training_of<Net>& run, satur::monitor& mon) {
  run.data.next_batch(run.x, run.labels);
  double const chance = run.chance;
  double const loss = train_step(run.net, mon, run.seen, run.x, run.labels, run.rate, chance);
  run.losses.add(run.losses.seen(), loss, chance);
  return loss;
}

// --- the program -----------------------------------------------------------------------------------------------------

volatile std::sig_atomic_t interrupted = 0;

/// A network whose options do not allow --repair.
struct no_repairer {
  explicit no_repairer(support::training_of<cnn> const&) {}
  static support::training_of<cnn>* without() { return nullptr; }
  void operator()(std::ostream&, support::training_of<cnn>&) {}
  void finish(std::ostream&, support::training_of<cnn>&) {}
};
template <class Net> using repairer_of = std::conditional_t<std::same_as<Net, network>, support::repairer, no_repairer>;

/// Forecast, training, tables, and what came of it.
template <class Net>
int run(options const& o, task const& t, satur::any_rule const& rule, Net const& start, support::reports& files) {
  constexpr bool is_mlp = std::same_as<Net, network>;
  satur::any_activation const act = start.act;
  support::training_of<Net> now(o, t, start, rule);
  std::string const sizes =
      is_mlp ? text("%zu x %zu", o.depth, o.width) : text("convolutional network, %zu hidden units,", o.width);
  std::cout << t.name << (o.raw ? ", raw pixels\n" : "\n") << sizes << ' ' << o.activation << ", " << o.init
            << (o.gain != 1.0 ? text(" x %g", o.gain) : "") << ", batch " << o.batch << ", learning rate "
            << text("%g", o.rate) << ", seed " << o.seed << '\n'
            << satur::equivalents(rule, act) << "\n\n";

  {
    support::training_of<Net> peek = now; // the first batch, at a rate of 0
    peek.rate = 0.0;
    satur::monitor probe(rule);
    advance(peek, probe);
    try {
      if constexpr (is_mlp) {
        support::show_forecast(std::cout, act, support::expected_network(o, t), probe);
      } else {
        support::show_forecast(std::cout, start, o, t, probe);
      }
    } catch (satur::theory::divergence_error const& beyond) {
      std::cout << support::wrapped(beyond.what(), "  ") << '\n';
    }
  }

  satur::monitor mon({.rule = rule, .formats = o.formats()}); // of the stretch that the next table shows
  satur::monitor unused(rule);
  std::optional<repairer_of<Net>> repair;
  if (o.repair) {
    repair.emplace(now);
  }
  satur::terminal_view screen(std::cout, {.steps = o.steps, .stretch = satur::table_stretch::all_steps});
  std::vector<stretch> history;
  std::size_t first = 1; // step of the stretch
  double loss_sum = 0.0;
  std::size_t right = 0;
  std::size_t step = 0;
  while (step < o.steps && interrupted == 0) {
    loss_sum += advance(now, mon);
    files.step(now.seen);
    right += now.net.loss.correct;
    if (repair && repair->without() != nullptr) {
      advance(*repair->without(), unused);
    }
    ++step;
    // The first stretch is short: it shows the network as it was initialized.
    std::size_t const length = history.empty() ? std::min<std::size_t>(o.every, 10) : o.every;
    bool const full = step % length == 0 || step == o.steps || interrupted != 0;
    double const n = static_cast<double>(step - first + 1);
    screen.show(mon, {step, o.steps, loss_sum / n, static_cast<double>(right) / (n * static_cast<double>(o.batch))},
                full, &now.seen);
    if (!full) {
      continue;
    }
    history.push_back({first, step, loss_sum / n, mon});
    mon.clear();
    first = step + 1;
    loss_sum = 0.0;
    right = 0;
    if (step == o.steps) {
      break; // the summary follows
    }
    if (o.diagnose) {
      support::show(std::cout, now.diagnose());
    }
    if (repair) {
      (*repair)(std::cout, now);
    }
    if (o.diagnose || o.repair) {
      std::cout << '\n';
      screen.below(); // what was said stays
    }
  }
  if (history.empty()) {
    std::cout << "stopped before the first table\n";
    return 0;
  }
  std::cout << '\n';
  if (repair) {
    repair->finish(std::cout, now);
  }
  std::cout << (interrupted != 0 ? "Stopped" : "Done")
            << text(step == 1 ? " after %zu step: " : " after %zu steps: ", step)
            << percent(support::test_accuracy(now.net, now.data))
            << " % of the test data right (chance: " << percent(t.largest_class()) << " %).\n";
  options as_repaired = o;
  as_repaired.rate = now.rate;
  support::summarize(std::cout, as_repaired, now.losses, now.diagnose());
  if (!o.csv.empty()) {
    support::write_csv(o.csv, history);
    std::cout << "Every table is in " << o.csv << ".\n";
  }
  files.finish(std::cout, o, t, act, now.seen);
  satur::monitor const& end = history.back().mon;
  return std::any_of(end.begin(), end.end(), [](auto const& layer) { return layer.total().nonfinite(); }) ? 1 : 0;
}

int run(options const& o) {
  // Everything that can be wrong is found out before the first step.
  satur::any_activation_for<float> const act = satur::activation_named<float>(o.activation).value();
  satur::any_rule const rule = satur::rules::named(o.rule).rule;
  static_cast<void>(rule.limits(act)); // throws where the rule refuses it
  if (!o.csv.empty()) {
    support::write_csv(o.csv, {});
  }
  support::reports files(o);
  task t = o.real_data() ? datasets::digits(o.data, o.seed) : datasets::shapes(o.seed);
  if (o.raw) {
    t.take_raw_pixels();
  }
  if (o.threads > 0 && openblas_set_num_threads != nullptr) {
    openblas_set_num_threads(o.threads);
  }
  return o.is_cnn() ? run(o, t, rule, cnn(o, t, act), files) : run(o, t, rule, support::build(o, t, act, rule), files);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Trains a network and shows what happens to its neurons.\n"
               "Without --data: pictures of shapes are generated, and a sigmoid network collapses before your eyes."};
  options o;
  support::declare(app, o);
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForHelp const& help) {
    return app.exit(help);
  } catch (CLI::ParseError const& error) {
    std::cerr << "satur_train: " << error.what() << "; see --help\n";
    return 2;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  try {
    o.complete();
    return run(o);
  } catch (std::exception const& error) {
    std::cerr << "satur_train: " << error.what() << '\n';
    return 2;
  }
}
