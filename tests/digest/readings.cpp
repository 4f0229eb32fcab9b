// Histograms, phi_B, gradient flow, sizes of updates, intervals, tests of variances.
#include "inputs.hpp"
#include "records.hpp"
#include "sections.hpp"

#include <array>
#include <string>

namespace {

using digest::sheet;

/// Two halves observed separately and merged, whole blocks and tails, special numbers.
template <class T> void histograms(sheet& lines) {
  std::vector<T> z = digest::normal_numbers<T>(1801, 0.5, 6.0, 21);
  std::vector<T> const special = digest::special_numbers<T>();
  for (int i = -40; i <= 40; ++i) { // on edges
    z.push_back(static_cast<T>(i) * T(0.125));
    z.push_back(static_cast<T>(i));
  }
  auto const over = [&](std::string const& name, satur::histogram const& empty) {
    digest::at_each_level([&](std::string_view level) {
      digest::line& l = lines.add("histogram/" + name, digest::type_name<T>, level);
      satur::histogram h = empty;
      digest::put(l, h);
      h.observe(z);
      digest::put(l, h);
      l.show("median", h.quantile(0.5).value);
      satur::histogram other = empty;
      other.observe(special);
      other.observe_blocks(std::span<T const>(z), 16, 48);
      other.observe_slope(satur::sigmoid{}, z);
      digest::put(l, h + other);
      h.clear();
      digest::put(l, h);
    });
  };
  over("of_z", satur::histogram::of_z());
  over("of_slope", satur::histogram::of_slope());
  over("of_gradient", satur::histogram::of_gradient());
  over("linear(-0.3,0.9,7)", satur::histogram::linear(-0.3, 0.9, 7));
  over("logarithmic(-3,2,8)", satur::histogram::logarithmic(-3, 2, 8));

  digest::at_each_level([&](std::string_view level) { // ranks: 1 to 100
    std::vector<T> ranks;
    for (int i = 1; i <= 100; ++i) {
      ranks.push_back(static_cast<T>(i));
    }
    satur::histogram h = satur::histogram::linear(0.5, 100.5, 100);
    h.observe(ranks);
    digest::line& l = lines.add("histogram/quantiles", digest::type_name<T>, level);
    for (int p = 0; p <= 100; ++p) {
      l.number(h.quantile(p / 100.0).value);
    }
  });
}

template <class T> void phi(sheet& lines) {
  std::vector<T> const z = digest::sweep<T>();
  auto const over = [&](auto const& act, std::size_t bins) {
    digest::at_each_level([&](std::string_view level) {
      digest::line& l = lines.add("phi_b/" + std::string(satur::name_of(act)) + "/" + std::to_string(bins),
                                  digest::type_name<T>, level);
      satur::phi_b p(act, bins);
      l.number(p.value(), p.lower(), p.upper());
      p.observe(act, z);
      satur::phi_b other(act, bins);
      other.observe_output(z);
      for (satur::phi_b const& each : {p, other, p + other}) {
        l.number(each.value(), each.count(), each.nan(), each.outside());
        l.printed(each);
      }
      l.show("phi", p.value());
    });
  };
  over(satur::sigmoid{}, 10);
  over(satur::tanh{}, 7);
  over(satur::tanh{}, 1);
}

void gradients(sheet& lines) {
  auto const record = [](double rms, std::uint64_t count, std::uint64_t zeros) {
    satur::gradient_record g;
    g.count = count;
    g.zeros = zeros;
    g.square += rms * rms * static_cast<double>(count);
    return g;
  };
  auto const flow = [&](std::string const& name, std::vector<satur::gradient_record> const& layers) {
    digest::line& l = lines.add("gradient_flow/" + name, "double", digest::no_level);
    satur::gradient_flow const whole = satur::flow_of(layers);
    satur::layer_flow const stretch = satur::layer_flow_of(layers);
    l.number(whole.first, whole.last, whole.ratio, static_cast<int>(whole.state));
    l.number(static_cast<int>(stretch.state), stretch.from, stretch.ratios, stretch.smallest, stretch.largest);
    l.printed(whole);
    l.printed(stretch);
    for (satur::gradient_record const& g : layers) {
      digest::put(l, g);
      l.number(satur::mostly_zero(g), satur::layer_ratio(g, layers.back()));
    }
    l.show("ratio", whole.ratio);
  };
  std::vector<satur::gradient_record> falling, rising, level;
  for (int i = 0; i < 8; ++i) {
    falling.push_back(record(1e-6 * (1 << (2 * i)), 64, 8));
    rising.push_back(record(64.0 / (1 << (2 * i)), 64, 50));
    level.push_back(record(0.01 + 0.001 * i, 64, 0));
  }
  flow("vanishing", falling);
  flow("exploding", rising);
  flow("healthy", level);
  flow("one_layer", {record(0.1, 10, 0)});
  flow("nothing", {});
  level[3].nan = 2;
  flow("not_finite", level);

  for (double const ratio : {-6.0, -3.25, -1.0}) {
    satur::update_record u;
    u.steps = 4;
    u.log_ratio += 4.0 * ratio;
    satur::update_size const size = satur::update_size_of(u);
    digest::line& l = lines.add("update_size/" + std::to_string(ratio), "double", digest::no_level);
    digest::put(l, u);
    l.number(size.log10_ratio, static_cast<int>(size.state), size.rate_factor);
    l.printed(size);
  }
  for (double const loss : {2.3, 9.0, 0.1}) {
    satur::initial_loss const i = satur::check_initial_loss(loss, 10);
    digest::line& l = lines.add("initial_loss/" + std::to_string(loss), "double", digest::no_level);
    l.number(i.loss, i.expected, i.suspicious, i.excess());
    l.printed(i);
  }
}

void intervals(sheet& lines) {
  digest::at_best_level([&](std::string_view level) {
    satur::sigmoid const act;
    satur::saturation const seen = satur::observe(act, digest::normal_numbers<double>(640, 0.5, 4.0, 31));
    satur::saturation const one = satur::observe(act, std::vector<double>{1.0});
    satur::slope_range const range = satur::slope_range_of(act);
    satur::clustering const c{64.0, 0.2};
    auto const add = [&](std::string const& name, auto const&... all) {
      digest::line& l = lines.add("interval/" + name, "double", level);
      (digest::put(l, all), ...);
      (l.show("high", all.high), ...);
    };
    add("fraction", satur::fraction_interval(seen), satur::fraction_interval(seen, 0.6));
    add("fraction_clustered", satur::fraction_interval(seen, c), satur::fraction_interval(seen, c, 0.99));
    add("wilson", satur::wilson(0, 10), satur::wilson(10, 10), satur::wilson(3, 17, 0.9), satur::wilson(0, 0),
        satur::wilson(3, 17, c));
    add("mean_derivative", satur::mean_derivative_interval(seen), satur::mean_derivative_interval(one),
        satur::mean_derivative_interval(seen, c));
    add("hoeffding", satur::hoeffding_interval(seen, range), satur::hoeffding_interval(one, range, 0.5));
    add("bernstein", satur::bernstein_interval(seen, range), satur::bernstein_interval(one, range, 0.5));
  });
  std::vector<satur::cluster_count> const clusters{{3, 20}, {19, 20}, {0, 10}, {0, 0}, {5, 7}};
  std::vector<satur::cluster_count> const alike{{20, 20}, {10, 10}};
  digest::line& l = lines.add("interval/clusters", "double", digest::no_level);
  digest::put(l, satur::clustered_interval(clusters));
  digest::put(l, satur::clustered_interval(alike, 0.8));
  digest::put(l, satur::clustered_interval({}));
  l.number(satur::intraclass_correlation(clusters), satur::intraclass_correlation(alike));
}

void variances(sheet& lines) {
  satur::moments const a{100, 0.5, 130.0};
  satur::moments const b{17, -3.0, 11.0};
  digest::line& l = lines.add("moments", "double", digest::no_level);
  satur::moments sum = a;
  digest::put(l, sum += b);
  digest::put(l, sum += satur::moments{});
  satur::compensated_sum total;
  for (double const x : {1e100, 1.0, -1e100, 3e-5, 1e17, 0.1}) {
    total += x;
    l.number(total.value());
  }
  auto const test = [&](std::string const& name, satur::variance_test const& t) {
    digest::line& one = lines.add("variance_test/" + name, "double", digest::no_level);
    one.number(t.measured, t.expected, t.p_value, t.ratio(), t.rejected());
    one.printed(t);
    one.show("p", t.p_value);
  };
  test("against_1", satur::test_variance(a, 1.0));
  test("uniform", satur::test_variance(a, 1.0, 1.8));
  test("two", satur::compare_variances(a, b));
  test("two_uniform", satur::compare_variances(a, b, 1.8));
  test("nothing", satur::test_variance(satur::moments{}, 1.0));

  digest::line& rank = lines.add("effective_rank", "double", digest::no_level);
  rank.number(satur::effective_rank(std::vector<double>{1.0, 1.0, 1.0}), satur::effective_rank(std::vector<float>{}),
              satur::effective_rank(std::vector<float>{5.0f, 1.0f, 0.0f, 1e-3f}));
}

} // namespace

void digest::readings(sheet& lines) {
  histograms<float>(lines);
  histograms<double>(lines);
  phi<float>(lines);
  phi<double>(lines);
  gradients(lines);
  intervals(lines);
  variances(lines);
}
