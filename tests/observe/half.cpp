// Sixteen-bit buffers: the record equals that of the same floats, and results are rounded once.
// levels: all
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using satur::math::half_format;
using bits_buffer = std::vector<std::uint16_t>;

template <half_format F> auto as(bits_buffer& b) { return satur::half_span<F, std::uint16_t>{b.data(), b.size()}; }

template <half_format F> bits_buffer filled(std::size_t n, bool with_specials) {
  std::mt19937 urbg(3);
  std::normal_distribution<float> normal(0.5f, 4.0f);
  bits_buffer z(n);
  for (std::uint16_t& h : z) {
    h = static_cast<std::uint16_t>(satur::math::half_of_float<F>(normal(urbg)));
  }
  if (with_specials && n > 20) {
    z[3] = static_cast<std::uint16_t>(satur::math::half_of_float<F>(HUGE_VALF));
    z[n / 2] = static_cast<std::uint16_t>(satur::math::half_of_float<F>(-HUGE_VALF));
    z[n - 1] = static_cast<std::uint16_t>(satur::math::half_of_float<F>(std::nanf("")));
  }
  return z;
}

template <half_format F> std::size_t wrongly_stored(bits_buffer const& stored, std::vector<float> const& exact) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    n += stored[i] != static_cast<std::uint16_t>(satur::math::half_of_float<F>(exact[i]));
  }
  return n;
}

template <half_format F> void check_like_floats() {
  for (std::size_t const n : {std::size_t{0}, std::size_t{1}, std::size_t{37}, std::size_t{1024}, std::size_t{20000}}) {
    for (bool const with_specials : {false, true}) {
      CAPTURE(n);
      CAPTURE(with_specials);
      bits_buffer z = filled<F>(n, with_specials);
      std::vector<float> const floats(as<F>(z).begin(), as<F>(z).end());
      std::vector<float> y(n);
      std::vector<float> dy(n);
      bits_buffer y_bits(n);
      bits_buffer dy_bits(n);
      bits_buffer alone(n);
      satur::sigmoid const act;
      satur::saturation const expected = satur::forward(act, floats, y, dy);

      CHECK(satur::observe(act, as<F>(z)) == expected);
      CHECK(satur::forward(act, as<F>(z), as<F>(alone)) == expected);
      CHECK(satur::forward(act, as<F>(z), as<F>(y_bits), as<F>(dy_bits)) == expected);
      CHECK(wrongly_stored<F>(y_bits, y) == 0);
      CHECK(wrongly_stored<F>(dy_bits, dy) == 0);
      CHECK(alone == y_bits);

      double const share = satur::saturated_fraction(as<F>(z));
      CHECK((share == expected.fraction() || (std::isnan(share) && expected.count == 0)));

      satur::apply(act, as<F>(z), as<F>(alone));
      CHECK(alone == y_bits);
      satur::apply_derivative(act, as<F>(z), as<F>(z)); // in place
      CHECK(z == dy_bits);
    }
  }
}

template <class F> std::string complaint_of(F const& f) {
  try {
    f();
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return {};
}

} // namespace

TEST_CASE("bfloat16 and binary16: record of the same numbers in float, values and slopes rounded once") {
  check_like_floats<half_format::bfloat16>();
  check_like_floats<half_format::ieee>();
}

TEST_CASE("sixteen-bit buffers: any contiguous buffer and every rule") {
  std::array<std::uint16_t, 3> const z{0x3f80, 0xc100, 0x4110}; // 1, -8, 9
  satur::saturation const r = satur::observe(satur::tanh{}, satur::as_bfloat16(z), satur::output_beyond{-0.9, 0.9});
  CHECK(r.low == 1);
  CHECK(r.high == 1);
  CHECK(satur::mean_derivative(satur::identity{}, satur::as_float16(std::span(z))) == 1.0);
  CHECK(satur::as_bfloat16(z)[1] == -8.0f);
}

TEST_CASE("sixteen-bit buffers: in a monitor") {
  bits_buffer z = filled<half_format::ieee>(5000, false);
  bits_buffer y(z.size());
  std::vector<float> const floats(as<half_format::ieee>(z).begin(), as<half_format::ieee>(z).end());
  satur::monitor mon;
  mon["half"].forward(satur::sigmoid{}, satur::as_float16(z), satur::as_float16(y));
  mon["half"].gradient(satur::as_float16(z));
  mon["half"].update(satur::as_float16(y), satur::as_float16(y), 0.001);
  mon["float"].observe(satur::sigmoid{}, floats);
  mon["float"].gradient(floats);
  mon.end_step();
  CHECK(mon.at("half").last().saturation == mon.at("float").last().saturation);
  CHECK(mon.at("half").last().gradient == mon.at("float").last().gradient);
  CHECK(mon.at("half").last().update.log10_ratio() == doctest::Approx(-3.0));
}

TEST_CASE("sixteen-bit buffers: in a monitor with slopes, units and histograms, and in steps that are not sampled") {
  for (auto const& options : {satur::monitor_options{}, satur::monitor_options{.histograms = 1},
                              satur::monitor_options{.histograms = 1, .units = true}}) {
    CAPTURE(options.histograms);
    CAPTURE(options.units);
    bits_buffer z = filled<half_format::bfloat16>(140000, false); // more than one block of a pass
    std::vector<float> const floats(satur::as_bfloat16(z).begin(), satur::as_bfloat16(z).end());
    bits_buffer y(z.size()), dy(z.size());
    std::vector<float> float_y(z.size()), float_dy(z.size());
    auto const layout = satur::unit_layout::matrix(z.size() / 7, 7);
    satur::sigmoid const act;
    satur::monitor mon(options);
    mon["half"].forward(act, satur::as_bfloat16(z), satur::as_bfloat16(y), satur::as_bfloat16(dy), layout);
    mon["float"].forward(act, floats, float_y, float_dy, layout);
    CHECK(wrongly_stored<half_format::bfloat16>(y, float_y) == 0);
    CHECK(wrongly_stored<half_format::bfloat16>(dy, float_dy) == 0);
    CHECK(mon.at("half").current() == mon.at("float").current());
    CHECK(mon.at("half").units() == mon.at("float").units());
    CHECK(mon.at("half").units().has_value() == options.units);
    if (options.histograms != 0) {
      CHECK(mon.at("half").histograms()->z == mon.at("float").histograms()->z);
    }
    bits_buffer flat_y(z.size()), flat_dy(z.size());
    mon["no layout"].forward(act, satur::as_bfloat16(z), satur::as_bfloat16(flat_y), satur::as_bfloat16(flat_dy));
    CHECK(mon.at("no layout").current().saturation.count == z.size());
    CHECK(flat_y == y);
    CHECK(flat_dy == dy);
  }

  satur::monitor rarely({.sampling = {.every = 2}});
  bits_buffer z = filled<half_format::bfloat16>(300, false);
  bits_buffer y(z.size()), dy(z.size()), expected_y(z.size()), expected_dy(z.size());
  satur::apply(satur::tanh{}, satur::as_bfloat16(z), satur::as_bfloat16(expected_y));
  satur::apply_derivative(satur::tanh{}, satur::as_bfloat16(z), satur::as_bfloat16(expected_dy));
  rarely["half"].forward(satur::tanh{}, satur::as_bfloat16(z), satur::as_bfloat16(y));
  rarely.end_step();
  std::uint64_t const recorded = rarely.at("half").total().saturation.count;
  rarely["half"].forward(satur::tanh{}, satur::as_bfloat16(z), satur::as_bfloat16(y), satur::as_bfloat16(dy));
  rarely.end_step();
  CHECK(rarely.at("half").total().saturation.count == recorded); // the second step was not sampled
  CHECK(y == expected_y);
  CHECK(dy == expected_dy);
}

TEST_CASE("sixteen-bit buffers: different sizes, and y in the memory of z, throw") {
  bits_buffer z(8);
  bits_buffer small(7);
  auto const wrong_size =
      complaint_of([&] { satur::forward(satur::tanh{}, satur::as_float16(z), satur::as_float16(small)); });
  CHECK(wrong_size.find("(7)") != std::string::npos);
  CHECK(wrong_size.find("(8)") != std::string::npos);
  auto const in_place =
      complaint_of([&] { satur::forward(satur::tanh{}, satur::as_float16(z), satur::as_float16(z)); });
  CHECK(in_place.starts_with("satur::forward: y shares memory with z"));
  bits_buffer y(8);
  auto const slopes_in_place = complaint_of(
      [&] { satur::forward(satur::tanh{}, satur::as_float16(z), satur::as_float16(y), satur::as_float16(z)); });
  CHECK(slopes_in_place.starts_with("satur::forward: dy shares memory with z"));
  auto const part_of_z = complaint_of([&] {
    satur::forward(satur::tanh{}, satur::as_float16(std::span(z).first(7)), satur::as_float16(small),
                   satur::as_float16(std::span(z).last(7)));
  });
  CHECK(part_of_z.starts_with("satur::forward: dy shares memory with z"));
  auto const wrong_slopes = complaint_of(
      [&] { satur::forward(satur::tanh{}, satur::as_float16(z), satur::as_float16(y), satur::as_float16(small)); });
  CHECK(wrong_slopes == "satur::forward: dy has shape (7); expected (8), the size of z");
  CHECK_FALSE(
      complaint_of([&] { satur::apply(satur::tanh{}, satur::as_float16(z), satur::as_float16(small)); }).empty());
  CHECK_FALSE(complaint_of([&] {
                static_cast<void>(satur::observe(satur::tanh{}, satur::as_float16(z), satur::z_beyond{std::nan("")}));
              }).empty());
}
