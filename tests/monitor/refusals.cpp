// What is refused, in whole sentences: the function, what was given, what is allowed.
#include "satur/activation/gelu.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/diagnostic.hpp"
#include "satur/gated/gate_saturation.hpp"
#include "satur/monitor/shared_monitor.hpp"
#include "satur/reading/effective_rank.hpp"
#include "satur/reading/gradient_flow.hpp"
#include "satur/reading/phi_b.hpp"
#include "satur/reading/slope_interval.hpp"
#include "satur/rowwise/row_saturation.hpp"
#include "satur/rule/presets.hpp"
#include "satur/statistics/variance_test.hpp"

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace {

using satur_test::refusal;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();
std::vector<double> const z{1.0, 2.0, 3.0};

/// What the rule says where it is asked about tanh.
template <class Rule> std::string refused(Rule const& rule) {
  return refusal([&] { static_cast<void>(satur::observe(satur::tanh{}, z, rule)); });
}

} // namespace

TEST_CASE("error messages: rules") {
  CHECK(refused(satur::z_beyond{-1.5}) ==
        "satur::z_beyond: threshold is -1.5; allowed: a finite number >= 0, such as 5");
  CHECK(refused(satur::z_beyond{infinity}).starts_with("satur::z_beyond: threshold is inf; "));
  CHECK(refused(satur::z_beyond{none}).starts_with("satur::z_beyond: threshold is nan; "));
  CHECK(refused(satur::slope_below{1.25}) ==
        "satur::slope_below: ratio is 1.25; allowed: a share of the peak slope in (0, 1], such as 0.0266");
  CHECK(refused(satur::slope_below{0.0}).starts_with("satur::slope_below: ratio is 0; "));
  CHECK(refused(satur::slope_below{1.0}) == "nothing thrown");
  CHECK(refused(satur::output_beyond{0.75, 0.25}) ==
        "satur::output_beyond: (low, high) is (0.75, 0.25); allowed: low <= high");
  CHECK(refused(satur::output_beyond{0.25, 0.25}) == "nothing thrown");
  CHECK(refused(satur::z_at_least{0.0}) ==
        "satur::z_at_least: threshold is 0; allowed: a finite number > 0, such as 5");
  CHECK(refused(satur::z_at_least{infinity}).starts_with("satur::z_at_least: threshold is inf; "));
  CHECK(refused(satur::z_outside{3.0, 2.0}) == "satur::z_outside: (low, high) is (3, 2); allowed: low <= high");
  CHECK(refused(satur::z_outside{2.0, 2.0}) == "nothing thrown");
  CHECK(refused(satur::scaled_output_beyond{1.0}) ==
        "satur::scaled_output_beyond: share is 1; allowed: a share of the way "
        "to an asymptote in (0, 1)");
  CHECK(refused(satur::scaled_output_beyond{0.0}).starts_with("satur::scaled_output_beyond: share is 0; "));
  auto const gelu = [](auto const& rule) {
    return refusal([&] { static_cast<void>(satur::observe(satur::gelu{}, z, rule)); });
  };
  CHECK(gelu(satur::scaled_output_beyond{}) ==
        "satur::scaled_output_beyond: activation is gelu; allowed: activations with "
        "two finite asymptotes, such as sigmoid or tanh");
  CHECK(gelu(satur::sagemaker_limits{}) ==
        "satur::sagemaker_limits: activation is gelu; allowed: sigmoid and tanh; for "
        "another take z_outside or slope_below");
  CHECK(refusal([] {
          static_cast<void>(satur::rule_of({"z_above", 1.0, 2.0}));
        }) == "satur::rule_of: rule is z_above; allowed: z_beyond, slope_below, output_beyond, z_at_least, z_outside, "
              "scaled_output_beyond, sagemaker_limits, plasticine_limits, beyond_format, last_code");
  CHECK(refusal([] { static_cast<void>(satur::rules::named("torch")); }) ==
        "satur::rules::named: name is torch; allowed: classic, deep_diagnosis, equal_slope, karpathy, gate, kaldi, "
        "sagemaker, plasticine, onnx_runtime_half, transformer_engine, nnue_last_code");
  CHECK(refusal([] { satur::gate_within{0.75}.require_valid(); }) ==
        "satur::gate_within: share is 0.75; allowed: a share in (0, 0.5], such as 0.1");
  CHECK(refusal([] { satur::p_above{1.0}.require_valid(); }) ==
        "satur::p_above: threshold is 1; allowed: a probability in [0, 1), such as 0.99");
}

TEST_CASE("error messages: histograms and phi_B") {
  using satur::histogram;
  satur::histogram h = histogram::of_z();
  CHECK(refusal([] { static_cast<void>(histogram::linear(2.0, 1.0, 3)); }) ==
        "satur::histogram::linear: (low, high) is (2, 1); allowed: finite limits, low < high");
  CHECK(refusal([] { static_cast<void>(histogram::linear(1.0, 2.0, 0)); }) ==
        "satur::histogram::linear: bins is 0; allowed: 1 to 16777216");
  CHECK(refusal([] { static_cast<void>(histogram::linear(1.0, 2.0, (1 << 24) + 1)); }) ==
        "satur::histogram::linear: bins is 16777217; allowed: 1 to 16777216");
  CHECK(refusal([] { static_cast<void>(histogram::linear(1e15, 1e15 + 1.0, 64)); }) ==
        "satur::histogram::linear: bins is 64; allowed: so few that neighboring edges differ");
  CHECK(refusal([] { static_cast<void>(histogram::logarithmic(3, 2)); }) ==
        "satur::histogram::logarithmic: (first, last) is (3, 2); allowed: -126 <= first < last <= 127");
  CHECK(refusal([] {
          static_cast<void>(histogram::logarithmic(-126, 128));
        }).starts_with("satur::histogram::logarithmic: (first, last) is (-126, 128); "));
  for (int const parts : {0, -1, 3, 65, 128}) {
    CHECK(refusal([&] { static_cast<void>(histogram::logarithmic(0, 3, parts)); }) ==
          "satur::histogram::logarithmic: per_octave is " + std::to_string(parts) +
              "; allowed: 1, 2, 4, 8, 16, 32 or 64");
  }
  CHECK(refusal([&] { static_cast<void>(h.quantile(1.5)); }) ==
        "satur::histogram::quantile: p is 1.5; allowed: a share in [0, 1]");
  CHECK(
      refusal([&] { h += histogram::logarithmic(0, 3, 2); }) ==
      "satur::histogram: cannot merge 6 bins over |x| in [1, 8) into 512 bins over [-32, 32); merge histograms of the "
      "same edges");
  CHECK(refusal([&] {
          h += histogram::linear(-32.0, 31.0, 512);
        }).starts_with("satur::histogram: cannot merge 512 bins over [-32, 31) into 512 bins over [-32, 32); "));
  CHECK(refusal([&] {
          h += histogram::linear(-31.0, 32.0, 512);
        }).starts_with("satur::histogram: cannot merge 512 bins over [-31, 32) into 512 bins over [-32, 32); "));

  CHECK(refusal([] { satur::phi_b(2.0, 1.0); }) ==
        "satur::phi_b: (lower, upper) is (2, 1); allowed: finite limits, lower < upper");
  CHECK(refusal([] { satur::phi_b(1.0, 2.0, 0); }) == "satur::phi_b: bins is 0; allowed: 1 or more, such as 10");
  CHECK(refusal([] { satur::phi_b(satur::gelu{}); }) ==
        "satur::phi_b: activation is gelu; allowed: activations with two finite asymptotes, such as sigmoid or tanh");
  satur::phi_b p(-1.0, 2.0, 5);
  CHECK(refusal([&] { p.observe(satur::tanh{}, z); }) ==
        "satur::phi_b::observe: activation is tanh; allowed: one with the limits -1 and 2");
  CHECK(refusal([&] { p += satur::phi_b(-3.0, 4.0, 7); }) ==
        "satur::phi_b: cannot merge 7 bins over [-3, 4] into 5 over [-1, 2]");
  CHECK(
      refusal([&] { p += satur::phi_b(-3.0, 2.0, 5); }).starts_with("satur::phi_b: cannot merge 5 bins over [-3, 2]"));
  CHECK(
      refusal([&] { p += satur::phi_b(-1.0, 3.0, 5); }).starts_with("satur::phi_b: cannot merge 5 bins over [-1, 3]"));
}

TEST_CASE("error messages: intervals, tests, ranks and flows") {
  CHECK(refusal([] {
          static_cast<void>(satur::clustering{0.5, 0.5}.design_effect());
        }) == "satur::clustering: size is 0.5; allowed: a number >= 1 of observations to a cluster");
  CHECK(refusal([] {
          static_cast<void>(satur::clustering{2.0, -0.5}.design_effect());
        }) == "satur::clustering: rho is -0.5; allowed: a correlation in [0, 1]");
  CHECK(refusal([] { static_cast<void>(satur::wilson(2, 1)); }) == "satur::wilson: (k, n) is (2, 1); allowed: k <= n");
  for (double const level : {0.0, 1.0, none}) {
    CHECK(refusal([&] {
            static_cast<void>(satur::wilson(1, 2, level));
          }).ends_with("; allowed: a share in (0, 1), such as 0.95"));
    CHECK(refusal([&] { static_cast<void>(satur::wilson(1, 2, level)); }).starts_with("satur::interval: level is "));
  }
  std::vector<satur::cluster_count> const impossible{{3, 4}, {6, 5}};
  CHECK(refusal([&] { static_cast<void>(satur::clustered_interval(impossible)); }) ==
        "satur::clustered_interval: (k, n) is (6, 5); allowed: k <= n");
  CHECK(refusal([&] { static_cast<void>(satur::intraclass_correlation(impossible)); }) ==
        "satur::intraclass_correlation: (k, n) is (6, 5); allowed: k <= n");
  satur::saturation const nothing;
  CHECK(refusal([&] {
          static_cast<void>(satur::hoeffding_interval(nothing, {2.0, 1.0}));
        }) == "satur::hoeffding_interval: range is [2, 1]; allowed: finite limits, low < high");
  CHECK(refusal([&] {
          static_cast<void>(satur::bernstein_interval(nothing, {2.0, 1.0}));
        }) == "satur::bernstein_interval: range is [2, 1]; allowed: finite limits, low < high");
  satur::moments const m{3, 1.0, 2.0};
  CHECK(refusal([&] { static_cast<void>(satur::test_variance(m, 1.0, 1.0)); }) ==
        "satur::variance_test: kurtosis is 1; allowed: a number > 1: 3 for a normal law, 1.8 for a uniform one");
  CHECK(refusal([&] { static_cast<void>(satur::test_variance(m, 0.0)); }) ==
        "satur::test_variance: expected variance is 0; allowed: a finite number > 0");
  CHECK(refusal([] {
          static_cast<void>(satur::effective_rank(std::vector<double>{1.0, -2.0}));
        }) == "satur::effective_rank: a singular value is -2; allowed: finite numbers >= 0");
  CHECK(refusal([] { static_cast<void>(satur::check_initial_loss(2.0, 1)); }) ==
        "satur::check_initial_loss: classes is 1; allowed: 2 or more");
}

TEST_CASE("error messages: units") {
  using satur::unit_records;
  auto const tanh_record = [](std::size_t units, double share, satur::z_beyond const& rule) {
    unit_records r(satur::unit_options{.sample_share = share});
    satur::observe_units(r, satur::tanh{}, std::vector<double>(units, 1.0), satur::unit_layout::matrix(1, units), rule);
    return r;
  };
  unit_records two = tanh_record(2, 0.5, {5.0});
  CHECK(refusal([&] { two += tanh_record(3, 0.5, {5.0}); }) ==
        "satur::unit_records: cannot merge a record of 2 units with one of 3; merge records of one layer");
  CHECK(
      refusal([&] { two += tanh_record(2, 0.25, {5.0}); }) ==
      "satur::unit_records: cannot merge records that call a sample saturated at 0.5 and 0.25 of the layer; give both "
      "the same unit_options");
  CHECK(refusal([&] { two += tanh_record(2, 0.5, {4.0}); }) ==
        "satur::unit_records: cannot merge a record of tanh (|z| > 5) with one of tanh (|z| > 4); merge records of one "
        "activation and one rule");
  satur::decayed_units lately(10.0);
  lately.add(two);
  CHECK(refusal([&] { lately.add(tanh_record(3, 0.5, {5.0})); }) ==
        "satur::decayed_units: cannot add 3 units to 2; give each layer a window of its own");
  CHECK(refusal([&] { lately.add(tanh_record(2, 0.5, {4.0})); }) ==
        "satur::decayed_units: cannot add a batch of tanh (|z| > 4) to one of tanh (|z| > 5); give each activation and "
        "rule "
        "a window of its own");
  CHECK(refusal([] { satur::decayed_units(-1.0); }) ==
        "satur::decayed_units: half_life is -1; allowed: a finite number of samples > 0, such as 10000");
  CHECK(refusal([] { static_cast<void>(satur::percentiles_of({1.0})(3)); }) ==
        "satur::unit_percentiles: percent is 3; allowed: 0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99 or "
        "100");
  auto const dormant = [&](satur::dormancy const& d) {
    return refusal([&] { static_cast<void>(satur::find_dormant(two, d)); });
  };
  CHECK(dormant(satur::rarely_on{1.5}) ==
        "satur::rarely_on: share is 1.5; allowed: a share of the samples in (0, 1], such as 0.01");
  CHECK(dormant(satur::saturated_unit{0.0}) ==
        "satur::saturated_unit: share is 0; allowed: a share of the samples in (0, 1], such as 0.95");
  CHECK(dormant(satur::tau_dormant{-0.5}) ==
        "satur::tau_dormant: tau is -0.5; allowed: a finite number >= 0, such as 0.025");
  CHECK(dormant(satur::tau_dormant{infinity}).starts_with("satur::tau_dormant: tau is inf; "));
  CHECK(refusal([&] {
          static_cast<void>(satur::compare(satur::find_dormant(two, satur::off{}),
                                           satur::find_dormant(tanh_record(3, 0.5, {5.0}), satur::off{})));
        }) == "satur::compare: cannot compare 2 units with 3; take two windows of one layer");
  CHECK(refusal([] {
          static_cast<void>(satur::born_dead_probability(std::vector<std::size_t>{2, 0}));
        }) == "satur::born_dead_probability: a width is 0; allowed: a number of units >= 1");
}

TEST_CASE("error messages: passes") {
  std::vector<double> y(2);
  std::vector<double> same = z;
  CHECK(refusal([&] { satur::forward(satur::tanh{}, z, y); }) ==
        "satur::forward: y has shape (2); expected (3), the size of z");
  std::vector<double> right(3);
  CHECK(refusal([&] { satur::forward(satur::tanh{}, z, right, y); }) ==
        "satur::forward: dy has shape (2); expected (3), the size of z");
  CHECK(refusal([&] { satur::apply(satur::tanh{}, z, y); }) ==
        "satur::apply: the result has shape (2); expected (3), the size of z");
  CHECK(refusal([&] { satur::apply(satur::tanh{}, z, right, y); }) ==
        "satur::apply: dy has shape (2); expected (3), the size of z");
  CHECK(refusal([&] { satur::apply(satur::tanh{}, z, y, right); }) ==
        "satur::apply: y has shape (2); expected (3), the size of z");
  CHECK(refusal([&] { satur::apply_derivative(satur::tanh{}, z, y); }) ==
        "satur::apply_derivative: the result has shape (2); expected (3), the size of z");
  CHECK(refusal([&] {
          satur::forward(satur::tanh{}, same, same);
        }).starts_with("satur::forward: y shares memory with z"));
  CHECK(refusal([&] {
          satur::forward(satur::tanh{}, same, right, same);
        }).starts_with("satur::forward: dy shares memory with z"));
  satur::unit_records units;
  CHECK(refusal([&] { satur::forward_units(units, satur::tanh{}, z, y, satur::unit_layout::matrix(1, 3)); }) ==
        "satur::forward_units: y has shape (2); expected (3), the size of z");
  CHECK(refusal([&] { satur::forward_units(units, satur::tanh{}, z, right, y, satur::unit_layout::matrix(1, 3)); }) ==
        "satur::forward_units: dy has shape (2); expected (3), the size of z");
  CHECK(refusal([&] {
          satur::observe_unit_gradients(units, z, satur::unit_layout::matrix(2, 2));
        }).starts_with("satur::observe_unit_gradients: dz has shape (3); expected 4 numbers"));
  satur::unit_layout const one_by_three = satur::unit_layout::matrix(1, 3);
  CHECK(refusal([&] {
          satur::forward_units(units, satur::tanh{}, same, same, one_by_three);
        }).starts_with("satur::forward_units: y shares memory with z; "));
  CHECK(refusal([&] {
          satur::forward_units(units, satur::tanh{}, same, right, same, one_by_three);
        }).starts_with("satur::forward_units: dy shares memory with z; "));
  satur::forward_units(units, satur::tanh{}, z, right, one_by_three);
  CHECK(refusal([&] { satur::observe_unit_gradients(units, z, satur::unit_layout::matrix(3, 1)); }) ==
        "satur::observe_unit_gradients: dz has shape (3, 1); expected 3 units, as the record has");
}

TEST_CASE("error messages: monitors") {
  satur::monitor mon;
  CHECK(refusal([&] { static_cast<void>(mon.at("fc")); }) == "satur::monitor::at: layer is fc; allowed: none seen yet");
  static_cast<void>(mon["a"]);
  static_cast<void>(mon["b"]);
  CHECK(refusal([&] { static_cast<void>(mon.at("fc")); }) == "satur::monitor::at: layer is fc; allowed: a, b");
  auto const made = [](satur::monitor_options const& o) { return refusal([&] { satur::monitor const m(o); }); };
  CHECK(made({.sampling = {.every = 0}}) ==
        "satur::sampling_options: every is 0; allowed: 1 for every step, 10 for every tenth");
  CHECK(made({.sampling = {.budget = 1.5}}) ==
        "satur::sampling_options: budget is 1.5; allowed: a share of the step's time in [0, 1], such as 0.01");
  CHECK(made({.history = {.lines = 1}}) ==
        "satur::history_options: lines is 1; allowed: 0 for no history, or 2 to 1048576");
  CHECK(made({.history = {.lines = 1048577}}).starts_with("satur::history_options: lines is 1048577; "));
  CHECK(refusal([&] { mon += satur::monitor(satur::z_beyond{4.0}); }) ==
        "satur::monitor: cannot merge a monitor that counts |z| > 5 with one that counts |z| > 4; give both the same "
        "rule");
  satur::monitor other;
  mon["b"].observe(satur::tanh{}, z);
  other["b"].observe(satur::gelu{}, z);
  CHECK(
      refusal([&] { mon += other; }) ==
      "satur::monitor: layer b: satur::saturation: cannot merge a record of tanh (|z| > 5) with one of gelu (|z| > 5); "
      "merge records of one activation and one rule");
  CHECK(refusal([&] {
          mon["b"].update(z, std::vector<double>(2));
        }).starts_with("satur::update: dw has shape (2); expected (3), "));
  std::vector<double> y(3);
  satur::unit_layout const two{1, 2, 1};
  CHECK(refusal([&] { mon["b"].forward(satur::tanh{}, z, y, two); }).starts_with("satur::forward: z has shape (3); "));
  CHECK(refusal([&] { mon["b"].observe(satur::tanh{}, z, two); }).starts_with("satur::observe: z has shape (3); "));
  CHECK(refusal([&] { mon["b"].gradient(z, two); }).starts_with("satur::gradient: dz has shape (3); "));
}
