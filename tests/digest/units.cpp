// Unit records and their readings.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include <array>
#include <sstream>

namespace {

/// Units of different kinds: some far left, some far right, one constant, one with NaN and infinity.
template <class T> std::vector<T> blocks(satur::unit_layout const& layout, std::uint64_t seed) {
  std::vector<T> z = digest::normal_numbers<T>(layout.size(), 0.0, 2.0, seed);
  for (std::size_t o = 0; o < layout.outer; ++o) {
    for (std::size_t u = 0; u < layout.units; ++u) {
      for (std::size_t i = 0; i < layout.inner; ++i) {
        T& x = z[(o * layout.units + u) * layout.inner + i];
        x = u % 7 == 3 ? x - T(8) : u % 7 == 5 ? x + T(8) : u == 9 ? T(-1) : x;
      }
    }
  }
  z[layout.units / 2] = std::numeric_limits<T>::quiet_NaN();
  z[layout.size() - 1] = std::numeric_limits<T>::infinity();
  return z;
}

void read(digest::line& l, satur::unit_records const& units) {
  for (satur::unit_reading const& reading : satur::readings::all) {
    satur::unit_percentiles const p = satur::percentiles_of(units, reading);
    l.numbers(p.values);
    l.number(p.units, p.unread, p.median());
    std::ostringstream text;
    satur::print_percentiles(reading, p, text);
    l.words(text.str());
    for (satur::unit_summary const& u : satur::worst_units(units, reading, 3)) {
      l.number(u.unit);
    }
  }
  for (double const share : {0.95, 0.5}) {
    satur::saturation_axes const a = satur::axes_of(units, share);
    l.number(a.elements, a.low, a.high, a.units, a.saturated_units, a.low_units, a.high_units, a.samples,
             a.saturated_samples, a.element_fraction(), a.unit_fraction(), a.sample_fraction());
    l.printed(a);
  }
}

std::vector<satur::dormancy> definitions() {
  return {
      satur::off{},          satur::off{3}, satur::rarely_on{0.3}, satur::saturated_unit{0.5}, satur::tau_dormant{0.1},
      satur::dead_gradient{}};
}

void put(digest::line& l, satur::dormant_units const& d) {
  l.number(d.samples, d.judged, d.mean_magnitude, d.count(), d.fraction());
  l.numbers(d.units());
  l.printed(d);
  l.words(satur::to_text(d.definition));
}

template <class T, class A>
void over(digest::sheet& lines, std::string const& name, A const& act, satur::unit_layout const& layout) {
  std::vector<T> const z = blocks<T>(layout, 11);
  std::vector<T> const later = blocks<T>(layout, 12);
  std::vector<T> dz = digest::normal_numbers<T>(layout.size(), 0.0, 1e-3, 13);
  for (std::size_t s = 0; s < layout.outer; ++s) {
    dz[s * layout.units * layout.inner] = T(0);
  }
  std::vector<T> y(z.size()), dy(z.size());
  digest::at_each_level([&](std::string_view level) {
    digest::line& l = lines.add("units/" + name, digest::type_name<T>, level);
    satur::unit_records units(satur::unit_options{.sample_share = 0.3});
    satur::forward_units(units, act, z, y, layout, satur::z_beyond{4.0});
    l.numbers(y);
    digest::put(l, units);
    satur::observe_unit_gradients(units, dz, layout);
    digest::put(l, units);
    read(l, units);
    satur::forward_units(units, act, later, y, dy, layout, satur::z_beyond{4.0});
    l.numbers(y);
    l.numbers(dy);
    satur::unit_records other(satur::unit_options{.sample_share = 0.3});
    satur::observe_units(other, act, later, layout, satur::z_beyond{4.0});
    digest::put(l, units + other);
    satur::unit_records then = units;
    then.follow(other);
    digest::put(l, then);
    std::vector<satur::dormant_units> before;
    for (satur::dormancy const& d : definitions()) {
      before.push_back(satur::find_dormant(units, d));
      put(l, before.back());
    }
    units.start_window();
    satur::observe_units(units, act, z, layout, satur::z_beyond{4.0});
    digest::put(l, units);
    for (std::size_t i = 0; i < before.size(); ++i) {
      satur::dormancy_change const c = satur::compare(before[i], satur::find_dormant(units, before[i].definition));
      l.number(c.before, c.after, c.both, c.revived, c.fallen, c.overlap());
    }
    satur::decayed_units lately(50.0);
    lately.add(then);
    lately.add(units);
    for (std::size_t u = 0; u < lately.size(); ++u) {
      digest::put(l, lately[u]);
    }
    put(l, satur::find_dormant(lately, satur::rarely_on{0.5}));
    l.show("mean slope", then.layer().mean_derivative());
    units.clear();
    digest::put(l, units);
  });
}

} // namespace

void digest::units(sheet& lines) {
  over<float>(lines, "matrix/relu", satur::relu{}, satur::unit_layout::matrix(19, 37));
  over<double>(lines, "matrix/sigmoid", satur::sigmoid{}, satur::unit_layout::matrix(40, 21));
  over<float>(lines, "nhwc/tanh", satur::tanh{}, satur::unit_layout::nhwc(2, 5, 5, 18));
  over<float>(lines, "nchw/tanh", satur::tanh{}, satur::unit_layout::nchw(2, 18, 5, 5));
  over<double>(lines, "one_sample/relu6", satur::relu6{}, satur::unit_layout::matrix(1, 16));
  over<double>(lines, "axis_0/soft_shrink", satur::soft_shrink{},
               satur::unit_layout::of(std::array<std::size_t, 2>{13, 70}, 0));
  line& l = lines.add("born_dead_probability", "double", no_level);
  std::array<std::size_t, 3> const widths{4, 2, 8};
  l.number(satur::born_dead_probability(widths));
}
