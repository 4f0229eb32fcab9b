// The options of examples/train.cpp.
#pragma once

#include "support/initial_weights.hpp"

#include <satur/activation.hpp>
#include <satur/format/formats.hpp>
#include <satur/record/format_losses.hpp>
#include <satur/rule.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

struct options {
  std::string net = "mlp";
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
  bool raw = false;
  std::string csv;
  std::string html;
  std::string tensorboard;
  std::string save;
  std::string rule = "classic";
  std::string format;
  double scale = 0.0;
  bool diagnose = false;
  bool repair = false;

  [[nodiscard]] bool real_data() const { return !data.empty(); }
  [[nodiscard]] bool is_cnn() const { return net == "cnn"; }
  [[nodiscard]] any_initializer initializer() const { return initializers(gain).at(init); }

  /// What is watched of every layer: all its numbers in one format and at one scale; nothing without --format.
  [[nodiscard]] satur::watched_formats formats() const {
    for (satur::format const& f : satur::formats::all()) {
      if (format == f.name.view()) {
        return satur::watched_formats::all(f, scale);
      }
    }
    return {};
  }

  /// Options that are not given take the defaults of the task.
  void complete() {
    auto const or_else = [](auto& value, auto standard_value) {
      if (value == decltype(+value){}) {
        value = standard_value;
      }
    };
    if (is_cnn() && (depth != 0 || repair)) {
      throw std::invalid_argument(depth != 0 ? "--depth is for --net mlp; --net cnn has three hidden layers"
                                             : "--repair is for --net mlp; --diagnose is for both");
    }
    if (format.empty() && scale != 0.0) {
      throw std::invalid_argument("--scale is for --format: x times the scale is what the format stores");
    }
    activation = !activation.empty() ? activation : is_cnn() ? "relu" : real_data() ? "tanh" : "sigmoid";
    init = !init.empty() ? init : is_cnn() ? "he_normal" : real_data() ? "glorot_uniform" : "standard";
    or_else(depth, std::size_t{is_cnn() || real_data() ? 3u : 4u});
    or_else(width, std::size_t{is_cnn() ? 64u : real_data() ? 256u : 1000u});
    or_else(batch, std::size_t{is_cnn() || real_data() ? 32u : 10u});
    or_else(rate, 0.1);
    or_else(scale, 1.0);
    or_else(steps, std::size_t{real_data() ? 3000u : 1200u});
    or_else(every, std::max<std::size_t>(steps / 6, 1));
  }
};

/// An initializer that suits the activation: it keeps the size of z and of the gradient about the same in every layer.
inline std::string usual_initializer(satur::any_activation const& act) {
  bool const one_sided = act.flat_left != act.flat_right || act.name == "leaky_relu" || act.name == "prelu";
  return act.name == "selu" ? "lecun_normal" : one_sided ? "he_normal" : "glorot_uniform";
}

/// The command that runs this: the options that differ from what they are by default.
inline std::string command(options const& o) {
  options usual;
  usual.net = o.net;
  usual.data = o.data;
  usual.complete();
  std::string all = "./examples/run.sh";
  auto const add = [&all](char const* name, auto const& value, auto const& standard_value) {
    if (value != standard_value) {
      std::ostringstream words;
      words << ' ' << name << ' ' << value;
      all += words.str();
    }
  };
  add("--net", o.net, std::string("mlp"));
  add("--data", o.data, std::string());
  add("--activation", o.activation, usual.activation);
  add("--init", o.init, usual.init);
  add("--gain", o.gain, usual.gain);
  add("--depth", o.depth, usual.depth);
  add("--width", o.width, usual.width);
  add("--batch", o.batch, usual.batch);
  add("--lr", o.rate, usual.rate);
  add("--steps", o.steps, usual.steps);
  add("--seed", o.seed, usual.seed);
  add("--threads", o.threads, usual.threads);
  add("--every", o.every, std::max<std::size_t>(o.steps / 6, 1));
  add("--rule", o.rule, usual.rule);
  add("--format", o.format, usual.format);
  add("--scale", o.scale, usual.scale);
  return all + (o.raw ? " --raw" : "");
}

/// Every activation but the shrinks, whose flat part is in the middle, and e^z, which trains nothing.
inline std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  std::apply([&](auto const&... act) { (names.emplace_back(act.name), ...); }, satur::all_activations{});
  std::erase_if(names, [](std::string const& name) { return name.ends_with("_shrink") || name == "exponential"; });
  return names;
}
inline std::vector<std::string> initializer_names() {
  std::vector<std::string> names;
  for (auto const& [name, rule] : initializers(1.0)) {
    names.push_back(name);
  }
  return names;
}
inline std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (satur::rules::preset const& p : satur::rules::presets()) {
    names.emplace_back(p.name);
  }
  return names;
}
inline std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (satur::format const& f : satur::formats::all()) {
    names.emplace_back(f.name.view());
  }
  return names;
}

inline void declare(CLI::App& app, options& o) {
  auto const positive = CLI::Range(std::size_t{1}, std::size_t{1} << 30);
  auto const positive_number = CLI::Validator( // CLI11's own range check accepts nan
      [](std::string& given) {
        double const x = std::strtod(given.c_str(), nullptr);
        return std::isfinite(x) && x > 0.0 ? std::string() : given + " is not a positive number";
      },
      "a positive number");
  app.add_option("--net", o.net, "mlp: a multi-layer perceptron (default); cnn: two convolutions, one hidden layer")
      ->check(CLI::IsMember({"mlp", "cnn"}));
  app.add_option("--data", o.data,
                 "folder with MNIST-style IDX files: the usual four, or one pair, which is split 9:1");
  app.add_option("--activation", o.activation, "sigmoid by default, tanh with --data, relu with cnn")
      ->check(CLI::IsMember(activation_names()));
  app.add_option("--init", o.init, "standard by default, glorot_uniform with --data, he_normal with cnn")
      ->check(CLI::IsMember(initializer_names()));
  app.add_option("--gain", o.gain, "factor of the initializer's scale (1)")->check(positive_number);
  app.add_option("--depth", o.depth, "hidden layers of mlp (4; 3 with --data)")->check(CLI::Range(1, 1000));
  app.add_option("--width", o.width, "units in each (1000; 256 with --data; cnn: 64)")->check(positive);
  app.add_option("--batch", o.batch, "examples in a step (10; 32 with --data or cnn)")->check(positive);
  app.add_option("--lr", o.rate, "learning rate (0.1)")->check(positive_number);
  app.add_option("--steps", o.steps, "gradient steps (1200; 3000 with --data)")->check(positive);
  app.add_option("--seed", o.seed, "of weights and data (1)");
  app.add_option("--threads", o.threads, "of the matrix products (all)")->check(CLI::Range(1, 1024));
  app.add_option("--every", o.every, "steps from one table to the next (a sixth of all)")->check(positive);
  app.add_option("--rule", o.rule,
                 "when a unit counts as saturated: classic (|z| > 5) by default; docs/readings.md has all")
      ->check(CLI::IsMember(rule_names()));
  app.add_option("--format", o.format,
                 "say what of z, outputs, gradients and weights leaves this number format (none by default)")
      ->check(CLI::IsMember(format_names()));
  app.add_option("--scale", o.scale, "of the format: x times the scale is what it stores (1)")->check(positive_number);
  app.add_flag("--raw", o.raw, "pixels from 0 to 255, as they are stored, instead of -1 to 1");
  app.add_flag("--diagnose", o.diagnose, "after each table, say what is wrong so far, with the evidence");
  app.add_flag("--repair", o.repair,
               "after each table, cure the root cause, say what it did, undo it if it did harm (mlp)");
  app.add_option("--csv", o.csv, "file for the numbers of every table");
  app.add_option("--html", o.html, "page about the run, for a browser: verdict, findings, charts");
  app.add_option("--tensorboard", o.tensorboard, "folder for event files, written as the run goes");
  app.add_option("--save", o.save, "file for the record of the run, which satur_look reads");
}

} // namespace support
