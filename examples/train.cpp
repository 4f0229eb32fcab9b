// Trains a multi-layer perceptron with a hand-written loop and shows, layer by layer, what happens to its neurons.
// The default is four sigmoid layers on images of shapes. The outputs of the top layer fall to zero within a thousand
// steps: the plateau of Glorot and Bengio (2010, figure 2). |z| > 5 does not show it; the mean slope does.
//
// The loop itself is `train_step`; support/ has options, tables and text.
// Exit code: 0, 1 if the run became non-finite, 2 for invalid arguments.
#include "data/task.hpp"
#include "support/csv.hpp"
#include "support/display.hpp"
#include "support/forecast.hpp"
#include "support/options.hpp"
#include "support/summary.hpp"
#include "support/text.hpp"

#include <satur/activation.hpp>
#include <satur/finding.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>
#include <satur/theory.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <deque>
#include <exception>
#include <iostream>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

extern "C" void openblas_set_num_threads(int) __attribute__((weak)); // absent in other BLAS libraries

namespace {

using datasets::matrix;
using datasets::task;
using support::options;
using support::percent;
using support::stretch;
using support::text;

// --- the network and the loop ----------------------------------------------------------------------------------------

struct hidden_layer {
  std::string name;
  satur::dense<float> fc;
  matrix a;     ///< activation, (batch, width)
  matrix slope; ///< f'(z)
  matrix dz;    ///< dL/dz
};

struct network {
  satur::any_activation_for<float> act; ///< chosen at run time; satur::sigmoid{} would do as well
  std::deque<hidden_layer> hidden;
  satur::dense<float> output;
  satur::softmax_cross_entropy<float> loss;
  bool watch_output; ///< false if the rule does not apply to logits
};

bool applies(satur::any_rule const& rule, satur::identity const& act) {
  try {
    static_cast<void>(rule.limits(act));
    return true;
  } catch (std::invalid_argument const&) {
    return false;
  }
}

network build(options const& o, task const& t, satur::any_activation_for<float> const& act,
              satur::any_rule const& rule) {
  std::mt19937_64 urbg(o.seed);
  support::any_initializer const init = o.initializer();
  std::deque<hidden_layer> hidden;
  std::size_t in = t.inputs;
  for (std::size_t l = 1; l <= o.depth; ++l, in = o.width) {
    matrix const buffer = xt::zeros<float>({o.batch, o.width});
    hidden.push_back({"hidden " + std::to_string(l), {in, o.width, init, urbg}, buffer, buffer, buffer});
  }
  return {act, std::move(hidden), {in, t.classes, init, urbg}, {}, applies(rule, satur::identity{})};
}

/// One recorded step of gradient descent. A loop of your own needs nothing more.
double train_step(network& net, satur::monitor& mon, matrix const& x, std::vector<int> const& labels, double rate) {
  matrix const* a = &x;
  for (hidden_layer& h : net.hidden) {
    matrix const& z = h.fc.forward(*a);
    mon[h.name].forward(net.act, z, h.a, h.slope); // a = f(z), recorded
    a = &h.a;
  }
  matrix const& logits = net.output.forward(*a);
  if (net.watch_output) {
    mon["output"].observe(satur::identity{}, logits);
  }
  double const loss = net.loss.forward(logits, labels);

  matrix const& dlogits = net.loss.backward();
  mon["output"].gradient(dlogits);
  matrix const* da = &net.output.backward(dlogits);
  for (auto h = net.hidden.rbegin(); h != net.hidden.rend(); ++h) {
    xt::noalias(h->dz) = *da * h->slope;
    mon[h->name].gradient(h->dz);
    if (h + 1 == net.hidden.rend()) {
      h->fc.backward_parameters(h->dz); // the gradient of the data is not needed
    } else {
      da = &h->fc.backward(h->dz);
    }
  }

  bool const look = mon.steps() % 10 == 0; // reading all weights costs as much as updating them
  auto const descend = [&](std::string const& name, satur::dense<float>& fc) {
    if (look) {
      mon[name].update(fc.w, fc.dw, -rate);
    }
    satur::descend(fc, rate);
  };
  for (hidden_layer& h : net.hidden) {
    descend(h.name, h.fc);
  }
  descend("output", net.output);
  mon.end_step();
  return loss;
}

/// Share of correct answers on the test data.
double test_accuracy(network& net, task const& t) {
  matrix a = t.test_x;
  for (hidden_layer& h : net.hidden) {
    a = h.fc.forward(a);
    satur::apply(net.act, a, a);
  }
  net.loss.forward(net.output.forward(a), t.test_labels);
  return static_cast<double>(net.loss.correct) / static_cast<double>(t.test_labels.size());
}

// --- what is wrong, and what to do -----------------------------------------------------------------------------------

/// The prediction for these weights, from the moments of the data.
satur::theory::network expected_network(options const& o, task const& t) {
  satur::theory::network net;
  satur::saturation const pixels = satur::observe(satur::identity{}, t.test_x);
  net.input_mean = pixels.mean_z();
  net.input_variance = pixels.variance_z();
  std::size_t in = t.inputs;
  for (std::size_t l = 0; l < o.depth; ++l, in = o.width) {
    net.layers.push_back(o.initializer().law({in, o.width}));
  }
  return net;
}

/// Records each unit of a hidden layer on the test data. `a` is the input and becomes the output.
satur::layer_monitor watch(network const& net, hidden_layer& h, matrix& a, satur::any_rule const& rule) {
  satur::layer_monitor seen(h.name, satur::monitor_options{.rule = rule, .units = true});
  matrix const& z = h.fc.forward(a);
  matrix next = matrix::from_shape(z.shape());
  seen.forward(net.act, z, next);
  a = std::move(next);
  return seen;
}

/// The findings since the last table. Units are classified by the test data.
std::vector<satur::finding> findings_of(network& net, task const& t, stretch const& first, stretch const& last,
                                        satur::any_rule const& rule) {
  matrix a = t.test_x;
  std::deque<satur::layer_monitor> seen;
  for (hidden_layer& h : net.hidden) {
    seen.push_back(watch(net, h, a, rule));
  }
  std::vector<satur::named_record> records;
  for (satur::layer_monitor const& layer : last.mon) {
    records.push_back({layer.name(), layer.total()});
  }
  std::size_t l = 0;
  for (satur::layer_monitor const& layer : first.mon) {
    records[l].initial_slope_share = layer.total().saturation.slope_share();
    records[l].units = l < seen.size() ? &*seen[l].units() : nullptr;
    ++l;
  }
  satur::any_activation const act = net.act;
  return satur::diagnose(records, {}, std::span(&act, 1));
}

/// The cause of each hidden layer's state: its weights, its biases or its inputs.
void explain(std::ostream& out, network& net, task const& t, satur::any_rule const& rule) {
  matrix a = t.test_x;
  for (hidden_layer& h : net.hidden) {
    satur::input_moments const inputs = satur::moments_of_inputs(a, h.fc.w.shape(0));
    if (watch(net, h, a, rule).current().nonfinite()) {
      out << h.name << " is not finite\n";
      return; // nor is what comes after it
    }
    out << h.name << ": " << satur::attribute(net.act, h.fc.w, h.fc.b, inputs, h.fc.z(), rule) << '\n';
  }
}

/// Cures each hidden layer that a finding speaks of, the first one first, as what it puts out is what the next one
/// gets; says what was predicted and what the test data shows then.
void repair(std::ostream& out, network& net, task const& t, satur::any_rule const& rule) {
  satur::any_activation const act = net.act;
  matrix a = t.test_x;
  for (hidden_layer& h : net.hidden) {
    satur::input_moments const inputs = satur::moments_of_inputs(a, h.fc.w.shape(0));
    matrix before = a;
    satur::layer_monitor const seen = watch(net, h, a, rule);
    satur::named_record r{h.name, seen.current()};
    r.units = &*seen.units();
    if (seen.current().nonfinite() || satur::diagnose(std::span(&r, 1), {}, std::span(&act, 1)).empty()) {
      continue;
    }
    satur::cure const cure = satur::attribute(act, h.fc.w, h.fc.b, inputs, h.fc.z(), rule).cure();
    if (cure.what == satur::remedy::recenter) {
      satur::recenter(h.fc.b, h.fc.z());
    } else if (cure.what == satur::remedy::rescale) {
      satur::rescale(h.fc.w, h.fc.b, cure.factor);
    } else {
      continue;
    }
    satur::saturation const& was = seen.current().saturation;
    a = std::move(before);
    satur::saturation const now = watch(net, h, a, rule).current().saturation;
    out << "repaired " << h.name << ": " << cure.advice << "\n  " << percent(was.slope_share())
        << " % of the peak slope before, " << percent(cure.predicted->slope_share) << " % predicted, "
        << percent(now.slope_share()) << " % now\n";
  }
}

// --- the program -----------------------------------------------------------------------------------------------------

volatile std::sig_atomic_t interrupted = 0;

int run(options const& o) {
  // Everything that may be invalid is checked before the first step.
  satur::any_activation_for<float> const act = satur::activation_named<float>(o.activation).value();
  satur::any_rule const rule = satur::rules::named(o.rule).rule;
  static_cast<void>(rule.limits(act)); // throws if the rule refuses it
  if (!o.csv.empty()) {
    support::write_csv(o.csv, {});
  }
  task t = o.real_data() ? datasets::digits(o.data, o.seed) : datasets::shapes(o.seed);
  if (o.threads > 0 && openblas_set_num_threads != nullptr) {
    openblas_set_num_threads(o.threads);
  }
  network net = build(o, t, act, rule);
  std::cout << t.name << '\n'
            << o.depth << " x " << o.width << ' ' << o.activation << ", " << o.init
            << (o.gain != 1.0 ? text(" x %g", o.gain) : "") << ", batch " << o.batch << ", learning rate "
            << text("%g", o.rate) << ", seed " << o.seed << '\n'
            << satur::equivalents(rule, act) << "\n\n";

  matrix x = matrix::from_shape({o.batch, t.inputs});
  std::vector<int> labels(o.batch);
  t.next_batch(x, labels);
  {
    satur::monitor probe(rule);
    train_step(net, probe, x, labels, 0.0); // at a rate of 0 it changes nothing
    try {
      support::show_forecast(std::cout, act, expected_network(o, t), probe);
    } catch (satur::theory::divergence_error const& beyond) {
      std::cout << support::wrapped(beyond.what(), "  ") << '\n';
    }
  }

  satur::monitor mon(rule);
  support::display screen(o.steps);
  std::vector<stretch> history;
  std::size_t first = 1; // step since the last table
  double loss_sum = 0.0;
  std::size_t right = 0;
  std::size_t step = 0;
  while (step < o.steps && interrupted == 0) {
    if (step != 0) {
      t.next_batch(x, labels);
    }
    loss_sum += train_step(net, mon, x, labels, o.rate);
    right += net.loss.correct;
    ++step;
    // The first interval is short: it shows the initial network.
    std::size_t const length = history.empty() ? std::min<std::size_t>(o.every, 10) : o.every;
    bool const full = step % length == 0 || step == o.steps || interrupted != 0;
    double const n = static_cast<double>(step - first + 1);
    screen.show(mon, step, loss_sum / n, static_cast<double>(right) / (n * static_cast<double>(o.batch)), full);
    if (!full) {
      continue;
    }
    history.push_back({first, step, loss_sum / n, mon});
    mon.clear();
    first = step + 1;
    loss_sum = 0.0;
    right = 0;
    if (o.diagnose) {
      explain(std::cout, net, t, rule);
      std::cout << '\n';
    }
    if (o.repair && step < o.steps) {
      repair(std::cout, net, t, rule);
    }
    if (o.diagnose || o.repair) {
      screen.below(); // earlier text stays on the screen
    }
  }
  if (history.empty()) {
    std::cout << "stopped before the first table\n";
    return 0;
  }
  std::cout << '\n'
            << (interrupted != 0 ? "Stopped" : "Done")
            << text(" after %zu steps, last loss %.4f (chance: %.4f), ", step, history.back().loss,
                    std::log(static_cast<double>(t.classes)))
            << percent(test_accuracy(net, t)) << " % of the test data right.\n";
  support::summarize(std::cout, o, findings_of(net, t, history.front(), history.back(), rule));
  if (!o.csv.empty()) {
    support::write_csv(o.csv, history);
    std::cout << "Every table is in " << o.csv << ".\n";
  }
  satur::monitor const& end = history.back().mon;
  return std::any_of(end.begin(), end.end(), [](auto const& layer) { return layer.total().nonfinite(); }) ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Trains a multi-layer perceptron and shows what happens to its neurons.\n"
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
