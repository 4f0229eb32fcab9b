// The summary of a run: what is wrong, where, why, and the fix.
#pragma once

#include "support/options.hpp"
#include "support/text.hpp"

#include <satur/finding.hpp>

#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace support {

/// Options to try next, where layers are saturated.
inline std::string advice(options const& o) {
  if (o.gain > 1.5) {
    return "--gain 1 (the weights are " + text("%g", o.gain) + " times the rule's size)";
  }
  if (o.activation == "sigmoid") {
    return "--activation tanh --init glorot_uniform (zero-centered: the mean of z no longer drifts)";
  }
  if (o.activation == "relu") {
    return std::string(o.init == "he_normal" ? "" : "--init he_normal, or ") +
           "--activation leaky_relu (no unit can die)";
  }
  return "--init glorot_uniform --gain 1, or a smaller --lr";
}

inline void summarize(std::ostream& out, options const& o, std::vector<satur::finding> const& found) {
  bool flat = false;
  bool unseen = false;
  bool broken = false;
  bool vanishing = false;
  for (satur::finding const& f : found) {
    if (f.severity == satur::severity::note) {
      continue;
    }
    std::stringstream lines;
    lines << f;
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
  if (flat || vanishing) {
    out << wrapped("Try: " + advice(o) + (o.repair ? "." : "; or --repair, which cures layers as they saturate."), "");
  } else {
    out << "- No layer is saturated, and the gradient reaches all of them.\n";
  }
}

} // namespace support
