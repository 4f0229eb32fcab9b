// The run in plain words: whether it learned, what is wrong, where, why, and what to try next.
#pragma once

#include "support/options.hpp"
#include "support/text.hpp"

#include <satur/finding.hpp>
#include <satur/monitor.hpp>
#include <satur/report/run_summary.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace support {

/// A finding in two lines, each wrapped, and its details if they are wanted.
inline void show(std::ostream& out, satur::finding const& f, bool details) {
  std::ostringstream words;
  words << f;
  std::istringstream lines(words.str() + (details ? '\n' + f.details() : ""));
  std::string indent = "- ";
  for (std::string line; std::getline(lines, line); indent = "  ") {
    out << wrapped(line, indent, "    ");
  }
}

/// All of them, in the middle of a run.
inline void show(std::ostream& out, std::vector<satur::finding> const& found) {
  if (found.empty()) {
    out << "Nothing is wrong so far.\n";
  }
  for (satur::finding const& f : found) {
    show(out, f, true);
  }
}

struct advice {
  std::string why;
  options next;
};

/// What to run next, for the first root cause. Measured on the pictures of shapes: four layers of sigmoid stay at
/// chance for 1200 steps, whatever their weights. Four of tanh with Glorot's weights learn: with 100 units in 1200
/// steps, with 1000 units in 4800 at rates of 0.01 and 0.03, and not in 1200. Layers with an open side learn in 200, of
/// any width.
inline advice advice_for(options const& o, satur::finding const& root) {
  advice a{"", o};
  auto const add = [&a](std::string const& words) { a.why += (a.why.empty() ? "" : ", ") + words; };
  auto const usual = [&] { return usual_initializer(satur::activation_named(a.next.activation).value()); };
  satur::any_activation const act = satur::activation_named(o.activation).value();
  bool const two_sided = act.flat_left && act.flat_right && act.name != "relu6";
  bool const unfit = root.cause == satur::cause::activation || root.cause == satur::cause::depth;
  bool const weights = root.cause == satur::cause::weight_norm || root.cause == satur::cause::logits ||
                       root.cause == satur::cause::small_weights || root.cause == satur::cause::spread ||
                       root.cause == satur::cause::identical_units;
  if (o.raw) {
    a.next.raw = false;
    add("pixels from -1 to 1");
  } else if (weights && o.gain != 1.0) {
    a.next.gain = 1.0;
    add("weights of the rule's own size");
  }
  if (two_sided && o.depth > 1 && (!o.real_data() || unfit)) {
    a.next.activation = "relu";
    a.next.init = usual();
    a.next.gain = 1.0;
    add("an activation whose slope is 1 on one side, so that the gradient passes " + std::to_string(o.depth) +
        " layers");
  } else if (weights && o.init != usual()) {
    a.next.init = usual();
    add("random weights of the size that suits " + o.activation);
  } else if (a.why.empty() && root.cure.what == satur::remedy::learning_rate) {
    double const factor = std::isfinite(root.cure.factor) ? root.cure.factor : 0.1;
    a.next.rate = (std::min)(std::stod(text("%.0e", o.rate * factor)), 0.1);
    a.next.init = usual();
    add("a smaller learning rate");
  } else if (a.why.empty() && root.symptom == satur::symptom::dead_units && act.flat_left != act.flat_right) {
    a.next.activation = "leaky_relu";
    a.next.rate = (std::min)(o.rate, 0.1);
    a.next.init = usual();
    add("an activation that has a slope everywhere, so that no unit can die");
  } else if (a.why.empty() && unfit && o.depth > 4) {
    a.next.depth = 4;
    add("fewer layers");
  }
  return a;
}

/// What to run next if the run did not learn and no root cause leads to an advice: what is known to learn on these
/// pictures, one change at a time, and more steps if all of that is so already.
inline advice advice_without_root(options const& o) {
  satur::any_activation const act = satur::activation_named(o.activation).value();
  if (act.flat_left && act.flat_right && o.depth > 1) {
    satur::finding any;
    any.cause = satur::cause::activation;
    return advice_for(o, any);
  }
  advice a{"", o};
  a.next.raw = false;
  a.next.gain = 1.0;
  if (o.raw) {
    a.why = "pixels from -1 to 1";
  } else if (std::string const usual = usual_initializer(act); o.init != usual || o.gain != 1.0) {
    a.why = "random weights of the size that suits " + o.activation;
    a.next.init = usual;
  } else if (o.rate > 0.1) {
    a.why = "a smaller learning rate";
    a.next.rate = 0.1;
  } else if (o.depth > 4) {
    a.why = "fewer layers";
    a.next.depth = 4;
  } else {
    a.why = "more steps";
    a.next.steps = 4 * o.steps;
  }
  return a;
}

/// The last line is a command that learns, unless the run has learned.
inline void summarize(std::ostream& out, options const& o, satur::loss_history const& losses,
                      std::vector<satur::finding> const& found) {
  out << wrapped(satur::run_summary(losses), "");
  satur::finding const* root = nullptr;
  for (satur::finding const& f : found) {
    if (f.severity != satur::severity::note) {
      show(out, f, o.diagnose);
      root = root == nullptr ? &f : root;
    }
  }
  bool const failed = !satur::learned(losses) && satur::judge(losses) != satur::run_state::unknown;
  if (root == nullptr) {
    out << (satur::learned(losses) ? "Nothing is wrong.\n"
            : !failed              ? "Nothing is wrong so far.\n"
                                   : "Nothing that was measured explains it.\n");
  }
  if (root == nullptr ? !failed : satur::learned(losses)) {
    return;
  }
  advice a = root == nullptr ? advice_without_root(o) : advice_for(o, *root);
  if (a.why.empty() && failed) {
    a = advice_without_root(o);
  }
  if (!a.why.empty()) {
    out << wrapped("Try " + a.why + ":", "") << "  " << command(a.next) << '\n';
  }
}

} // namespace support
