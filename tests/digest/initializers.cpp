// Initial weights: the same bits at every level and on every machine.
#include "inputs.hpp"
#include "sections.hpp"

#include "satur/satur.hpp"

#include <array>
#include <random>

namespace {

using digest::line;
using digest::sheet;

template <class I> void law(line& l, I const& init, satur::fans f) {
  l.number(init.stddev(f));
  if constexpr (requires { init.mean(f); }) {
    l.number(init.mean(f));
  }
  if constexpr (requires { init.half_width(f); }) {
    l.number(init.half_width(f));
  }
}

template <class T, class I>
void drawn(sheet& lines, std::string const& name, I const& init, satur::fans f, std::size_t n) {
  line& l = lines.add("initializer/" + name, digest::type_name<T>, digest::no_level);
  law(l, init, f);
  digest::splitmix64 random(61);
  std::mt19937 usual(62);
  std::vector<T> w(n);
  satur::fill(init, std::span<T>(w), f, random);
  l.numbers(w);
  l.show("first", static_cast<double>(w[0]));
  satur::fill(init, w, f, usual);
  l.numbers(w);
  l.words(init.name);
}

/// Rules for single elements: any number of weights.
template <class I> void rule(sheet& lines, std::string const& name, I const& init) {
  satur::fans const f{37, 21};
  drawn<float>(lines, name, init, f, 1001);
  drawn<double>(lines, name, init, f, 1001);
}

/// Rules for a whole matrix or kernel.
template <class T, class I>
void shaped(sheet& lines, std::string const& name, I const& init, std::vector<std::size_t> const& extents,
            satur::axis_order order) {
  line& l = lines.add("initializer/" + name, digest::type_name<T>, digest::no_level);
  satur::weight_shape const shape{extents, order};
  std::size_t n = 1;
  for (std::size_t const e : extents) {
    n *= e;
  }
  l.number(init.stddev(shape), init.stddev(satur::fans{6, 9}), init.mean(satur::fans{6, 9}));
  digest::splitmix64 random(63);
  std::vector<T> w(n);
  satur::fill(init, w, shape, random);
  l.numbers(w);
}

void put(line& l, satur::fans f) { l.number(f.in, f.out); }

} // namespace

void digest::initializers(sheet& lines) {
  using satur::fan_mode;
  rule(lines, "zeros", satur::zeros{});
  rule(lines, "constant", satur::constant{0.1});
  rule(lines, "uniform", satur::uniform{-0.25, 0.5});
  rule(lines, "normal", satur::normal{0.5, 0.2});
  rule(lines, "truncated_normal_deviations", satur::truncated_normal_deviations{0.1, 0.3, -1.0, 2.5});
  rule(lines, "truncated_normal_absolute", satur::truncated_normal_absolute{0.0, 0.5, -0.2, 1.0});
  rule(lines, "glorot_uniform", satur::glorot_uniform{});
  rule(lines, "glorot_normal", satur::glorot_normal{1.5});
  rule(lines, "he_uniform", satur::he_uniform{.slope = 0.1});
  rule(lines, "he_normal", satur::he_normal{.mode = fan_mode::fan_out});
  rule(lines, "lecun_uniform", satur::lecun_uniform{2.0});
  rule(lines, "lecun_normal", satur::lecun_normal{});
  for (fan_mode const mode : {fan_mode::fan_in, fan_mode::fan_out, fan_mode::fan_avg, fan_mode::fan_geo_avg}) {
    for (satur::scaling_law const how :
         {satur::scaling_law::normal, satur::scaling_law::uniform, satur::scaling_law::truncated_normal}) {
      drawn<float>(lines,
                   "variance_scaling/" + std::to_string(static_cast<int>(mode)) + std::to_string(static_cast<int>(how)),
                   satur::variance_scaling{.scale = 1.3, .mode = mode, .law = how}, {37, 21}, 301);
    }
  }
  drawn<long double>(lines, "normal", satur::normal{0.5, 0.2}, {37, 21}, 201);
  drawn<long double>(lines, "uniform", satur::uniform{}, {37, 21}, 201);
  drawn<double>(lines, "orthogonal", satur::orthogonal{1.5}, {12, 7}, 84);
  drawn<float>(lines, "sparse", satur::sparse{0.7, 0.1}, {12, 7}, 84);
  drawn<float>(lines, "identity_matrix", satur::identity_matrix{2.0}, {12, 7}, 84);

  using satur::axis_order;
  for (axis_order const order : {axis_order::in_out, axis_order::out_in}) {
    std::string const name = order == axis_order::in_out ? "/in_out" : "/out_in";
    std::vector<std::size_t> const kernel =
        order == axis_order::in_out ? std::vector<std::size_t>{3, 3, 6, 9} : std::vector<std::size_t>{9, 6, 3, 3};
    shaped<float>(lines, "orthogonal" + name, satur::orthogonal{}, kernel, order);
    shaped<double>(lines, "delta_orthogonal" + name, satur::delta_orthogonal{0.5}, kernel, order);
    shaped<float>(lines, "dirac" + name, satur::dirac{3}, kernel, order);
  }

  {
    line& l = lines.add("fans", "-", no_level);
    put(l, satur::dense_fans(5, 7));
    put(l, satur::convolution_fans(6, 9, {3, 5}, 3));
    put(l, satur::transposed_convolution_fans(6, 9, {4, 4}, 2));
  }
  {
    line& l = lines.add("sampler", "-", no_level);
    std::minstd_rand small(3);
    satur::sampler const random = satur::sampler::from(small);
    l.numbers(random.key.words);
    l.numbers(random.key.block(5));
    std::vector<float> x(700);
    random.uniform(std::span<float>(x), -3.0, 5.0, 129);
    l.numbers(x);
    random.normal(std::span<float>(x), 1.0f, 2.0f, 77);
    l.numbers(x);
  }
  {
    line& l = lines.add("make", "float", no_level);
    splitmix64 random(64);
    l.numbers(satur::make<float>(satur::glorot_uniform{}, {8, 5}, random));
    l.numbers(
        satur::make<float>(satur::he_normal{}, std::array<std::size_t, 4>{3, 3, 2, 5}, satur::fans{18, 45}, random));
    l.numbers(satur::make<float>(satur::dirac{}, std::array<std::size_t, 3>{3, 4, 4}, axis_order::in_out, random));
    xt::xtensor<float, 2, xt::layout_type::column_major> column =
        xt::xtensor<float, 2, xt::layout_type::column_major>::from_shape({8, 5});
    satur::fill(satur::lecun_normal{}, column, random);
    l.numbers(column);
  }
  {
    line& l = lines.add("lsuv", "float", no_level);
    std::vector<float> w = normal_numbers<float>(64, 0.0, 0.7, 65);
    std::vector<float> const x = normal_numbers<float>(64, 0.0, 1.0, 66);
    std::vector<float> z(64);
    satur::lsuv_report const report = satur::lsuv(w, [&]() -> std::vector<float> const& {
      for (std::size_t i = 0; i < z.size(); ++i) {
        float volatile const product = w[i] * x[i]; // rounded here
        z[i] = product + 0.1f;
      }
      return z;
    });
    l.numbers(w);
    l.number(report.first_variance, report.variance, report.factor, report.tries);
  }
}
