// Gated linear units.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include "satur/gated.hpp"

namespace {

void put(digest::line& l, satur::gate_saturation const& s) {
  l.number(s.closed, s.open, s.count(), s.closed_fraction(), s.open_fraction(), s.empty());
  digest::put(l, s.gate);
  l.printed(s);
}

template <class T, class Gate> void over(digest::sheet& lines, std::string const& name, Gate const& act) {
  std::size_t const length = 46;
  std::vector<T> x = digest::normal_numbers<T>(31 * length, 0.0, 3.0, 51);
  x[30] = std::numeric_limits<T>::quiet_NaN();
  x[40] = std::numeric_limits<T>::infinity();
  x[41] = -std::numeric_limits<T>::infinity();
  x[42] = T(0);
  std::vector<T> const dy = digest::normal_numbers<T>(x.size() / 2, 0.0, 1.0, 52);
  std::vector<T> y(x.size() / 2), dx(x.size());
  digest::at_each_level([&](std::string_view level) {
    digest::line& l = lines.add("gate/" + name, digest::type_name<T>, level);
    satur::apply(act, x, y, length);
    l.numbers(y);
    satur::pullback(act, x, dy, dx, length);
    l.numbers(dx);
    satur::gate_saturation const seen = satur::forward(act, x, y, length, satur::gate_within{0.2});
    put(l, seen);
    l.numbers(y);
    put(l, seen + satur::observe(act, x, length, satur::gate_within{0.2}));
    l.show("closed", seen.closed_fraction());
  });
}

} // namespace

void digest::gates(sheet& lines) {
  over<float>(lines, "glu", satur::glu{});
  over<double>(lines, "glu", satur::glu{});
  over<float>(lines, "swiglu", satur::swiglu{});
  over<double>(lines, "geglu", satur::geglu{});
  over<float>(lines, "tanh", satur::gated<satur::tanh>{});
}
