// Records, readings, refusals, texts and findings, with the flags of this folder.
#include "fast_math/bits.hpp"

#include "satur/diagnostic.hpp"
#include "satur/finding.hpp"
#include "satur/gated.hpp"
#include "satur/rowwise.hpp"

#include "support/plain_net.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

template <class R> std::string text_of(R const& r) {
  std::ostringstream out;
  out << r;
  return out.str();
}
template <class R> void check_empty(R const& r) {
  CAPTURE(text_of(r));
  CHECK(text_of(r).find("- %") != std::string::npos);
  CHECK(text_of(r).find(" 0 %") == std::string::npos);
}
template <class Rule> void check_refused(Rule const& rule) {
  std::vector<double> const z{1.0};
  CHECK_THROWS_AS(static_cast<void>(satur::observe(satur::sigmoid{}, z, rule)), std::invalid_argument);
}

double const not_a_number = test::nan_of<double>();
double const infinity = test::infinity_of<double>(false);

/// The monitor of three steps of a tanh net; one weight of its second layer is *broken where there is one.
satur::monitor run_of(double const* broken, bool gradients) {
  std::mt19937_64 urbg(5);
  constexpr std::size_t width = 32;
  test::plain_net net(satur::tanh{}, width, {width, width, width, width}, satur::glorot_uniform{}, urbg);
  if (broken != nullptr) {
    net.layers[1].w[7] = *broken;
  }
  satur::monitor mon;
  for (int step = 0; step < 3; ++step) {
    std::vector<double> const x = test::standard_normal(width * width, urbg);
    if (gradients) {
      net.step(mon, x, test::standard_normal(width * width, urbg, 0.0, 1.0 / double(width)), 0.01);
    } else {
      for (std::size_t l = 0; l < net.layers.size(); ++l) {
        test::plain_layer& p = net.layers[l];
        test::affine(p, l == 0 ? x : net.layers[l - 1].a, width);
        p.a.resize(p.z.size());
        mon[net.name(l)].forward(net.act, p.z, p.a);
      }
      mon.end_step();
    }
  }
  return mon;
}

std::string findings_of(satur::monitor const& mon) {
  std::string text;
  for (satur::finding const& f : satur::diagnose(mon)) {
    text += text_of(f) + '\n';
  }
  return text;
}

} // namespace

TEST_CASE_TEMPLATE("fast math: phi_B counts NaN", T, float, double, long double) {
  std::vector<T> const z{test::nan_of<T>(), T(0.5), test::nan_of<T>(), T(-0.5), T(1), test::nan_of<T>()};
  satur::phi_b of_outputs(satur::tanh{}, 10);
  of_outputs.observe_output(z);
  CHECK(of_outputs.nan() == 3);
  CHECK(of_outputs.count() == 3);
  satur::phi_b of_z(satur::tanh{}, 10);
  of_z.observe(satur::tanh{}, z);
  CHECK(of_z.nan() == 3);
  CHECK(of_z.count() == 3);
}

TEST_CASE_TEMPLATE("fast math: records count NaN and infinity", T, float, double, long double) {
  std::vector<T> z(50, T(0.25));
  z[0] = z[49] = test::nan_of<T>();
  z[1] = z[20] = test::infinity_of<T>(false);
  z[3] = test::infinity_of<T>(true);
  satur::saturation const s = satur::observe(satur::sigmoid{}, z);
  CHECK(s.count == 48);
  CHECK(s.nan == 2);
  CHECK(s.infinite == 3);
  CHECK(s.high == 2);
  CHECK(s.low == 1);
  CHECK(s.max_z() == 0.25);
  CHECK(s.min_z() == 0.25);
  CHECK(test::is_limit(s.mean_z(), 0.25));
  satur::monitor mon;
  mon["fc"].gradient(z);
  CHECK(mon["fc"].current().gradient.nan == 2);
  CHECK(mon["fc"].current().gradient.infinite == 3);
  CHECK(mon["fc"].current().gradient.count == 45);
  satur::histogram h = satur::histogram::of_z();
  h.observe(z);
  CHECK(h.nan() == 2);
  CHECK(h.infinite() == 3);
}

TEST_CASE_TEMPLATE("fast math: a subnormal gradient is not zero", T, float, double) {
  std::vector<T> dz(8 * 100, T(0.5)); // (samples, units), more than a register and a rest
  for (std::size_t i = 0; i < dz.size(); i += 7) {
    dz[i] = std::numeric_limits<T>::denorm_min();
  }
  dz[3] = dz[795] = T(0);
  dz[6] = -T(0);
  satur::monitor mon({.units = true});
  mon["whole"].gradient(dz);
  mon["by unit"].gradient(dz, satur::unit_layout::matrix(8, 100));
  CHECK(mon["whole"].current().gradient.zeros == 3);
  CHECK(mon["by unit"].current().gradient.zeros == 3);
  dz[100] = test::nan_of<T>(); // these are summed with checks
  mon["checked"].gradient(dz);
  mon["checked by unit"].gradient(dz, satur::unit_layout::matrix(8, 100));
  CHECK(mon["checked"].current().gradient.zeros == 3);
  CHECK(mon["checked by unit"].current().gradient.zeros == 3);
}

TEST_CASE("fast math: units count NaN") {
  std::vector<float> z(40, 0.25f); // 4 units
  z[1] = z[5] = test::nan_of<float>();
  z[2] = test::infinity_of<float>(false);
  satur::unit_records units;
  satur::observe_units(units, satur::sigmoid{}, z, satur::unit_layout::matrix(10, 4));
  CHECK(units[0].samples == 10.0);
  CHECK(units[1].samples == 8.0);
  CHECK(units[2].infinite == 1.0);
  CHECK(units[1].nan == 2.0);
  satur::unit_percentiles const p = satur::percentiles_of(std::vector<double>{1.0, not_a_number, 3.0, not_a_number});
  CHECK(p.units == 2);
  CHECK(p.unread == 2);
}

TEST_CASE("fast math: an empty record has no shares") {
  check_empty(satur::saturation{});
  check_empty(satur::gradient_record{});
  check_empty(satur::row_saturation{});
  check_empty(satur::gate_saturation{});
  check_empty(satur::dormant_units{});
  CHECK(test::is_nan(satur::saturation{}.fraction()));
  CHECK(test::is_nan(satur::saturation{}.mean_derivative()));
  CHECK(test::is_nan(satur::gradient_record{}.zero_fraction()));
  CHECK(test::is_nan(satur::update_record{}.log10_ratio()));
  CHECK(test::is_nan(satur::phi_b(satur::tanh{}, 3).value()));
  CHECK(test::is_nan(satur::saturated_fraction(std::vector<double>{})));
  CHECK(!satur::mostly_zero(satur::gradient_record{}));
  CHECK(satur::text::percent(not_a_number) == "-");
  CHECK(satur::text::number(not_a_number) == "nan");
  CHECK(satur::text::number(infinity) == "inf");
}

TEST_CASE("fast math: NaN and infinity are no parameters") {
  for (double const x : {not_a_number, infinity, -infinity}) {
    check_refused(satur::z_beyond{x});
    check_refused(satur::z_at_least{x});
    check_refused(satur::slope_below{x});
    check_refused(satur::scaled_output_beyond{x});
    CHECK_THROWS_AS(satur::elu{x}.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS(satur::celu{x}.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS(satur::leaky_relu{x}.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS(satur::softplus{x}.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS(satur::silu{x}.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS(satur::squareplus{x}.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS((satur::hard_tanh{x, 1.0}.require_valid()), std::invalid_argument);
    CHECK_THROWS_AS((satur::gate_within{x}.require_valid()), std::invalid_argument);
    CHECK_THROWS_AS((satur::p_above{x}.require_valid()), std::invalid_argument);
    CHECK_THROWS_AS((satur::unit_options{.sample_share = x}.require_valid()), std::invalid_argument);
    satur::finding_limits limits;
    limits.dead_alarm = x;
    CHECK_THROWS_AS(limits.require_valid(), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::find_dormant(satur::unit_records{}, satur::tau_dormant{x})),
                    std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::theory::predict(satur::tanh{}, satur::theory::network{.input_mean = x})),
                    std::invalid_argument);
  }
  check_refused(satur::z_outside{not_a_number, 1.0});
  check_refused(satur::z_outside{-1.0, not_a_number});
  check_refused(satur::output_beyond{not_a_number, 1.0});
  CHECK_THROWS_AS(static_cast<void>(satur::saturated_fraction(std::vector<double>{1.0}, not_a_number)),
                  std::invalid_argument);
}

TEST_CASE("fast math: an infinite limit never saturates") {
  std::vector<double> const z{-1e300, 3.0, infinity, -infinity};
  satur::saturation const s = satur::observe(satur::tanh{}, z, satur::z_outside{-infinity, 2.0});
  CHECK(s.low == 0);
  CHECK(s.high == 2);
}

TEST_CASE("fast math: no findings for a healthy net, with and without gradients") {
  CHECK(findings_of(run_of(nullptr, true)) == "");
  CHECK(findings_of(run_of(nullptr, false)) == "");
}

TEST_CASE("fast math: the finding for a net with a weight of NaN or infinity") {
  for (double const broken : {not_a_number, infinity}) {
    std::string const text = findings_of(run_of(&broken, true));
    CAPTURE(text);
    CHECK(text.find("[alarm] hidden 2:") != std::string::npos);
    CHECK(text.find("NaN") != std::string::npos);
  }
}

TEST_CASE("fast math: the loss without a chance level, and with NaN") {
  satur::monitor falling;
  satur::monitor flat;
  satur::monitor broken;
  satur::monitor stalled;
  for (int step = 0; step < 100; ++step) {
    falling.loss(2.0 - 0.015 * step);
    flat.loss(2.0 + 0.001 * (step % 2));
    stalled.loss(1.5 + 0.001 * (step % 2), 2.0);
    broken.loss(step == 95 ? not_a_number : 2.0);
    for (satur::monitor* const mon : {&falling, &flat, &broken, &stalled}) {
      mon->end_step();
    }
  }
  CHECK(satur::judge(falling.losses()) == satur::run_state::learning);
  CHECK(satur::judge(flat.losses()) == satur::run_state::unknown);
  CHECK(satur::judge(stalled.losses()) == satur::run_state::stalled);
  CHECK(satur::judge(broken.losses()) == satur::run_state::diverging);
}

// The numbers of a build without the flags of this folder.
TEST_CASE("fast math: uniform weights have their bits, normal ones their digits but the last") {
  std::mt19937_64 first(7);
  std::vector<float> w(64);
  satur::fill(satur::glorot_uniform{}, w, satur::fans{8, 8}, first);
  CHECK(w[0] == 0.268202275f);
  CHECK(w[1] == 0.00642561167f);
  CHECK(w[63] == 0.362420171f);
  std::mt19937_64 second(7);
  satur::fill(satur::he_normal{}, w, satur::fans{8, 8}, second);
  CHECK(w[0] == doctest::Approx(0.816870093).epsilon(1e-6));
  CHECK(w[31] == doctest::Approx(-0.378716618).epsilon(1e-6));
  CHECK(w[63] == doctest::Approx(0.780263841).epsilon(1e-6));
  std::mt19937_64 third(7);
  std::vector<double> v(64);
  satur::fill(satur::he_normal{}, v, satur::fans{8, 8}, third);
  CHECK(v[0] == doctest::Approx(0.63207482458078779).epsilon(1e-14));
  CHECK(v[63] == doctest::Approx(-0.81851721875985273).epsilon(1e-14));
  std::mt19937_64 fourth(7);
  satur::fill(satur::truncated_normal_deviations{}, w, satur::fans{8, 8}, fourth);
  CHECK(w[0] == doctest::Approx(0.480568737).epsilon(1e-6));
  CHECK(w[63] == doctest::Approx(0.63583076).epsilon(1e-6));
}
