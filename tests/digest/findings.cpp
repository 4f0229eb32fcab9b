// Findings, causes and cures from records.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include "satur/finding.hpp"
#include "satur/initializer.hpp"

namespace {

using digest::line;
using digest::sheet;

void put(line& l, satur::layer_state const& s) {
  l.number(s.mean_slope, s.slope_share, s.low, s.high, s.saturated());
  l.printed(s);
}

void put(line& l, std::vector<satur::finding> const& found) {
  l.number(found.size());
  for (satur::finding const& f : found) {
    l.number(static_cast<int>(f.symptom), static_cast<int>(f.severity), static_cast<int>(f.side), f.value, f.limit,
             static_cast<int>(f.cause), static_cast<int>(f.cure.what), f.cure.factor);
    put(l, f.now);
    if (f.cure.predicted) {
      put(l, *f.cure.predicted);
    }
    for (satur::unit_evidence const& u : f.units) {
      l.number(u.unit, u.reading, static_cast<int>(u.side));
    }
    l.printed(f);
  }
}

constexpr std::size_t samples = 300; // enough to call a unit dead
constexpr std::size_t width = 12;

struct layer {
  double mean = 0.0;
  double deviation = 1.0;
  double gradient = 1e-2;
  double step = 1e-3;
};

template <class A> satur::monitor net_of(A const& act, std::vector<layer> const& layers, bool broken = false) {
  satur::monitor_options options;
  options.units = true;
  satur::monitor mon(options);
  satur::unit_layout const layout = satur::unit_layout::matrix(samples, width);
  for (std::uint64_t s = 0; s < 2; ++s) {
    std::uint64_t seed = 80 + 10 * s;
    for (layer const& one : layers) {
      satur::layer_monitor& m = mon["layer" + std::to_string(seed % 10)];
      std::vector<float> z = digest::normal_numbers<float>(layout.size(), one.mean, one.deviation, ++seed);
      std::vector<float> y(z.size());
      if (broken && s == 1) {
        z[5] = std::numeric_limits<float>::quiet_NaN();
      }
      m.forward(act, z, y, layout);
      m.gradient(digest::normal_numbers<float>(layout.size(), 0.0, one.gradient, seed + 500), layout);
      std::vector<float> const w = digest::normal_numbers<float>(200, 0.0, 1.0, seed + 600);
      m.update(w, digest::normal_numbers<float>(200, 0.0, one.step, seed + 700));
    }
    mon.end_step();
  }
  return mon;
}

void diagnoses(sheet& lines, std::string_view level) {
  auto const add = [&](std::string const& name, satur::monitor const& mon) {
    line& l = lines.add("diagnose/" + name, "-", level);
    std::vector<satur::finding> const found = satur::diagnose(mon);
    put(l, found);
    l.show("findings", static_cast<double>(found.size()));
  };
  add("healthy/tanh", net_of(satur::tanh{}, {{}, {}, {}}));
  add("saturated/sigmoid", net_of(satur::sigmoid{}, {{0.0, 20.0}, {0.0, 9.0}}));
  add("shifted/sigmoid", net_of(satur::sigmoid{}, {{-8.0, 1.0}, {7.0, 2.0}}));
  add("dead/relu", net_of(satur::relu{}, {{-20.0, 1.0}, {}}));
  add("vanishing/tanh",
      net_of(satur::tanh{}, {{0.0, 0.1, 1e-8}, {0.0, 0.1, 1e-6}, {0.0, 0.1, 1e-4}, {0.0, 0.1, 1e-2}}));
  add("exploding/relu", net_of(satur::relu{}, {{0.0, 1.0, 10.0}, {0.0, 1.0, 0.1}, {0.0, 1.0, 1e-3}}));
  add("zero_gradient/tanh", net_of(satur::tanh{}, {{0.0, 1.0, 0.0}, {}}));
  add("updates/tanh", net_of(satur::tanh{}, {{0.0, 1.0, 1e-2, 0.5}, {0.0, 1.0, 1e-2, 1e-7}}));
  add("not_finite/tanh", net_of(satur::tanh{}, {{}, {}}, true));
  add("nothing", satur::monitor{});

  satur::monitor const mon = net_of(satur::silu{3.0}, {{0.0, 4.0}, {1.0, 2.0}});
  std::vector<satur::named_record> records = satur::records_of(mon);
  records[0].expected_variance_z = 1.0;
  records[1].initial_slope_share = 0.99;
  satur::finding_limits strict;
  strict.slope_excess = 0.01;
  strict.saturated_share = 0.01;
  std::vector<satur::any_activation> const own{satur::silu{3.0}};
  line& l = lines.add("diagnose/records", "-", level);
  put(l, satur::diagnose(records, strict, own));
  put(l, satur::diagnose(records));
}

void causes(sheet& lines, std::string_view level) {
  std::size_t const in = 9;
  std::size_t const units = 6;
  std::vector<double> const inputs = digest::normal_numbers<double>(20 * in, 0.4, 1.0, 91);
  satur::input_moments const of_inputs = satur::moments_of_inputs(inputs, in);
  std::vector<double> w = digest::normal_numbers<double>(in * units, 0.0, 2.0, 92);
  std::vector<double> b{0.0, 9.0, -9.0, 0.5, 0.0, 3.0};
  std::vector<double> z = digest::normal_numbers<double>(20 * units, 0.5, 4.0, 93);
  auto const explain = [&](std::string const& name, satur::layer_attribution const& a) {
    line& l = lines.add("attribute/" + name, "double", level);
    for (satur::unit_attribution const& u : a.units) {
      l.number(u.unit, u.bias, u.from_inputs, u.variance, u.weight_square, static_cast<int>(u.cause), u.slope_share,
               u.mean(), u.input_scale());
    }
    put(l, a.now);
    put(l, a.recentered);
    put(l, a.rescaled);
    l.number(a.factor, static_cast<int>(a.main_cause()));
    l.printed(a);
    l.show("factor", a.factor);
  };
  explain("sigmoid", satur::attribute(satur::sigmoid{}, w, b, of_inputs));
  explain("relu_with_z", satur::attribute(satur::relu{}, w, b, of_inputs, z, satur::slope_below{}));

  line& l = lines.add("cures", "double", level);
  l.numbers(of_inputs.mean);
  l.numbers(of_inputs.variance);
  satur::rescale(w, b, 0.3);
  l.numbers(w);
  l.numbers(b);
  satur::recenter(b, z);
  l.numbers(b);
  l.number(satur::lsuv_step(w, b, z, 2.0));
  l.numbers(w);
  std::vector<double> dz(z.size(), 0.0);
  l.number(satur::self_repair(satur::sigmoid{}, z, dz, units, {.scale = 1e-3, .slope_share = 0.9}));
  l.number(satur::self_repair(satur::relu{}, z, dz, units, {.scale = 1e-3, .least_active = 0.5}));
  l.numbers(dz);
  std::vector<double> next(units * 2, 1.0);
  std::vector<std::size_t> const dead{1, 4};
  digest::splitmix64 random(94);
  satur::reinitialize_units(satur::he_normal{}, w, b, next, dead, random);
  l.numbers(w);
  l.numbers(b);
  l.numbers(next);
}

} // namespace

void digest::findings(sheet& lines) {
  at_best_level([&](std::string_view level) {
    diagnoses(lines, level);
    causes(lines, level);
  });
  line& l = lines.add("any_activation", "double", compiled_level());
  for (std::string_view const name : {"tanh", "hard_swish", "no such"}) {
    if (auto const act = satur::activation_named(name)) {
      l.number(act->value(0.7), act->derivative(0.7), act->peak_slope(), act->lower(), act->upper(), act->flat_left,
               act->flat_right, act->can_saturate());
      l.numbers(act->kinks());
      satur::state_predictor const expect(*act, satur::slope_below{});
      ::put(l, expect(0.5, 4.0));
      ::put(l, expect(-0.5, 0.0));
    } else {
      l.number(0);
    }
  }
}
