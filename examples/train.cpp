// Trains a multi-layer perceptron with a hand-written loop and shows, layer by layer, what happens to its neurons.
// By default: four sigmoid layers on pictures of shapes, where the top layer falls to zero within a thousand steps, the
// classic plateau of Glorot and Bengio (2010, figure 2). |z| > 5 does not see it; the mean slope does.
//
// The loop itself is `train_step`. Exit code: 0, 1 where the run stopped being finite, 2 for bad input.
#include "data/idx.hpp"
#include "data/shapeset.hpp"

#include <satur/satur.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <unistd.h>

extern "C" void openblas_set_num_threads(int) __attribute__((weak)); // another BLAS does without

namespace {

using matrix = xt::xtensor<float, 2>;

// --- what can be chosen ----------------------------------------------------------------------------------------------

// (without the shrinks, whose flat part is in the middle, and e^z, which trains nothing)
using any_activation =
    std::variant<satur::sigmoid, satur::tanh, satur::softsign, satur::arctan, satur::erf, satur::lecun_tanh,
                 satur::centered_sigmoid, satur::log_sigmoid, satur::hard_sigmoid, satur::hard_sigmoid_keras2,
                 satur::sparse_sigmoid, satur::hard_tanh, satur::relu, satur::relu6, satur::leaky_relu, satur::prelu,
                 satur::threshold, satur::elu, satur::celu, satur::selu, satur::softplus, satur::squareplus,
                 satur::sparse_plus, satur::gelu, satur::gelu_tanh, satur::gelu_quick, satur::silu, satur::mish,
                 satur::hard_swish, satur::identity>;

/// U(-1/sqrt(in), 1/sqrt(in)): what everybody used before Glorot's rule (their equation 1).
struct standard {
  double gain = 1;
  [[nodiscard]] double stddev(satur::fans f) const { return gain / std::sqrt(3.0 * static_cast<double>(f.in)); }
  template <std::floating_point T> void fill(std::span<T> out, satur::fans f, satur::sampler const& random) const {
    double const half_width = gain / std::sqrt(static_cast<double>(f.in));
    satur::uniform{-half_width, half_width}.fill(out, f, random);
  }
};

/// A rule by name: how it fills a layer, and what it will fill it with.
struct initial_weights {
  std::function<satur::dense<float>(std::size_t in, std::size_t out, double gain, std::mt19937_64&)> make;
  std::function<satur::theory::layer_law(satur::fans, double gain)> law;
};

template <class Rule> initial_weights by(Rule rule) {
  return {[rule](std::size_t in, std::size_t out, double gain, std::mt19937_64& urbg) {
            return satur::dense<float>{in, out, rule(gain), urbg};
          },
          [rule](satur::fans f, double gain) { return satur::theory::law_of(rule(gain), f); }};
}

std::map<std::string, initial_weights> const initializers{
    {"standard", by([](double gain) { return standard{gain}; })},
    {"glorot_uniform", by([](double gain) { return satur::glorot_uniform{gain}; })},
    {"glorot_normal", by([](double gain) { return satur::glorot_normal{gain}; })},
    {"he_uniform", by([](double gain) {
       return satur::he_uniform{0.0, gain};
     })},
    {"he_normal", by([](double gain) {
       return satur::he_normal{0.0, gain};
     })},
    {"lecun_uniform", by([](double gain) { return satur::lecun_uniform{gain}; })},
    {"lecun_normal", by([](double gain) { return satur::lecun_normal{gain}; })},
    {"orthogonal", by([](double gain) { return satur::orthogonal{gain}; })},
    {"uniform", by([](double gain) {
       return satur::uniform{-0.05 * gain, 0.05 * gain};
     })},
    {"normal", by([](double gain) {
       return satur::normal{0.0, 0.05 * gain};
     })},
    {"constant", by([](double gain) { return satur::constant{0.05 * gain}; })},
    {"zeros", by([](double) { return satur::zeros{}; })},
};

template <class A> bool applies(satur::any_rule const& rule, A const& act) {
  try {
    static_cast<void>(rule.limits(act));
    return true;
  } catch (std::invalid_argument const&) {
    return false;
  }
}

struct bad_input : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The number of letters to change, add or remove between two words.
std::size_t distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = i;
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t const best = std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0u : 1u)});
      diagonal = row[j + 1];
      row[j + 1] = best;
    }
  }
  return row.back();
}

[[noreturn]] void unknown(std::string const& what, std::string const& given, std::vector<std::string> const& known) {
  std::string list;
  for (std::string const& name : known) {
    list += (list.empty() ? "" : ", ") + name;
  }
  // The beginning of a name is near to it, whatever is missing.
  std::string const nearest = *std::ranges::min_element(known, {}, [&](auto const& name) {
    return !given.empty() && name.starts_with(given) ? 0 : distance(given, name);
  });
  throw bad_input("unknown " + what + " '" + given + "'; did you mean '" + nearest + "'? known: " + list);
}

std::vector<std::string> activation_names() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<std::string>{std::string(std::variant_alternative_t<I, any_activation>::name)...};
  }(std::make_index_sequence<std::variant_size_v<any_activation>>{});
}
std::vector<std::string> initializer_names() {
  std::vector<std::string> names;
  for (auto const& [name, make] : initializers) {
    names.push_back(name);
  }
  return names;
}

template <std::size_t I = 0> any_activation activation_named(std::string const& name) {
  if constexpr (I == std::variant_size_v<any_activation>) {
    unknown("activation", name, activation_names());
  } else {
    std::variant_alternative_t<I, any_activation> const act{};
    return name == act.name ? any_activation(act) : activation_named<I + 1>(name);
  }
}

initial_weights const& initializer_named(std::string const& name) {
  if (auto const found = initializers.find(name); found != initializers.end()) {
    return found->second;
  }
  unknown("initializer", name, initializer_names());
}

/// Names in lines of at most 100 columns, for --help.
std::string listed(std::string const& title, std::vector<std::string> const& names) {
  std::string text = title;
  std::size_t column = text.size();
  for (std::string const& name : names) {
    if (column + name.size() + 2 > 100) {
      text += "\n ";
      column = 1;
    }
    text += ' ' + name;
    column += 1 + name.size();
  }
  return text;
}

struct options {
  std::string data;
  std::string activation;
  std::string init;
  double gain = 1.0;
  std::size_t depth = 0;
  std::size_t width = 0;
  std::size_t batch = 0;
  double rate = 0.0;
  std::size_t steps = 0;
  std::uint64_t seed = 1;
  int threads = 0;
  std::size_t every = 0;
  std::string csv;
  std::string rule = "classic";
  bool diagnose = false;
  bool repair = false;
};

/// What is not said takes the value that suits the job.
void complete(options& o, bool real_data) {
  auto const or_else = [](auto& value, auto standard_value) {
    if (value == decltype(+value){}) {
      value = standard_value;
    }
  };
  if (o.activation.empty()) {
    o.activation = real_data ? "tanh" : "sigmoid";
  }
  if (o.init.empty()) {
    o.init = real_data ? "glorot_uniform" : "standard";
  }
  or_else(o.depth, std::size_t{real_data ? 3u : 4u});
  or_else(o.width, std::size_t{real_data ? 256u : 1000u});
  or_else(o.batch, std::size_t{real_data ? 32u : 10u});
  or_else(o.rate, 0.1);
  or_else(o.steps, std::size_t{real_data ? 3000u : 1200u});
  or_else(o.every, std::max<std::size_t>(o.steps / 6, 1));
}

// --- data ------------------------------------------------------------------------------------------------------------

struct task {
  std::string name;
  std::size_t inputs;
  std::size_t classes;
  std::function<void(matrix&, std::vector<int>&)> next_batch; ///< fills a batch of training data
  matrix test_x;
  std::vector<int> test_labels;
};

task shapes(std::uint64_t seed) {
  task t{"Shapeset-3x2, fresh 32 x 32 pictures of 1 or 2 shapes",
         datasets::shapeset::pixels,
         datasets::shapeset::classes,
         {},
         {},
         {}};
  auto const draw = [](datasets::shapeset& source, matrix& x, std::vector<int>& labels) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::span<float, datasets::shapeset::pixels> picture(x.data() + i * datasets::shapeset::pixels,
                                                           datasets::shapeset::pixels);
      labels[i] = static_cast<int>(source.draw(picture));
    }
  };
  t.test_x = matrix::from_shape({1000, t.inputs});
  t.test_labels.resize(1000);
  datasets::shapeset unseen(~seed);
  draw(unseen, t.test_x, t.test_labels);
  t.next_batch = [source = datasets::shapeset(seed), draw](matrix& x, std::vector<int>& labels) mutable {
    draw(source, x, labels);
  };
  return t;
}

task digits(std::string const& folder, std::uint64_t seed) {
  datasets::train_and_test sets = datasets::read_idx_folder(folder);
  std::size_t const inputs = sets.train.size();
  auto const largest = [](datasets::labeled_images const& s) {
    return std::size_t{*std::ranges::max_element(s.labels)};
  };
  std::size_t const classes = std::max(largest(sets.train), largest(sets.test)) + 1;
  auto const copy = [inputs](datasets::labeled_images const& from, std::size_t i, float* to) {
    for (std::size_t p = 0; p < inputs; ++p) {
      to[p] = static_cast<float>(from.pixels[i * inputs + p]) / 127.5f - 1.0f;
    }
  };
  task t{folder, inputs, std::max<std::size_t>(classes, 2), {}, {}, {}};
  t.name +=
      ": " + std::to_string(sets.train.count()) + " images to train, " + std::to_string(sets.test.count()) + " to test";
  t.test_x = matrix::from_shape({sets.test.count(), inputs});
  for (std::size_t i = 0; i < sets.test.count(); ++i) {
    copy(sets.test, i, t.test_x.data() + i * inputs);
    t.test_labels.push_back(sets.test.labels[i]);
  }
  std::vector<std::size_t> order(sets.train.count());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  t.next_batch = [train = std::move(sets.train), order, at = order.size(), urbg = std::mt19937_64(seed), copy,
                  inputs](matrix& x, std::vector<int>& labels) mutable {
    for (std::size_t i = 0; i < labels.size(); ++i, ++at) {
      if (at >= order.size()) { // a new epoch, in a new order
        for (std::size_t k = order.size(); k > 1; --k) {
          std::swap(order[k - 1], order[urbg() % k]);
        }
        at = 0;
      }
      copy(train, order[at], x.data() + i * inputs);
      labels[i] = train.labels[order[at]];
    }
  };
  return t;
}

// --- the network and the loop ----------------------------------------------------------------------------------------

struct hidden_layer {
  std::string name;
  satur::dense<float> fc;
  any_activation act;
  matrix a;     ///< activation, (batch, width)
  matrix slope; ///< f'(z)
  matrix dz;    ///< dL/dz
};

struct network {
  std::deque<hidden_layer> hidden;
  std::optional<satur::dense<float>> output;
  satur::softmax_cross_entropy<float> loss;
  bool watch_output = true; ///< false where the rule says nothing of logits
};

network build(options const& o, task const& t) {
  std::mt19937_64 urbg(o.seed);
  any_activation const act = activation_named(o.activation);
  auto const& make = initializer_named(o.init).make;
  network net;
  std::size_t in = t.inputs;
  for (std::size_t l = 1; l <= o.depth; ++l, in = o.width) {
    matrix const buffer = xt::zeros<float>({o.batch, o.width});
    net.hidden.push_back({"hidden " + std::to_string(l), make(in, o.width, o.gain, urbg), act, buffer, buffer, buffer});
  }
  net.output = make(in, t.classes, o.gain, urbg);
  return net;
}

/// One step of gradient descent, watched. This is all that a loop of your own needs.
double train_step(network& net, satur::monitor& mon, matrix const& x, std::vector<int> const& labels, double rate) {
  matrix const* a = &x;
  for (hidden_layer& h : net.hidden) {
    matrix const& z = h.fc.forward(*a);
    std::visit([&](auto const& act) { mon[h.name].forward(act, z, h.a, h.slope); }, h.act); // a = f(z), recorded
    a = &h.a;
  }
  matrix const& logits = net.output->forward(*a);
  if (net.watch_output) {
    mon["output"].observe(satur::identity{}, logits);
  }
  double const loss = net.loss.forward(logits, labels);

  matrix const& dlogits = net.loss.backward();
  mon["output"].gradient(dlogits);
  matrix const* da = &net.output->backward(dlogits);
  for (auto h = net.hidden.rbegin(); h != net.hidden.rend(); ++h) {
    xt::noalias(h->dz) = *da * h->slope;
    mon[h->name].gradient(h->dz);
    if (h + 1 == net.hidden.rend()) {
      h->fc.backward_parameters(h->dz); // nobody needs the gradient of the data
    } else {
      da = &h->fc.backward(h->dz);
    }
  }

  bool const look = mon.steps() % 10 == 0; // reading every weight costs as much as changing it
  auto const descend = [&](std::string const& name, satur::dense<float>& fc) {
    if (look) {
      mon[name].update(fc.w, fc.dw, -rate);
    }
    satur::descend(fc, rate);
  };
  for (hidden_layer& h : net.hidden) {
    descend(h.name, h.fc);
  }
  descend("output", *net.output);
  mon.end_step();
  return loss;
}

/// Share of right answers on the test data.
double test_accuracy(network& net, task const& t) {
  matrix a = t.test_x;
  for (hidden_layer& h : net.hidden) {
    matrix const& z = h.fc.forward(a);
    matrix next = matrix::from_shape(z.shape());
    matrix slope = matrix::from_shape(z.shape()); // not needed, but so nothing new is compiled for each activation
    std::visit([&](auto const& act) { satur::apply(act, z, next, slope); }, h.act);
    a = std::move(next);
  }
  net.loss.forward(net.output->forward(a), t.test_labels);
  return static_cast<double>(net.loss.correct) / static_cast<double>(t.test_labels.size());
}

// --- what is shown ---------------------------------------------------------------------------------------------------

/// The layers' records over one stretch of steps, kept for the summary and the CSV.
struct stretch {
  std::size_t first_step, last_step;
  double loss; ///< mean over the stretch
  std::vector<std::pair<std::string, satur::layer_record>> layers;
};

stretch snapshot(satur::monitor const& mon, std::size_t first, std::size_t last, double loss) {
  stretch s{first, last, loss, {}};
  for (satur::layer_monitor const& layer : mon) {
    s.layers.emplace_back(layer.name(), layer.total());
  }
  return s;
}

std::string text(char const* format, auto... values) {
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

class display {
public:
  explicit display(std::size_t steps) : steps_(steps), live_(isatty(STDOUT_FILENO) != 0) {}

  /// On a terminal the table is redrawn in place; else a block is printed where `block` says so.
  void show(satur::monitor const& mon, std::size_t step, double loss, double accuracy, bool block) {
    if (!live_ && !block) {
      return;
    }
    std::ostringstream out;
    out << progress(step, loss, accuracy) << '\n'
        << satur::saturation_table(mon, satur::saturation_table::stretch::all_steps);
    std::string const body = out.str();
    if (live_) {
      if (lines_ != 0) {
        std::cout << "\x1b[" << lines_ << "A";
      }
      std::string cleared = "\x1b[2K";
      for (char const c : body) {
        cleared += c;
        if (c == '\n') {
          cleared += "\x1b[2K";
        }
      }
      std::cout << cleared << "\x1b[J" << std::flush;
      lines_ = std::ranges::count(body, '\n');
    } else {
      std::cout << body << '\n' << std::flush;
    }
  }
  [[nodiscard]] bool live() const { return live_; }
  /// The next table goes below what was printed since the last.
  void below() { lines_ = 0; }

private:
  [[nodiscard]] std::string progress(std::size_t step, double loss, double accuracy) const {
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    double const per_second = static_cast<double>(step) / seconds;
    std::string line = text("step %zu of %zu   loss %.4f   right %.1f %%   %.0f steps/s", step, steps_, loss,
                            100.0 * accuracy, per_second);
    if (live_ && step < steps_) {
      line += text("   %.0f s left", static_cast<double>(steps_ - step) / per_second);
    }
    return line;
  }
  std::size_t steps_;
  bool live_;
  std::ptrdiff_t lines_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

satur::any_rule rule_named(std::string const& name) {
  std::vector<std::string> known;
  for (satur::rules::preset const& p : satur::rules::presets()) {
    if (p.name == name) {
      return p.rule;
    }
    known.emplace_back(p.name);
  }
  unknown("rule", name, known);
}

std::string percent(double share) { return satur::text::percent(share) + " %"; }

// --- before the first step -------------------------------------------------------------------------------------------

/// Words in lines of at most 100 columns.
std::string wrapped(std::string const& text, std::string const& indent) {
  std::istringstream words(text);
  std::string all;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > 100) {
      all += indent + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return all + indent + line + '\n';
}

/// What theory expects of these weights, from the moments of the data alone.
satur::theory::network expected_network(options const& o, task const& t) {
  satur::theory::network net;
  satur::saturation const pixels = satur::observe(satur::identity{}, t.test_x);
  net.input_mean = pixels.mean_z();
  net.input_variance = pixels.variance_z();
  std::size_t in = t.inputs;
  for (std::size_t l = 0; l < o.depth; ++l, in = o.width) {
    net.layers.push_back(initializer_named(o.init).law({in, o.width}, o.gain));
  }
  return net;
}

/// The prediction beside what the first batch shows, and a word on what it means. A network of many layers is shown by
/// its first and last ones.
void foretell(std::ostream& out, satur::any_activation const& act, satur::theory::network const& expected,
              satur::monitor const& measured) {
  satur::theory::prediction const p = satur::theory::predict(act, expected);
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
    bool const classic = s.rule == satur::z_beyond{5.0}.definition(); // another rule's share is no |z| > 5
    out << text("%-13s %9.3f %7.3f %7s %7s %8.1e  %9.3f %7.3f %7s %7s %8.1e\n", layer.name().c_str(), e.mean,
                e.stddev(), satur::text::percent(e.beyond()).c_str(),
                satur::text::percent(1.0 - e.slope_saturation).c_str(), e.gradient_scale(), s.mean_z(), s.stddev_z(),
                classic ? satur::text::percent(s.fraction()).c_str() : "-",
                satur::text::percent(s.slope_share()).c_str(), layer.last().gradient.rms() / last_gradient);
  }
  out << "gradient: size of dL/dz, against the last hidden layer's\n"
      << wrapped(satur::theory::judge(act, expected).text, "  ") << '\n';
}

// --- what is wrong, and what to do -----------------------------------------------------------------------------------

/// Watches z of a hidden layer on the test data, each unit by itself; `a` is what comes in, and what goes out.
satur::layer_monitor watch(hidden_layer& h, matrix& a, satur::any_rule const& rule) {
  satur::layer_monitor seen(h.name, satur::monitor_options{.rule = rule, .units = true});
  matrix const& z = h.fc.forward(a);
  matrix next = matrix::from_shape(z.shape());
  matrix slope = matrix::from_shape(z.shape());
  std::visit([&](auto const& act) { seen.forward(act, z, next, slope); }, h.act);
  a = std::move(next);
  return seen;
}

/// The findings of the last stretch; units are named by what they do on the test data.
std::vector<satur::finding> findings_of(network& net, task const& t, satur::any_activation const& act,
                                        stretch const& first, stretch const& last, satur::any_rule const& rule) {
  matrix a = t.test_x;
  std::deque<satur::layer_monitor> layers;
  for (hidden_layer& h : net.hidden) {
    layers.push_back(watch(h, a, rule));
  }
  std::vector<satur::named_record> records;
  for (std::size_t l = 0; l < last.layers.size(); ++l) {
    satur::named_record r{last.layers[l].first, last.layers[l].second};
    r.initial_slope_share = first.layers[l].second.saturation.slope_share();
    if (l < layers.size()) {
      r.units = &*layers[l].units();
    }
    records.push_back(std::move(r));
  }
  return satur::diagnose(records, {}, std::span(&act, 1));
}

/// Why each hidden layer is where it is: from its weights, its biases and what comes in.
void explain(std::ostream& out, network& net, task const& t, satur::any_activation const& act,
             satur::any_rule const& rule) {
  matrix a = t.test_x;
  for (hidden_layer& h : net.hidden) {
    satur::input_moments const inputs = satur::moments_of_inputs(a, h.fc.w.shape(0));
    if (watch(h, a, rule).current().nonfinite()) {
      out << h.name << " is not finite\n";
      return; // nor is what comes after it
    }
    out << h.name << ": " << satur::attribute(act, h.fc.w, h.fc.b, inputs, h.fc.z(), rule) << '\n';
  }
}

/// Cures each hidden layer that a finding speaks of, the first one first, as what it puts out is what the next one
/// gets; says what was predicted and what the test data shows then.
void repair(std::ostream& out, network& net, task const& t, satur::any_activation const& act,
            satur::any_rule const& rule) {
  matrix a = t.test_x;
  for (hidden_layer& h : net.hidden) {
    satur::input_moments const inputs = satur::moments_of_inputs(a, h.fc.w.shape(0));
    matrix before = a;
    satur::layer_monitor const seen = watch(h, a, rule);
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
    satur::saturation const now = watch(h, a, rule).current().saturation;
    out << "repaired " << h.name << ": " << cure.advice << "\n  " << percent(was.slope_share())
        << " of the peak slope before, " << percent(cure.predicted->slope_share) << " predicted, "
        << percent(now.slope_share()) << " now\n";
  }
}

/// The run in plain words: what is wrong, where, why and what to do about it.
void summarize(std::ostream& out, options const& o, std::vector<satur::finding> const& found) {
  bool flat = false;
  bool unseen = false;
  bool broken = false;
  bool vanishing = false;
  for (satur::finding const& f : found) {
    if (f.severity == satur::severity::note) {
      continue;
    }
    std::istringstream lines(satur::detail::message(f));
    bool continued = false;
    for (std::string line; std::getline(lines, line); continued = true) {
      out << wrapped(line, "  ").replace(0, continued ? 0 : 2, continued ? "" : "- ");
    }
    broken = broken || f.symptom == satur::symptom::nonfinite;
    vanishing = vanishing || f.symptom == satur::symptom::vanishing_gradient;
    if (f.symptom == satur::symptom::saturated_layer || f.symptom == satur::symptom::one_sided) {
      flat = true;
      unseen = unseen || f.now.saturated() < 0.05;
    }
  }
  if (broken) {
    out << "The run diverged. Try a smaller step: --lr " << text("%g", o.rate / 10.0)
        << (o.gain > 1.0 ? ", or --gain 1" : "") << ".\n";
    return;
  }
  if (unseen) {
    out << "The rule hardly sees it: the units sit short of its threshold, but their slope is gone all the same.\n"
           "That is why the table shows the mean slope beside the share.\n";
  }
  if (!flat && !vanishing) {
    out << "- No layer is saturated, and the gradient reaches all of them.\n";
    return;
  }
  std::string advice = "Try:";
  if (o.gain > 1.5) {
    advice += " --gain 1 (the weights are " + text("%g", o.gain) + " times the rule's size)";
  } else if (o.activation == "sigmoid") {
    advice += " --activation tanh --init glorot_uniform (zero-centered: the mean of z no longer drifts)";
  } else if (o.activation == "relu") {
    advice += std::string(o.init == "he_normal" ? "" : " --init he_normal, or") +
              " --activation leaky_relu (no unit can die)";
  } else {
    advice += " --init glorot_uniform --gain 1, or a smaller --lr";
  }
  out << wrapped(advice + (o.repair ? "." : "; or --repair, which cures layers as they saturate."), "");
}

/// All stretches as CSV, whole or not at all.
void write_csv(std::string const& path, std::vector<stretch> const& run) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.precision(10);
  out << "first_step,last_step,loss,layer,count,low,high,nan,infinite,mean_z,std_z,mean_slope,slope_share,mean_output,"
         "gradient_rms,log10_update\n";
  for (stretch const& s : run) {
    for (auto const& [name, r] : s.layers) {
      satur::saturation const& z = r.saturation;
      out << s.first_step << ',' << s.last_step << ',' << s.loss << ',' << name << ',' << z.count << ',' << z.low << ','
          << z.high << ',' << z.nan << ',' << z.infinite << ',' << z.mean_z() << ',' << z.stddev_z() << ','
          << z.mean_derivative() << ',' << z.slope_share() << ',' << z.mean_output() << ',' << r.gradient.rms() << ','
          << r.update.log10_ratio() << '\n';
    }
  }
  std::string const unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << out.str();
  file.close();
  std::error_code error;
  if (file) {
    std::filesystem::rename(unfinished, path, error);
  }
  if (!file || error) {
    std::filesystem::remove(unfinished, error);
    throw bad_input("--csv " + path + ": cannot be written; check the folder and its permissions");
  }
}

volatile std::sig_atomic_t interrupted = 0;

int run(options o) {
  bool const real_data = !o.data.empty();
  complete(o, real_data);
  // Everything that can be wrong is found out before the first step.
  any_activation const act = activation_named(o.activation);
  initializer_named(o.init);
  satur::any_activation const erased = std::visit([](auto const& a) { return satur::any_activation(a); }, act);
  satur::any_rule const rule = rule_named(o.rule);
  static_cast<void>(rule.limits(erased)); // throws where the rule refuses it
  if (!o.csv.empty()) {
    write_csv(o.csv, {});
  }
  task t = real_data ? digits(o.data, o.seed) : shapes(o.seed);
  if (o.threads > 0 && openblas_set_num_threads != nullptr) {
    openblas_set_num_threads(o.threads);
  }
  network net = build(o, t);
  net.watch_output = applies(rule, satur::identity{});
  std::cout << t.name << '\n'
            << o.depth << " x " << o.width << ' ' << o.activation << ", " << o.init
            << (o.gain != 1.0 ? text(" x %g", o.gain) : "") << ", batch " << o.batch << ", learning rate "
            << text("%g", o.rate) << ", seed " << o.seed << '\n';
  std::cout << satur::equivalents(rule, erased) << "\n\n";

  satur::monitor mon(rule);
  display screen(o.steps);
  matrix x = matrix::from_shape({o.batch, t.inputs});
  std::vector<int> labels(o.batch);
  std::vector<stretch> history;
  t.next_batch(x, labels);
  {
    satur::monitor probe(rule);
    train_step(net, probe, x, labels, 0.0); // at a rate of 0 it changes nothing
    try {
      foretell(std::cout, erased, expected_network(o, t), probe);
    } catch (satur::theory::divergence_error const& beyond) {
      std::cout << wrapped(beyond.what(), "  ") << '\n';
    }
  }
  std::size_t step = 0;
  std::size_t stretch_start = 0;
  double loss_sum = 0.0;
  std::size_t right = 0;
  auto last_drawn = std::chrono::steady_clock::now();
  while (step < o.steps && interrupted == 0) {
    if (step != 0) {
      t.next_batch(x, labels);
    }
    loss_sum += train_step(net, mon, x, labels, o.rate);
    right += net.loss.correct;
    ++step;
    // The first stretch is short: it shows the network as it was initialized.
    std::size_t const length = history.empty() ? std::min<std::size_t>(o.every, 10) : o.every;
    bool const full = step % length == 0 || step == o.steps || interrupted != 0;
    auto const now = std::chrono::steady_clock::now();
    if (full || (screen.live() && now - last_drawn > std::chrono::milliseconds(200))) {
      double const n = static_cast<double>(step - stretch_start);
      screen.show(mon, step, loss_sum / n, static_cast<double>(right) / (n * static_cast<double>(o.batch)), full);
      last_drawn = now;
      if (full) {
        history.push_back(snapshot(mon, stretch_start + 1, step, loss_sum / n));
        mon.clear();
        if (o.diagnose) {
          explain(std::cout, net, t, erased, rule);
          std::cout << '\n';
        }
        if (o.repair && step < o.steps) {
          repair(std::cout, net, t, erased, rule);
        }
        if (o.diagnose || o.repair) {
          screen.below(); // what was said stays
        }
        stretch_start = step;
        loss_sum = 0.0;
        right = 0;
      }
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
            << percent(test_accuracy(net, t)) << " of the test data right.\n";
  summarize(std::cout, o, findings_of(net, t, erased, history.front(), history.back(), rule));
  if (!o.csv.empty()) {
    write_csv(o.csv, history);
    std::cout << "Every table is in " << o.csv << ".\n";
  }
  return std::ranges::any_of(history.back().layers, [](auto const& l) { return l.second.nonfinite(); }) ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Trains a multi-layer perceptron and shows what happens to its neurons.\n"
               "Without --data: pictures of shapes are generated, and a sigmoid network collapses before your eyes."};
  auto const positive = CLI::Range(std::size_t{1}, std::size_t{1} << 30);
  auto const finite = [](double low, char const* allowed) { // a range of CLI11's own lets nan pass
    return CLI::Validator(
        [=](std::string& given) {
          double const x = std::strtod(given.c_str(), nullptr);
          return std::isfinite(x) && x > low ? std::string() : given + " is not " + allowed;
        },
        allowed);
  };
  app.add_option("--data", o.data,
                 "folder with MNIST-style IDX files: the usual four, or one pair, which is split 9:1");
  app.footer(listed("\nActivations:", activation_names()) + "\n" + listed("Initializers:", initializer_names()));
  app.add_option("--activation", o.activation, "sigmoid by default, tanh with --data");
  app.add_option("--init", o.init, "standard by default, glorot_uniform with --data");
  app.add_option("--gain", o.gain, "factor of the initializer's scale (1)")->check(finite(0.0, "a positive number"));
  app.add_option("--depth", o.depth, "hidden layers (4; 3 with --data)")->check(CLI::Range(1, 1000));
  app.add_option("--width", o.width, "units in each (1000; 256 with --data)")->check(positive);
  app.add_option("--batch", o.batch, "examples in a step (10; 32 with --data)")->check(positive);
  app.add_option("--lr", o.rate, "learning rate (0.1)")->check(finite(0.0, "a positive number"));
  app.add_option("--steps", o.steps, "gradient steps (1200; 3000 with --data)")->check(positive);
  app.add_option("--seed", o.seed, "of weights and data (1)");
  app.add_option("--threads", o.threads, "of the matrix products (all)")->check(CLI::Range(1, 1024));
  app.add_option("--every", o.every, "steps from one table to the next (a sixth of all)")->check(positive);
  app.add_option("--rule", o.rule,
                 "when a unit counts as saturated: classic (|z| > 5, the default), deep_diagnosis, equal_slope,\n"
                 "karpathy, gate, kaldi, sagemaker (docs/readings.md)");
  app.add_flag("--diagnose", o.diagnose, "after each table, say why each layer is where it is: units, causes, cures");
  app.add_flag("--repair", o.repair, "after each table, cure the layers that lost their slope, and say what it did");
  app.add_option("--csv", o.csv, "file for the numbers of every table");
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
    return run(o);
  } catch (std::exception const& error) {
    std::cerr << "satur_train: " << error.what() << '\n';
    return 2;
  }
}
