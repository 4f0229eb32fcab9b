// Old names give the same as the new ones.
#include "satur/deprecated.hpp"
#include "satur/finding.hpp"
#include "satur/initializer/he.hpp"
#include "satur/monitor.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <random>
#include <type_traits>
#include <vector>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

TEST_CASE("old names of types and enumerators are the new ones") {
  CHECK(std::is_same_v<satur::finding_thresholds, satur::finding_limits>);
  CHECK(std::is_same_v<satur::sampling, satur::sampling_options>);
  CHECK(satur::symptom::poor_initialisation == satur::symptom::poor_initialization);
  CHECK(satur::remedy::recentre == satur::remedy::recenter);
  CHECK(satur::remedy::normalise_inputs == satur::remedy::normalize_inputs);
  CHECK(satur::remedy::zero_centred_activation == satur::remedy::zero_centered_activation);
  CHECK(satur::remedy::normalisation_layer == satur::remedy::normalization_layer);
  CHECK(satur::remedy::reinitialise_units == satur::remedy::reinitialize_units);
}

TEST_CASE("old names of cures do what the new ones do") {
  std::vector<double> const z{1.0, -2.0, 4.0, 8.0};
  std::vector<double> old_b{0.5, 0.25};
  std::vector<double> new_b = old_b;
  satur::recentre(old_b, z);
  satur::recenter(new_b, z);
  CHECK(old_b == std::vector<double>{-2.0, -2.75}); // the means of z are 2.5 and 3
  CHECK(old_b == new_b);

  std::array<std::size_t, 1> const dead{1};
  std::vector<double> old_w{1.0, 2.0, 3.0, 4.0};
  std::vector<double> new_w = old_w;
  std::vector<double> old_next{5.0, 6.0};
  std::vector<double> new_next = old_next;
  std::mt19937_64 old_random(7);
  std::mt19937_64 new_random(7);
  satur::reinitialise_units(satur::he_normal{}, old_w, old_b, old_next, dead, old_random);
  satur::reinitialize_units(satur::he_normal{}, new_w, new_b, new_next, dead, new_random);
  CHECK(old_next == std::vector<double>{5.0, 0.0});
  CHECK(old_w == new_w);
  CHECK(old_b == new_b);
  CHECK(old_next == new_next);
  CHECK(old_random == new_random);
}

TEST_CASE("predictions: beyond is fraction") {
  auto const net = satur::theory::network_of(satur::he_normal{3.0}, {100, 100});
  satur::theory::layer_prediction const p = satur::theory::predict(satur::tanh{}, net).layers.at(0);
  CHECK(p.fraction() > 0.0);
  CHECK(p.beyond() == p.fraction());
}

TEST_CASE("monitors: reset is clear") {
  std::vector<double> const z{1.0, 6.0};
  satur::monitor mon;
  mon["fc"].observe(satur::tanh{}, z);
  mon.end_step();
  satur::monitor cleared = mon;
  mon.reset();
  cleared.clear();
  CHECK(mon.steps() == 0);
  CHECK(mon == cleared);
  satur::shared_monitor shared;
  shared.local()["fc"].observe(satur::tanh{}, z);
  shared.end_step();
  CHECK(shared.merged().steps() == 1);
  shared.reset();
  CHECK(shared.merged().steps() == 0);
}
