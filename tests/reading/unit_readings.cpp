// Readings of unit records: the three axes, percentiles, worst units, dead and dormant units, windows.
#include "satur/diagnostic.hpp"
#include "support/add.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <sstream>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using satur::unit_layout;
using satur::unit_records;
using satur::unit_summary;
using satur_test::add_gradients;
using satur_test::add_relu;
using satur_test::add_sigmoid;

bool close(double a, double b, double relative = 1e-13) {
  return std::fabs(a - b) <= relative * std::max(std::fabs(a), std::fabs(b));
}

/// Records of relu; each inner list is a sample.
unit_records relu_record(std::vector<std::vector<double>> const& samples) {
  unit_records units;
  for (std::vector<double> const& z : samples) {
    add_relu(z, unit_layout::matrix(1, z.size()), units);
  }
  return units;
}
template <class X> std::string printed(X const& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

} // namespace

TEST_CASE("axes: the same share of elements in three arrangements") {
  double const on = 9.0;
  // 4 samples of 4 units, 4 of 16 elements saturated: one unit in every sample; each unit in one sample; every unit in
  // one sample.
  std::vector<double> unit(16, 0.0);
  std::vector<double> spread(16, 0.0);
  std::vector<double> sample(16, 0.0);
  for (std::size_t i = 0; i < 4; ++i) {
    unit[i * 4 + 2] = -on;
    spread[i * 4 + i] = i % 2 == 0 ? on : -on;
    sample[4 + i] = on;
  }
  auto const axes = [](std::vector<double> const& z) {
    unit_records units;
    add_sigmoid(z, unit_layout::matrix(4, 4), units);
    return satur::axes_of(units);
  };
  satur::saturation_axes const a = axes(unit);
  satur::saturation_axes const b = axes(spread);
  satur::saturation_axes const c = axes(sample);
  for (satur::saturation_axes const& x : {a, b, c}) {
    CHECK(x.element_fraction() == 0.25);
    CHECK(x.units == 4);
    CHECK(x.samples == 4);
  }
  CHECK(a.unit_fraction() == 0.25);
  CHECK(a.low_units == 1);
  CHECK(a.high_units == 0);
  CHECK(a.sample_fraction() == 0.0);
  CHECK(b.unit_fraction() == 0.0);
  CHECK(b.sample_fraction() == 0.0);
  CHECK(b.low == 2);
  CHECK(b.high == 2);
  CHECK(c.unit_fraction() == 0.0);
  CHECK(c.sample_fraction() == 0.25);
  CHECK(printed(a) == "elements  25.0 % of 16 saturated (low 25.0 %, high 0 %; |z| > 5)\n"
                      "units     1 of 4 saturated on >= 95 % of their samples (1 low, 0 high, 0 on both sides)\n"
                      "samples   0 of 4 with >= 50 % of the layer saturated\n");
}

TEST_CASE("axes: a unit at exactly share p counts as saturated, once even if on both sides") {
  std::vector<double> z;
  for (int i = 0; i < 100; ++i) { // 7 of 100 low; 4 low and 3 high; 6 low
    for (double const x : {i < 7 ? -9.0 : 0.0, i < 4 ? -9.0 : (i < 7 ? 9.0 : 0.0), i < 6 ? -9.0 : 0.0}) {
      z.push_back(x);
    }
  }
  unit_records units;
  add_sigmoid(z, unit_layout::matrix(100, 3), units);
  satur::saturation_axes const a = satur::axes_of(units, 0.07);
  CHECK(a.saturated_units == 2);
  CHECK(a.low_units == 1);
  CHECK(a.high_units == 0);
  CHECK(satur::axes_of(units, 0.071).saturated_units == 0);
  CHECK(satur::axes_of(units, 0.06).saturated_units == 3);
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::axes_of(units, 1.5)),
                       "satur::axes_of: unit_share is 1.5; allowed: a share of the samples in (0, 1], such as 0.95",
                       std::invalid_argument);
  CHECK(std::isnan(satur::axes_of(unit_records{}).element_fraction()));
}

TEST_CASE("axes: a unit with both sides at or above share p counts once, as low") {
  std::vector<double> z;
  for (int i = 0; i < 20; ++i) { // of 20: 10 low and 10 high; 5 low and 6 high; 4 low and 5 high; 4 low; 7 high
    for (double const x : {i < 10 ? -9.0 : 9.0, i < 5 ? -9.0 : (i < 11 ? 9.0 : 0.0), i < 4 ? -9.0 : (i < 9 ? 9.0 : 0.0),
                           i < 4 ? -9.0 : 0.0, i < 7 ? 9.0 : 0.0}) {
      z.push_back(x);
    }
  }
  unit_records units;
  add_sigmoid(z, unit_layout::matrix(20, 5), units);
  auto const check = [&](double share, std::uint64_t saturated, std::uint64_t low, std::uint64_t high) {
    CAPTURE(share);
    satur::saturation_axes const a = satur::axes_of(units, share);
    CHECK(a.units == 5);
    CHECK(a.saturated_units == saturated);
    CHECK(a.low_units == low);
    CHECK(a.high_units == high);
    CHECK(a.unit_share == share);
    CHECK(a.low == 23);
    CHECK(a.high == 28);
    CHECK(a.elements == 100);
  };
  check(0.5, 2, 1, 0);
  check(0.25, 4, 2, 2);
  check(0.35, 4, 1, 1);
  check(0.2, 5, 4, 1);
  check(1.0, 1, 0, 0);
}

TEST_CASE("axes: NaN is left out of every share") {
  unit_records units(satur::unit_options{.sample_share = 0.3});
  double const nan = std::nan("");
  add_sigmoid(std::vector<double>{nan, 9.0, 0.0, nan, -9.0, nan, nan, -9.0, 1.0}, unit_layout::matrix(3, 3), units);
  satur::saturation_axes const a = satur::axes_of(units, 0.6);
  CHECK(a.units == 2); // one unit saw only NaN
  CHECK(a.elements == 5);
  CHECK(a.low == 2);
  CHECK(a.high == 1);
  CHECK(a.saturated_units == 1);
  CHECK(a.low_units == 1);
  CHECK(a.high_units == 0);
  CHECK(a.samples == 3);
  CHECK(a.saturated_samples == 3);
  CHECK(a.sample_share == 0.3);
  CHECK(a.rule == satur::z_beyond{5.0}.definition());
}

TEST_CASE("percentiles and worst units: numpy's definition, NaN left out") {
  // numpy.percentile([3, 1, 4, 1, 5, 9, 2, 6], [0, 1, 2, 5, 10, 20, …])
  satur::unit_percentiles const p = satur::percentiles_of({3, 1, 4, 1, 5, 9, 2, 6});
  CHECK(p(0) == 1.0);
  CHECK(p(5) == 1.0);
  CHECK(close(p(20), 1.4));
  CHECK(p(50) == 3.5);
  CHECK(close(p(70), 4.9));
  CHECK(close(p(90), 6.9));
  CHECK(close(p(99), 8.79));
  CHECK(p(100) == 9.0);
  CHECK(p.median() == 3.5);
  CHECK_THROWS_AS(static_cast<void>(p(3)), std::invalid_argument);
  double const nan = std::numeric_limits<double>::quiet_NaN();
  satur::unit_percentiles const q = satur::percentiles_of({nan, 7.0, nan});
  CHECK(q.units == 1);
  CHECK(q.unread == 2);
  CHECK(q(0) == 7.0);
  CHECK(q(100) == 7.0);
  CHECK(std::isnan(satur::percentiles_of(std::vector<double>{})(50)));
  CHECK(satur::percentiles_of({infinity, infinity, 1.0})(100) == infinity);
  CHECK(satur::percentiles_of({infinity, infinity, 1.0})(80) == infinity);

  unit_records const units = relu_record({{-1, 2, -3, 4, nan}, {1, 2, -3, -4, nan}, {-1, 2, -3, 4, nan}});
  std::vector<unit_summary> const worst = satur::worst_units(units, satur::readings::active, 2);
  REQUIRE(worst.size() == 2);
  CHECK(worst[0].unit == 2);
  CHECK(worst[0].active_fraction() == 0.0);
  CHECK(worst[1].unit == 0);
  CHECK(satur::worst_units(units, satur::readings::active, 99).size() == 4); // a unit without samples has no reading
  CHECK(satur::extreme_units(relu_record({{1, 1, 1, 1}}), satur::readings::active, 2, satur::unit_order::lowest)[1]
            .unit == 1); // ties go to the lower index
  auto const output = [](unit_summary const& u) { return u.mean_output(); };
  CHECK(satur::extreme_units(units, output, 1, satur::unit_order::highest)[0].unit == 3);
  CHECK(satur::percentiles_of(units, satur::readings::mean_slope)(100) == 1.0);
  CHECK(satur::percentiles_of(units, &unit_summary::mean_derivative)(0) == 0.0);
  std::ostringstream out;
  satur::print_percentiles(satur::readings::active, satur::percentiles_of(units, satur::readings::active), out);
  CHECK(out.str().starts_with("active share over 4 units: 0 % 0, 1 % 0.01, "));
  CHECK(out.str().ends_with("100 % 1; 1 unread\n"));
  for (satur::unit_reading const& r : satur::readings::all) {
    CHECK(!r.name.empty());
    CHECK(satur::read_units(units, r).size() == 5);
  }
}

TEST_CASE("tau_dormant: mean |a| of 0, 1, 1, 2 makes one of four units dormant at 0.1") {
  unit_records const units = relu_record({{-1, 1, 1, 2}, {-2, 1, 1, 2}});
  satur::dormant_units const d = satur::find_dormant(units, satur::tau_dormant{0.1});
  CHECK(d.mean_magnitude == 1.0);
  CHECK(d.count() == 1);
  CHECK(d.units() == std::vector<std::size_t>{0});
  CHECK(d.fraction() == 0.25);
  CHECK(d.samples == 2);
  CHECK(satur::find_dormant(units, satur::tau_dormant{0.0}).count() == 1); // <=, not <
  CHECK(satur::find_dormant(units, satur::tau_dormant{1.0 - 1e-8}).count() == 1);
  CHECK(satur::find_dormant(units, satur::tau_dormant{1.0}).count() == 3);
  CHECK(satur::find_dormant(units, satur::tau_dormant{2.0}).count() == 4);
  CHECK(printed(d) == "1 of 4 units (25.0 %) dormant over 2 samples; tau_dormant: mean |a| <= 0.1 of the layer's; "
                      "mean |a| of the layer 1");
  // If all units die evenly, the relative value misses it; the absolute value shows it.
  unit_records const dying = relu_record({{1e-6, 1e-6}});
  CHECK(satur::find_dormant(dying, satur::tau_dormant{}).count() == 0);
  CHECK(satur::find_dormant(dying, satur::tau_dormant{}).mean_magnitude == 1e-6);
  unit_records const dead = relu_record({{-1.0, -1.0}}); // 0 / 1e-9
  CHECK(satur::find_dormant(dead, satur::tau_dormant{}).count() == 2);
}

TEST_CASE("gra_ma: mean |dL/dz| of each unit against the layer's") {
  // |dL/dz| of the units: 0, 1, 1, 2; their signs and their order in time are no matter
  std::vector<double> const first{0.0, -1.5, 0.5, 2.0};
  std::vector<double> const second{-0.0, 0.5, -1.5, -2.0};
  unit_records gradients;
  satur::observe_gradient_magnitudes(gradients, first, unit_layout::matrix(1, 4));
  satur::observe_gradient_magnitudes(gradients, std::vector<std::vector<double>>{second});
  satur::dormant_units const d = satur::find_dormant(gradients, satur::gra_ma{0.1});
  CHECK(d.mean_magnitude == 1.0);
  CHECK(d.units() == std::vector<std::size_t>{0});
  CHECK(d.judged == 4);
  CHECK(satur::find_dormant(gradients, satur::gra_ma{}).count() == 1); // <=: a gradient of exactly 0
  CHECK(satur::find_dormant(gradients, satur::gra_ma{1.0 - 1e-8}).count() == 1);
  CHECK(satur::find_dormant(gradients, satur::gra_ma{1.0}).count() == 3);
  CHECK(satur::find_dormant(gradients, satur::gra_ma{2.0}).count() == 4);
  CHECK(printed(d) == "1 of 4 units (25.0 %) dormant over 2 samples; gra_ma: mean |dL/dz| <= 0.1 of the layer's; mean "
                      "|dL/dz| of the layer 1");
  CHECK(gradients[1].mean_z() == -0.5);
  CHECK(gradients.title() == "dL/dz (|z| > 5)");

  // The mean is no root of a mean square: unit 0 has one large gradient in 100 (rms 10, mean 1), unit 1 always 5.
  std::vector<float> dz;
  for (int i = 0; i < 100; ++i) {
    dz.push_back(i == 37 ? -100.0f : 0.0f);
    dz.push_back(i % 2 == 0 ? 5.0f : -5.0f);
  }
  unit_records rare;
  satur::observe_gradient_magnitudes(rare, dz, unit_layout::matrix(100, 2));
  CHECK(close(satur::find_dormant(rare, satur::gra_ma{}).mean_magnitude, 3.0));
  CHECK(satur::find_dormant(rare, satur::gra_ma{0.34}).units() == std::vector<std::size_t>{0}); // 1 / 3
  CHECK(satur::find_dormant(rare, satur::gra_ma{0.33}).count() == 0);
  // A layer whose gradients vanish evenly is not noticed; far below 1e-9 all of it is dormant. The mean shows both.
  unit_records even;
  satur::observe_gradient_magnitudes(even, std::vector<double>{1e-6, -1e-6}, unit_layout::matrix(1, 2));
  CHECK(satur::find_dormant(even, satur::gra_ma{0.1}).count() == 0);
  unit_records gone;
  satur::observe_gradient_magnitudes(gone, std::vector<double>{1e-30, -1e-30}, unit_layout::matrix(1, 2));
  CHECK(satur::find_dormant(gone, satur::gra_ma{0.1}).count() == 2);
  CHECK(satur::find_dormant(gone, satur::gra_ma{0.1}).mean_magnitude == 1e-30);
}

TEST_CASE("gra_ma: masks, windows with decay, NaN, and the records that it refuses") {
  std::vector<double> const dz{1.0, 3.0, 777.0, 777.0, -1.0, 5.0};
  std::vector<char> const keep{1, 0, 1};
  unit_records masked;
  satur::observe_gradient_magnitudes(masked, dz, satur::sample_mask{keep}, unit_layout::matrix(3, 2));
  CHECK(masked[0].mean_magnitude() == 1.0);
  CHECK(masked[1].mean_magnitude() == 4.0);
  unit_records rows;
  std::vector<std::vector<double>> const batch{{1.0, 3.0}, {777.0, 777.0}, {-1.0, 5.0}};
  satur::observe_gradient_magnitudes(rows, batch, satur::sample_mask{keep});
  CHECK(rows == masked);

  unit_records holes;
  satur::observe_gradient_magnitudes(holes, std::vector<double>{std::nan(""), infinity, 2.0, 0.0},
                                     unit_layout::matrix(1, 4));
  satur::dormant_units const d = satur::find_dormant(holes, satur::gra_ma{0.5});
  CHECK(d.judged == 2);
  CHECK(d.mean_magnitude == 1.0);
  CHECK(d.units() == std::vector<std::size_t>{3});

  satur::decayed_units recent(2.0);
  recent.add(masked);
  CHECK(satur::find_dormant(recent, satur::gra_ma{0.5}).units() == std::vector<std::size_t>{0});
  unit_records const z = relu_record({{1.0, 2.0}});
  satur::decayed_units of_z(2.0);
  of_z.add(z);
  auto const refused = [](auto const& units, satur::dormancy const& by, char const* words) {
    CHECK_THROWS_WITH_AS(static_cast<void>(satur::find_dormant(units, by)), doctest::Contains(words),
                         std::invalid_argument);
  };
  refused(z, satur::gra_ma{},
          "satur::find_dormant: the record is one of z; allowed: for 'gra_ma: mean |dL/dz| <= 0 of the layer's' one "
          "made by observe_gradient_magnitudes(units, dz)");
  refused(of_z, satur::gra_ma{}, "the record is one of z");
  refused(masked, satur::tau_dormant{}, "the record is one of dL/dz alone");
  refused(recent, satur::off{}, "the record is one of dL/dz alone");
  refused(z, satur::gra_ma{-1.0}, "satur::gra_ma: tau is -1; allowed: a finite number >= 0, such as 0.025");
  refused(z, satur::gra_ma{infinity}, "satur::gra_ma: tau is inf");
  CHECK(satur::find_dormant(unit_records{}, satur::gra_ma{}).judged == 0);
  unit_records mixed = z;
  CHECK_THROWS_WITH_AS(satur::observe_gradient_magnitudes(mixed, dz, unit_layout::matrix(3, 2)),
                       doctest::Contains("give each activation and rule a record of its own"), std::invalid_argument);
  CHECK(mixed == z);
  CHECK_THROWS_AS(static_cast<void>(satur::compare(satur::find_dormant(masked, satur::gra_ma{0.1}),
                                                   satur::find_dormant(masked, satur::gra_ma{0.2}))),
                  std::invalid_argument);
}

TEST_CASE("dormancy: infinite outputs are left out of means, NaN counts as a sample") {
  double const nan = std::nan("");
  unit_records const units = relu_record({{infinity, 1.0, 3.0, nan}, {infinity, infinity, 3.0, nan}});
  satur::dormant_units const tau = satur::find_dormant(units, satur::tau_dormant{0.75});
  CHECK(tau.judged == 2);
  CHECK(tau.mean_magnitude == 2.0);
  CHECK(tau.units() == std::vector<std::size_t>{1});
  CHECK(satur::find_dormant(units, satur::off{}).judged == 3);
  CHECK(satur::find_dormant(units, satur::off{}).count() == 0);
  CHECK(satur::find_dormant(units, satur::saturated_unit{0.5}).units() == std::vector<std::size_t>{0, 1});
  CHECK(std::isnan(satur::find_dormant(relu_record({{infinity, nan}}), satur::tau_dormant{}).mean_magnitude));
  CHECK(satur::find_dormant(relu_record({{infinity, nan}}), satur::tau_dormant{}).judged == 0);

  unit_records const holes = relu_record({{nan, 1.0}, {2.0, nan}, {nan, nan}});
  CHECK(satur::find_dormant(holes, satur::off{}).samples == 3);
  satur::decayed_units lately(2.0);
  lately.add(holes);
  CHECK(satur::find_dormant(lately, satur::off{}).samples == 3);
  lately.add(relu_record({{nan, nan}, {nan, 4.0}})); // after two more samples the first three count half
  CHECK(satur::find_dormant(lately, satur::off{}).samples == 3.5);
}

TEST_CASE("dormancy: every definition on a layer with one unit of each kind") {
  unit_records units;
  std::vector<double> z;
  std::vector<double> g;
  for (int i = 0; i < 200; ++i) {
    // units: never active; active in the first sample only; always active; half active and saturated in all samples but
    // one; NaN
    z.insert(z.end(), {-1.0, i == 0 ? 1.0 : -1.0, 1.0, i < 1 ? 1.0 : (i % 2 == 0 ? 9.0 : -9.0), std::nan("")});
    g.insert(g.end(), {0.0, 0.0, i == 150 ? 1e-40 : 0.0, 1.0, std::nan("")});
  }
  unit_layout const layout = unit_layout::matrix(200, 5);
  add_relu(z, layout, units);
  add_gradients(g, layout, units);
  using list = std::vector<std::size_t>;
  CHECK(satur::find_dormant(units, satur::off{}).units() == list{0});
  CHECK(satur::find_dormant(units, satur::off{}).judged == 4);
  CHECK(satur::find_dormant(units, satur::off{199}).units() == list{0, 1});
  CHECK(satur::find_dormant(units, satur::off{200}).units() == list{0});
  CHECK(satur::find_dormant(units, satur::rarely_on{}).units() == list{0, 1});
  CHECK(satur::find_dormant(units, satur::rarely_on{0.005}).units() == list{0}); // <, not <=
  CHECK(satur::find_dormant(units, satur::saturated_unit{}).units() == list{3});
  CHECK(satur::find_dormant(units, satur::saturated_unit{0.995}).units() == list{3});
  CHECK(satur::find_dormant(units, satur::saturated_unit{0.996}).units().empty());
  CHECK(satur::find_dormant(units, satur::dead_gradient{}).units() == list{0, 1});
  CHECK(satur::find_dormant(units, satur::dead_gradient{}).judged == 5); // NaN counts as a gradient other than 0
  CHECK(satur::find_dormant(unit_records{}, satur::off{}).judged == 0);
  CHECK(std::isnan(satur::find_dormant(unit_records{}, satur::off{}).fraction()));
  CHECK(printed(satur::find_dormant(units, satur::saturated_unit{}))
            .find("saturated_unit: saturated on >= 95 % of the samples (|z| > 5)") != std::string::npos);
  CHECK(to_text(satur::dormancy(satur::off{})) == "off: no active sample");
  CHECK(to_text(satur::dormancy(satur::off{500})) == "off: no active sample among the last 500");
  CHECK(to_text(satur::dormancy(satur::rarely_on{})) == "rarely_on: active on < 1 % of the samples");
  CHECK(to_text(satur::dormancy(satur::dead_gradient{})) == "dead_gradient: dL/dz exactly 0");
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::find_dormant(units, satur::rarely_on{0.0})),
                       "satur::rarely_on: share is 0; allowed: a share of the samples in (0, 1], such as 0.01",
                       std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::find_dormant(units, satur::saturated_unit{1.1})), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::find_dormant(units, satur::tau_dormant{-1.0})), std::invalid_argument);
}

TEST_CASE("dormancy: revived units and overlap of successive windows") {
  unit_records units = relu_record({{-1, -1, -1, 1}, {-1, -1, -1, 1}});
  satur::dormant_units const first = satur::find_dormant(units, satur::off{});
  units.start_window();
  add_relu(std::vector<double>{-1, 1, 1, -1}, unit_layout::matrix(1, 4), units);
  satur::dormant_units const second = satur::find_dormant(units, satur::off{});
  satur::dormancy_change const change = satur::compare(first, second);
  CHECK(change.before == 3);
  CHECK(change.after == 2);
  CHECK(change.both == 1);
  CHECK(change.revived == 2);
  CHECK(change.fallen == 1);
  CHECK(change.overlap() == 0.5);
  satur::dormancy_change const back = satur::compare(second, first);
  CHECK(back.before == 2);
  CHECK(back.after == 3);
  CHECK(back.both == 1);
  CHECK(back.revived == 1);
  CHECK(back.fallen == 2);
  CHECK(second.samples == 1);
  CHECK(units[0].silent == 3);
  CHECK(satur::find_dormant(units, satur::off{2}).units() == std::vector<std::size_t>{0});
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::compare(first, satur::find_dormant(units, satur::rarely_on{}))),
                       "satur::compare: cannot compare units by 'off: no active sample' with units by 'rarely_on: "
                       "active on < 1 % of the samples'; judge both windows alike",
                       std::invalid_argument);
  CHECK(std::isnan(satur::compare(satur::dormant_units{}, satur::dormant_units{}).overlap()));
  CHECK_THROWS_AS(static_cast<void>(satur::compare(first, satur::find_dormant(relu_record({{1}}), satur::off{}))),
                  satur::shape_error);
}

TEST_CASE("decayed_units and mean |a| of the layer: numbers near the largest double") {
  satur::decayed_units lately(2.0);
  std::vector<double> const first{-1.7e308, 1e200, 1.7e308, -1.7e308, 1e200, 1.6e308};
  std::vector<double> const second{1.7e308, 1e200, 1.7e308, 1.7e308, 1e200, 1.6e308};
  for (std::vector<double> const* const z : {&first, &second}) { // 2 samples each: the first two count half
    unit_records batch;
    add_relu(*z, unit_layout::matrix(2, 3), batch);
    lately.add(batch);
  }
  CHECK(lately[0].mean_z() == doctest::Approx(1.7e308 / 3.0).epsilon(1e-13));
  CHECK(lately[0].mean_output() == doctest::Approx(1.7e308 / 1.5).epsilon(1e-13));
  CHECK(lately[0].mean_magnitude() == doctest::Approx(1.7e308 / 1.5).epsilon(1e-13));
  CHECK(lately[0].variance_z() == infinity);
  CHECK(lately[1].mean_z() == 1e200);
  CHECK(lately[1].variance_z() == 0.0);
  CHECK(lately[2].mean_z() == doctest::Approx(1.65e308).epsilon(1e-13));
  unit_records batch;
  add_relu(second, unit_layout::matrix(2, 3), batch);
  lately.add(batch);
  CHECK(lately[0].variance_z() == infinity);
  double const mean = satur::find_dormant(batch, satur::tau_dormant{}).mean_magnitude;
  CHECK(mean == doctest::Approx(1.7e308 / 3.0 + 1.65e308 / 3.0).epsilon(1e-13));
}

TEST_CASE("decayed_units: weighted means of the samples") {
  double const half_life = 10.0;
  std::mt19937_64 urbg(5);
  std::normal_distribution<double> normal(0.0, 4.0);
  satur::decayed_units lately(half_life);
  unit_records batch;
  std::size_t const width = 3;
  std::vector<std::vector<double>> seen(width);
  std::vector<double> age_of_batch;
  std::vector<std::size_t> sizes{4, 1, 7, 3, 20, 2};
  for (std::size_t const n : sizes) {
    std::vector<double> z(n * width);
    for (double& e : z) {
      e = normal(urbg);
    }
    z[0] = sizes.front() == n ? std::nan("") : z[0];
    add_relu(z, unit_layout::matrix(n, width), batch);
    add_gradients(z, unit_layout::matrix(n, width), batch);
    lately.add(batch);
    batch.start_window();
    for (std::size_t i = 0; i < n * width; ++i) {
      seen[i % width].push_back(z[i]);
    }
  }
  std::size_t after = 0;
  std::vector<double> weights; // of the samples; the newest batch is last
  for (std::size_t b = sizes.size(); b-- > 0;) {
    weights.insert(weights.begin(), sizes[b], std::exp2(-static_cast<double>(after) / half_life));
    after += sizes[b];
  }
  for (std::size_t u = 0; u < width; ++u) {
    double weight = 0;
    double mean = 0;
    double high = 0;
    double active = 0;
    double output = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      double const x = seen[u][i];
      if (!std::isnan(x)) {
        weight += weights[i];
        mean += weights[i] * x;
        high += weights[i] * (x > 5.0);
        active += weights[i] * (x > 0.0);
        output += weights[i] * std::max(x, 0.0);
      }
    }
    double variance = 0;
    double square = 0;
    double gradients = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      double const x = seen[u][i];
      if (!std::isnan(x)) {
        variance += weights[i] * (x - mean / weight) * (x - mean / weight) / weight;
        square += weights[i] * x * x;
        gradients += weights[i];
      }
    }
    unit_summary const s = lately[u];
    CHECK(s.unit == u);
    CHECK(close(s.samples, weight));
    CHECK(close(s.high, high));
    CHECK(close(s.active, active));
    CHECK(close(s.mean_z(), mean / weight, 1e-12));
    CHECK(close(s.variance_z(), variance, 1e-12));
    CHECK(close(s.mean_output(), output / weight, 1e-12));
    CHECK(close(s.gradient_mean_square, square / gradients, 1e-12));
    CHECK(s.silent == batch[u].silent);
  }
  CHECK(lately[0].nan > 0.0);
  CHECK(satur::find_dormant(lately, satur::rarely_on{}).judged == width);
  CHECK(satur::percentiles_of(lately, satur::readings::active).units == width);
  CHECK_THROWS_AS(satur::decayed_units(0.0), std::invalid_argument);
  CHECK_THROWS_AS(satur::decayed_units{infinity}, std::invalid_argument);
  unit_records other = relu_record({{1.0}});
  CHECK_THROWS_AS(lately.add(other), satur::shape_error);
}

TEST_CASE("decayed_units: NaN and infinity have weight, but are left out of means") {
  double const nan = std::nan("");
  satur::decayed_units lately(1.0); // weights of the samples: 1, 1/2 for the one before, 1/4 for the first
  unit_records batch;
  auto const add = [&](std::vector<double> const& z, std::vector<double> const& g) {
    add_relu(z, unit_layout::matrix(1, 3), batch);
    add_gradients(g, unit_layout::matrix(1, 3), batch);
    lately.add(batch);
    batch.start_window();
  };
  add({2.0, nan, -7.0}, {2.0, nan, 3.0});
  add({infinity, 3.0, -infinity}, {infinity, 5.0, 0.0});
  add({4.0, nan, 1.0}, {4.0, -infinity, nan});
  auto const check = [](unit_summary const& s, std::vector<double> const& counts, std::vector<double> const& means) {
    CAPTURE(s.unit);
    CHECK(s.samples == counts[0]);
    CHECK(s.nan == counts[1]);
    CHECK(s.infinite == counts[2]);
    CHECK(s.low == counts[3]);
    CHECK(s.high == counts[4]);
    CHECK(s.active == counts[5]);
    CHECK(s.gradients == counts[6]);
    CHECK(s.bad_gradients == counts[7]);
    CHECK(s.silent == counts[8]);
    CHECK(close(s.mean_slope, means[0]));
    CHECK(close(s.z_mean, means[1]));
    CHECK(close(s.z_variance, means[2], 1e-12));
    CHECK(close(s.output, means[3]));
    CHECK(close(s.magnitude, means[4]));
    CHECK(close(s.gradient_mean_square, means[5]));
    CHECK(s.peak_slope == 1.0);
    CHECK(s.ever_active);
  };
  check(lately[0], {1.75, 0.0, 0.5, 0.0, 0.5, 1.75, 1.25, 0.5, 0.0}, {1.0, 3.6, 0.64, 3.6, 3.6, 13.6});
  check(lately[1], {0.5, 1.25, 0.0, 0.0, 0.0, 0.5, 0.5, 1.25, 1.0}, {1.0, 3.0, 0.0, 3.0, 3.0, 25.0});
  check(lately[2], {1.75, 0.0, 0.5, 0.75, 0.0, 1.0, 0.75, 1.0, 0.0}, {1.0 / 1.75, -0.6, 10.24, 0.8, 0.8, 3.0});
}

TEST_CASE("decayed_units: gradients and samples decay independently") {
  satur::decayed_units lately(1.0);
  unit_records gradients;
  add_gradients(std::vector<double>{2.0, std::nan(""), 4.0}, unit_layout::matrix(3, 1), gradients);
  lately.add(gradients); // before any z there is no rule
  lately.add(relu_record({{3.0}, {5.0}}));
  CHECK(lately[0].samples == 2.0);
  CHECK(lately[0].gradients == 2.0);
  CHECK(lately[0].bad_gradients == 1.0);
  lately.add(gradients); // after three more gradients the first ones count 1/8
  CHECK(lately[0].samples == 2.0);
  CHECK(lately[0].gradients == 2.25);
  CHECK(lately[0].bad_gradients == 1.125);
  CHECK(lately.rule() == satur::z_beyond{5.0}.definition());
  CHECK(lately.half_life() == 1.0);
  unit_records sigmoid;
  add_sigmoid(std::vector<double>{1.0}, unit_layout::matrix(1, 1), sigmoid);
  satur::decayed_units const before = lately;
  CHECK_THROWS_AS(lately.add(sigmoid), std::invalid_argument);
  lately.add(unit_records{});
  CHECK(lately == before);
}

TEST_CASE("all units as one: summed counts, means over all, the shortest silence") {
  double const nan = std::nan("");
  unit_records units;
  add_relu(std::vector<double>{nan, nan, 2.0, nan, infinity, -6.0, 7.0, -8.0, 1.0, -5.5, 0.5, -7.0, -1.0, -2.0},
           unit_layout::matrix(7, 2), units);
  std::vector<double> g{1.0, nan, 2.0, 3.0, infinity, 4.0};
  g.resize(14, 0.0);
  add_gradients(g, unit_layout::matrix(7, 2), units);
  unit_summary const all = units.layer();
  CHECK(all.unit == 2);
  CHECK(all.samples == 11);
  CHECK(all.low == 4);
  CHECK(all.high == 2);
  CHECK(all.active == 5);
  CHECK(all.nan == 3);
  CHECK(all.infinite == 1);
  CHECK(all.gradients == 12);
  CHECK(all.bad_gradients == 2);
  CHECK(units[0].silent == 1);
  CHECK(units[1].silent == 7);
  CHECK(all.silent == 1);
  CHECK(all.ever_active);
  CHECK_FALSE(units[1].ever_active);
  CHECK(close(all.mean_slope, 5.0 / 11.0));
  CHECK(close(all.z_mean, -1.9)); // ten finite numbers with sum -19 and sum of squares 238.5
  CHECK(close(all.z_variance, 23.85 - 3.61));
  CHECK(close(all.output, 1.05));
  CHECK(close(all.magnitude, 1.05));
  CHECK(close(all.gradient_mean_square, 2.5));
  CHECK(all.peak_slope == 1.0);
}

TEST_CASE("unit_records: a cleared and reused record equals a new one") {
  double const nan = std::nan("");
  struct block {
    std::vector<double> z, g;
  };
  block const odd{{9.0, nan, -9.0, infinity, -8.0, -7.0}, {1.0, nan, 2.0, 0.0, infinity, 3.0}};
  block const plain{{6.0, -1.0, -6.0, 2.0}, {4.0, 5.0, 0.0, 7.0}};
  auto const add = [](block const& b, unit_records& units) {
    add_relu(b.z, unit_layout::matrix(b.z.size() / 2, 2), units);
    add_gradients(b.g, unit_layout::matrix(b.g.size() / 2, 2), units);
  };
  for (auto const& [first, second] : {std::pair{&odd, &plain}, std::pair{&plain, &odd}, std::pair{&odd, &odd}}) {
    satur::unit_options const options{.sample_share = 0.75};
    unit_records fresh(options);
    add(*second, fresh);
    unit_records used(options);
    add(*first, used);
    used.clear();
    CHECK(used.empty());
    CHECK(used.size() == 2);
    add(*second, used);
    CHECK(used == fresh);

    unit_records window(options);
    add(*first, window);
    std::uint64_t const life = window.lifetime();
    window.start_window();
    add(*second, window);
    CHECK(window.samples() == fresh.samples());
    CHECK(window.gradient_samples() == fresh.gradient_samples());
    CHECK(window.saturated_samples() == fresh.saturated_samples());
    CHECK(window.lifetime() == life + fresh.lifetime());
    for (std::size_t u = 0; u < 2; ++u) {
      unit_summary expected = fresh[u];
      expected.silent = window[u].silent; // the lifetime's, not the window's
      expected.ever_active = window[u].ever_active;
      CHECK(window[u] == expected);
    }
  }
}

TEST_CASE("decayed_units: the weight of a steady stream tends to half-life / ln 2") {
  satur::decayed_units lately(1000.0);
  for (int i = 0; i < 30000; ++i) {
    lately.add(relu_record({{1.0}}));
  }
  CHECK(close(lately[0].samples, 1000.0 / std::log(2.0), 1e-3));
  CHECK(close(lately[0].mean_output(), 1.0, 1e-12));
}

TEST_CASE("born_dead_probability: 1 - prod(1 - 2^-n)") {
  std::vector<std::size_t> const none;
  CHECK(satur::born_dead_probability(none) == 0.0);
  std::vector<std::size_t> const one{1};
  CHECK(close(satur::born_dead_probability(one), 0.5));
  std::vector<std::size_t> const three{2, 2, 3};
  CHECK(close(satur::born_dead_probability(three), 1.0 - 0.75 * 0.75 * 0.875));
  std::vector<std::size_t> const wide{100};
  CHECK(close(satur::born_dead_probability(wide), std::exp2(-100)));
  std::vector<std::size_t> const zero{3, 0};
  CHECK_THROWS_AS(static_cast<void>(satur::born_dead_probability(zero)), std::invalid_argument);
  // Simulated: 2 layers of 2 units, weights uniform in (-1, 1), one input.
  std::mt19937_64 urbg(11);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  int dead = 0;
  int const trials = 40000;
  for (int t = 0; t < trials; ++t) {
    std::vector<double> a{0.3, -0.7};
    for (int layer = 0; layer < 2; ++layer) {
      std::vector<double> next(2, 0.0);
      for (double& x : next) {
        x = std::max(0.0, uniform(urbg) * a[0] + uniform(urbg) * a[1]);
      }
      a = next;
    }
    dead += a[0] == 0.0 && a[1] == 0.0;
  }
  std::vector<std::size_t> const widths{2, 2};
  double const p = satur::born_dead_probability(widths);
  CHECK(std::fabs(dead / static_cast<double>(trials) - p) < 5 * std::sqrt(p * (1 - p) / trials));
}
