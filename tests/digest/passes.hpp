// value, slope and record of activations over arrays, at every level.
#pragma once

#include "activations.hpp"
#include "inputs.hpp"
#include "records.hpp"

namespace digest {

template <class T, class A> void passes_of(sheet& lines, std::string const& name, A const& act) {
  std::vector<T> const z = sweep<T>();
  std::vector<T> const drawn = normal_numbers<T>(1531, 0.5, 3.0, 1);
  std::vector<T> y(z.size()), dy(z.size()), drawn_y(drawn.size());
  at_each_level([&](std::string_view level) {
    line& value = lines.add("value/" + name, type_name<T>, level);
    satur::apply(act, z, y);
    value.numbers(y);
    line& slope = lines.add("slope/" + name, type_name<T>, level);
    satur::apply_derivative(act, z, dy);
    slope.numbers(dy);
    line& record = lines.add("record/" + name, type_name<T>, level);
    satur::saturation const all = satur::forward(act, z, y, dy, satur::z_beyond{});
    record.numbers(y);
    record.numbers(dy);
    put(record, all);
    satur::saturation const usual = satur::forward(act, drawn, drawn_y, satur::z_beyond{});
    record.numbers(drawn_y);
    put(record, usual);
    put(record, satur::observe(act, drawn, satur::slope_below{0.1}));
    record.show("mean slope", usual.mean_derivative());
  });
}

template <class T, std::size_t Part, std::size_t Parts> void passes(sheet& lines) {
  for_activations<Part, Parts>([&](std::string const& name, auto const& act) { passes_of<T>(lines, name, act); });
}

} // namespace digest
