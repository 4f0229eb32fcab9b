// The facts that every activation states, and those that are searched for.
#include "activations.hpp"
#include "sections.hpp"

#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"

void digest::facts(sheet& lines) {
  for_activations<0, 1>([&](std::string const& name, auto const& act) {
    line& l = lines.add("facts/" + name, "double", compiled_level());
    l.number(satur::peak_slope_of(act), act.lower(), act.upper(), act.flat_left, act.flat_right);
    if constexpr (requires { act.peak_slope(); }) {
      l.number(act.peak_slope());
    }
    if constexpr (requires { act.kinks(); }) {
      l.numbers(act.kinks());
    }
    if constexpr (requires { act.minimum(), act.minimum_at(); }) {
      l.number(act.minimum(), act.minimum_at());
    }
    satur::slope_range const range = satur::slope_range_of(act);
    l.number(range.low, range.high);
    l.words(satur::name_of(act));
    l.show("peak slope", satur::peak_slope_of(act));
  });
}
