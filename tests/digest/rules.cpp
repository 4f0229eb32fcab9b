// Every rule, its equivalents for an activation, and the presets.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include <sstream>

namespace {

template <class T, class A, class Rule>
void over(digest::sheet& lines, std::string const& name, A const& act, Rule const& rule) {
  std::vector<T> z = digest::normal_numbers<T>(700, 0.5, 4.0, 3);
  for (T const edge : {T(5), T(-5), T(2), T(-2), T(0.5), T(-23)}) { // at the limits, and one step beyond
    z.push_back(edge);
    z.push_back(edge * (T(1) + std::numeric_limits<T>::epsilon()));
  }
  z.push_back(std::numeric_limits<T>::infinity());
  z.push_back(-std::numeric_limits<T>::infinity());
  z.push_back(std::numeric_limits<T>::quiet_NaN());
  digest::at_each_level([&](std::string_view level) {
    digest::line& l = lines.add("rule/" + name + "/" + std::string(satur::name_of(act)), digest::type_name<T>, level);
    try {
      satur::saturation const seen = satur::observe(act, z, rule);
      digest::put(l, seen);
      l.show("saturated", seen.fraction());
    } catch (std::invalid_argument const& refused) {
      l.words(refused.what());
      l.number(-1);
    }
  });
}

template <class A>
void meaning(digest::sheet& lines, satur::any_rule const& rule, std::string const& name, A const& act) {
  digest::line& l =
      lines.add("equivalents/" + name + "/" + std::string(satur::name_of(act)), "double", digest::compiled_level());
  try {
    satur::rule_equivalents const e = satur::equivalents(rule, act);
    l.number(e.z_low, e.z_high, e.y_low, e.y_high, e.slope_low, e.slope_high);
    l.printed(e);
    l.words(e.row());
    l.show("z high", e.z_high);
  } catch (std::invalid_argument const& refused) {
    l.words(refused.what());
    l.number(-1);
  }
}

} // namespace

void digest::rules(sheet& lines) {
  auto const each = [&](std::string const& name, satur::any_rule const& rule) {
    over<float>(lines, name, satur::sigmoid{}, rule);
    over<double>(lines, name, satur::tanh{}, rule);
    over<double>(lines, name, satur::relu{}, rule);
    line& l = lines.add("rule/" + name, "-", no_level);
    satur::rule_definition const d = rule.definition();
    l.number(d.first, d.second);
    l.words(d.name.view());
    l.words(satur::to_text(d));
    l.number(satur::rule_of(d) == rule);
    meaning(lines, rule, name, satur::sigmoid{});
    meaning(lines, rule, name, satur::tanh{});
    meaning(lines, rule, name, satur::gelu{});
  };
  each("z_beyond(5)", satur::z_beyond{5.0});
  each("z_beyond(0.1)", satur::z_beyond{0.1});
  each("z_at_least(5)", satur::z_at_least{5.0});
  each("z_outside(-2,0.5)", satur::z_outside{-2.0, 0.5});
  each("slope_below", satur::slope_below{});
  each("slope_below(0.3)", satur::slope_below{0.3});
  each("output_beyond(0.1,0.9)", satur::output_beyond{0.1, 0.9});
  each("output_beyond(-0.5,0.6)", satur::output_beyond{-0.5, 0.6});
  each("scaled_output_beyond(0.97)", satur::scaled_output_beyond{0.97});
  each("scaled_output_beyond(0.5)", satur::scaled_output_beyond{0.5});
  each("sagemaker_limits", satur::sagemaker_limits{});
  each("plasticine_limits", satur::plasticine_limits{});
  each("beyond_format(fp4_e2m1,1)", satur::beyond_format{satur::formats::fp4_e2m1});
  each("beyond_format(uint8,0.3,+3)",
       satur::beyond_format{satur::formats::with_zero_point(satur::formats::uint8, 3.0), 0.3});
  each("last_code(127,20)", satur::last_code{127.0, 20.0});

  // a rule of its own type runs other code than any_rule
  over<float>(lines, "own/z_outside(-2,0.5)", satur::tanh{}, satur::z_outside{-2.0, 0.5});
  over<double>(lines, "own/output_beyond(0.1,0.9)", satur::sigmoid{}, satur::output_beyond{0.1, 0.9});
  over<double>(lines, "own/scaled_output_beyond(0.97)", satur::tanh{}, satur::scaled_output_beyond{});

  for (satur::rules::preset const& p : satur::rules::presets()) {
    line& l = lines.add("preset/" + std::string(p.name), "-", no_level);
    satur::rule_definition const d = p.rule.definition();
    l.number(d.first, d.second, p.layer_alarm, satur::rules::named(p.name).rule == p.rule);
    l.words(d.name.view());
    l.words(p.source);
  }
  auto const table = [&](auto const& act) {
    std::ostringstream out;
    satur::rules::print_presets(act, out);
    lines.add("presets/" + std::string(satur::name_of(act)), "double", compiled_level()).words(out.str());
    satur::rules::unit_limits const kaldi = satur::rules::kaldi_unit_limits(act);
    line& l = lines.add("kaldi_unit_limits/" + std::string(satur::name_of(act)), "double", no_level);
    l.number(kaldi.low, kaldi.high, kaldi.outside(0.01), kaldi.outside(0.96));
  };
  table(satur::sigmoid{});
  table(satur::tanh{});
  table(satur::relu{});
  table(satur::silu{});
}
