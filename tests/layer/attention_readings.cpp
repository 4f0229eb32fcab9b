// Readings of attention by head against the definitions, and cures against what they do.
#include "support/plain_attention.hpp"
#include "support/refusal.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace attention_readings_test {

using namespace satur_test;
using sequence = xt::xtensor<double, 3>;

struct fixture {
  std::mt19937 g{11};
  satur::attention<double> layer;
  sequence x;
  explicit fixture(satur::attention_options const& o = {}, double scale = 4.0)
      : layer(8, 2, satur::normal{0, 0.5}, g, o),
        x(satur::make<double>(satur::normal{}, std::array<std::size_t, 3>{3, 6, 8}, g)) {
    layer.wq *= scale;
    satur::fill(satur::normal{0, 0.3}, layer.bq, g);
    satur::fill(satur::normal{0, 0.3}, layer.bk, g);
  }
};

/// The readings of a head by their definitions, from what plain loops give.
struct plain_reading {
  double rows = 0, shared = 0; // rows that count, and those of them that see more than one key
  double keys = 0, largest_logit = -std::numeric_limits<double>::infinity();
  double largest_product = -std::numeric_limits<double>::infinity();
  double entropy = 0, bound = 0, largest_p = 0, slope = 0, above = 0, low = 0, odds = 0;

  plain_reading(plain_result const& r, std::size_t h, xt::xtensor<bool, 2> const& queries) {
    for (std::size_t b = 0; b < r.logits.shape(0); ++b) {
      for (std::size_t i = 0; i < r.logits.shape(2); ++i) {
        double seen = 0, mean = 0, square = 0, p_most = 0, row_entropy = 0, row_slope = 0;
        for (std::size_t j = 0; j < r.logits.shape(3); ++j) {
          double const p = r.probabilities(b, h, i, j);
          if (r.logits(b, h, i, j) > -std::numeric_limits<double>::infinity()) {
            ++seen;
            mean += r.logits(b, h, i, j);
            p_most = std::max(p_most, p);
            row_entropy -= p > 0 ? p * std::log(p) : 0;
            row_slope += p * (1 - p);
          }
        }
        if (seen == 0 || (queries.size() != 0 && !queries(b, i))) {
          continue;
        }
        for (std::size_t j = 0; j < r.logits.shape(3); ++j) {
          double const z = r.logits(b, h, i, j);
          if (z > -std::numeric_limits<double>::infinity()) {
            square += (z - mean / seen) * (z - mean / seen);
            largest_logit = std::max(largest_logit, z);
            largest_product = std::max(largest_product, r.products(b, h, i, j));
          }
        }
        ++rows;
        keys += seen;
        entropy += row_entropy;
        bound += satur::entropy_lower_bound(static_cast<std::size_t>(seen), std::sqrt(square));
        largest_p += p_most;
        slope += row_slope;
        if (seen > 1) {
          ++shared;
          above += p_most > 0.9 ? 1 : 0;
          low += row_entropy < 0.2 * std::log(seen) ? 1 : 0;
          odds += std::log(p_most / (1 - p_most)) > 1.5 ? 1 : 0;
        }
      }
    }
  }
};

} // namespace attention_readings_test

TEST_CASE("attention readings: the definitions, by head, with every mask and option") {
  using namespace attention_readings_test;
  xt::xtensor<bool, 2> tokens = xt::ones<bool>({3, 6});
  tokens(0, 0) = tokens(1, 3) = tokens(1, 4) = false;
  xt::row(tokens, 2).fill(false);
  xt::xtensor<bool, 2> const everyone = xt::ones<bool>({0, 0});
  for (int which = 0; which < 16; ++which) {
    CAPTURE(which);
    plain_options o;
    o.causal = (which & 1) != 0;
    o.softcap = (which & 2) != 0 ? 2.0 : 0.0;
    bool const cross = (which & 8) != 0;
    fixture f({.causal = o.causal, .softcap = o.softcap});
    if ((which & 4) != 0) {
      o.tokens = tokens;
      cross ? f.layer.forward_cross(f.x, f.x, tokens) : f.layer.forward(f.x, tokens);
    } else {
      f.layer.forward(f.x);
    }
    sequence y;
    plain_result const plain = plain_multi_head(f.layer, f.x, f.x, o, y);
    std::vector<satur::named_attention> const heads = f.layer.observe(satur::p_above{0.9}, 0.2);
    REQUIRE(heads.size() == 2);
    CHECK(heads[0].name == "head 0");
    CHECK(heads[1].name == "head 1");
    double odds = 0, shared = 0, slope = 0, keys = 0;
    for (std::size_t h = 0; h < 2; ++h) {
      // The queries of another sequence are no padding.
      plain_reading const want(plain, h, cross ? everyone : o.tokens);
      satur::attention_saturation const& record = heads[h].record;
      auto const is = [](double given, double expected) { CHECK(given == doctest::Approx(expected).epsilon(1e-11)); };
      is(static_cast<double>(record.rows.rows), want.rows);
      is(static_cast<double>(record.masked), 18 - want.rows);
      is(record.largest_logit, want.largest_logit);
      is(record.largest_product, want.largest_product);
      is(record.mean_entropy(), want.entropy / want.rows);
      is(record.mean_entropy_bound(), want.bound / want.rows);
      is(record.mean_max_probability(), want.largest_p / want.rows);
      is(record.mean_derivative(), want.slope / want.keys);
      is(record.fraction(), want.above / want.shared);
      is(record.low_entropy_fraction(), want.low / want.shared);
      CHECK(record.mean_entropy() > record.mean_entropy_bound());
      odds += want.odds;
      shared += want.shared;
      slope += want.slope;
      keys += want.keys;
    }
    CHECK(f.layer.saturated_fraction(1.5) == doctest::Approx(odds / shared).epsilon(1e-12));
    CHECK(f.layer.mean_derivative() == doctest::Approx(slope / keys).epsilon(1e-11));
  }
}

TEST_CASE("attention readings: nothing seen, nothing but masked rows, NaN and infinity, wrong limits") {
  using namespace attention_readings_test;
  fixture f;
  CHECK(f.layer.observe().empty());
  CHECK(std::isnan(f.layer.saturated_fraction()));
  CHECK(std::isnan(f.layer.mean_derivative()));
  f.layer.forward(f.x, xt::zeros<int>({3, 6}));
  CHECK(f.layer.observe()[1].record.masked == 18);
  CHECK(std::isnan(f.layer.observe()[1].record.fraction()));
  CHECK(std::isnan(f.layer.observe()[1].record.mean_entropy_bound()));
  CHECK(std::isnan(f.layer.saturated_fraction()));
  f.x(0, 2, 0) = std::numeric_limits<double>::quiet_NaN();
  f.layer.forward(f.x);
  for (auto const& [name, record] : f.layer.observe()) {
    CHECK(record.rows.nan == 6); // every query of sample 0 sees that key
    CHECK(record.rows.rows == 12);
    CHECK(!std::isnan(record.largest_logit));
    CHECK(!std::isnan(record.mean_entropy()));
  }
  CHECK_THROWS_AS(static_cast<void>(f.layer.observe(satur::p_above{1.0})), std::invalid_argument);
  CHECK(refusal([&] { static_cast<void>(f.layer.observe({}, 1.5)); }) ==
        "satur::observe: the entropy limit is 1.5; allowed: a share of log(keys) in [0, 1], such as 0.1");
  CHECK_THROWS_AS(static_cast<void>(f.layer.saturated_fraction(std::nan(""))), std::invalid_argument);
}

TEST_CASE("attention readings: saturated_fraction of two keys is that of a sigmoid") {
  satur::scaled_dot_product<double> op;
  xt::xtensor<double, 4> const q{{{{4.9}, {5.1}, {-5.1}, {0.0}}}}, k{{{{1.0}, {0.0}}}}, v{{{{1.0}, {2.0}}}};
  op.forward(q, k, v);
  CHECK(op.saturated_fraction() == 0.5);
  CHECK(op.saturated_fraction(4.8) == 0.75);
  CHECK(op.saturated_fraction(6) == 0);
  CHECK(op.saturated_fraction(-1) == 1);
  CHECK(op.observe()[0].record.fraction() == 0.75); // p > 0.99: |z| > 4.595
}

TEST_CASE("attention readings: records merge over batches, heads print, other limits are refused") {
  using namespace attention_readings_test;
  fixture f({.causal = true, .softcap = 3.0});
  f.layer.forward(f.x);
  satur::attention_saturation const all = f.layer.observe()[0].record;
  satur::attention_saturation parts;
  for (std::size_t b = 3; b-- > 0;) {
    f.layer.forward(xt::view(f.x, xt::range(b, b + 1), xt::all(), xt::all()));
    parts += f.layer.observe()[0].record;
  }
  CHECK(parts.rows.rows == all.rows.rows);
  CHECK(parts.low_entropy == all.low_entropy);
  CHECK(parts.largest_logit == all.largest_logit);
  CHECK(parts.largest_product == all.largest_product);
  CHECK(parts.mean_entropy() == doctest::Approx(all.mean_entropy()).epsilon(1e-14));
  CHECK(parts.mean_entropy_bound() == doctest::Approx(all.mean_entropy_bound()).epsilon(1e-14));
  CHECK(all + satur::attention_saturation{} == all);
  std::ostringstream text;
  text << all;
  CHECK(text.str().starts_with("attention: 18 rows, saturated where the largest p > 0.99\n  saturated "));
  CHECK(text.str().find("before the softcap") != std::string::npos);
  CHECK(text.str().find("3 rows that see one key") != std::string::npos);
  CHECK_THROWS_WITH_AS(parts += f.layer.observe({}, 0.5)[0].record,
                       "satur::attention_saturation: cannot merge a record of an entropy below 0.1 log(keys) with one "
                       "of 0.5 log(keys); merge records of one limit",
                       std::invalid_argument);
}

TEST_CASE("attention cures: QK-Clip gives the predicted records, and tau where S_max was above it") {
  using namespace attention_readings_test;
  xt::xtensor<bool, 2> tokens = xt::ones<bool>({3, 6});
  tokens(1, 2) = false;
  for (double const cap : {0.0, 4.0}) {
    fixture f({.causal = true, .softcap = cap});
    xt::view(f.layer.wq, xt::all(), xt::range(4, 8)) *= 0.02; // head 1 is below tau
    xt::view(f.layer.bq, xt::range(4, 8)) *= 0.02;
    sequence const before = f.layer.forward(f.x, tokens);
    auto const measured = f.layer.observe();
    double const tau = 0.4 * measured[0].record.largest_product;
    REQUIRE(measured[1].record.largest_product < tau);
    auto const predicted = satur::predict_qk_clip(f.layer, tau);
    CHECK(f.layer.forward(f.x, tokens) == before); // nothing is changed
    xt::xtensor<double, 2> const wk = f.layer.wk;
    std::vector<double> const factors = satur::qk_clip(f.layer, tau);
    CHECK(factors[0] == doctest::Approx(0.4).epsilon(1e-14));
    CHECK(factors[1] == 1.0);
    CHECK(xt::view(f.layer.wk, xt::all(), xt::range(4, 8)) == xt::view(wk, xt::all(), xt::range(4, 8)));
    CHECK(f.layer.wk(3, 1) == doctest::Approx(wk(3, 1) * std::sqrt(0.4)).epsilon(1e-14));
    f.layer.forward(f.x, tokens);
    auto const then = f.layer.observe();
    CHECK(then[0].record.largest_product == doctest::Approx(tau).epsilon(1e-13));
    for (std::size_t h = 0; h < 2; ++h) {
      CHECK(then[h].record.largest_logit == doctest::Approx(predicted[h].record.largest_logit).epsilon(1e-13));
      CHECK(then[h].record.largest_product == doctest::Approx(predicted[h].record.largest_product).epsilon(1e-13));
      CHECK(then[h].record.mean_entropy() == doctest::Approx(predicted[h].record.mean_entropy()).epsilon(1e-12));
      CHECK(then[h].record.masked == predicted[h].record.masked);
    }
    CHECK(then[0].record.mean_entropy() > 1.1 * measured[0].record.mean_entropy());
    CHECK(satur::qk_clip(f.layer, 2 * tau) == std::vector<double>{1.0, 1.0}); // it does not scale up
  }
}

TEST_CASE("attention cures: a softcap and qk-norm give the predicted records") {
  using namespace attention_readings_test;
  for (bool const norm : {false, true}) {
    fixture f({.causal = true});
    satur::fill(satur::uniform{0.5, 1.5}, f.layer.gq, f.g);
    f.layer.forward(f.x);
    auto const measured = f.layer.observe();
    auto const predicted = norm ? satur::predict_qk_norm(f.layer) : satur::predict_softcap(f.layer, 3.0);
    f.layer.options.qk_norm = norm;
    f.layer.options.softcap = norm ? 0.0 : 3.0;
    f.layer.forward(f.x);
    auto const then = f.layer.observe();
    for (std::size_t h = 0; h < 2; ++h) {
      double const largest = measured[h].record.largest_logit;
      double const bound = norm ? 2.0 * *std::max_element(f.layer.gq.begin(), f.layer.gq.end()) : 3.0;
      CHECK(then[h].record.largest_logit <= bound); // sqrt(4) max |gq gk|
      if (!norm) {
        CHECK(predicted[h].record.largest_logit == doctest::Approx(3.0 * std::tanh(largest / 3.0)).epsilon(1e-14));
        CHECK(predicted[h].record.largest_product == largest);
      }
      CHECK(then[h].record.largest_logit == doctest::Approx(predicted[h].record.largest_logit).epsilon(1e-13));
      CHECK(then[h].record.mean_entropy() == doctest::Approx(predicted[h].record.mean_entropy()).epsilon(1e-12));
      CHECK(then[h].record.mean_entropy() > 1.1 * measured[h].record.mean_entropy());
    }
  }
}

TEST_CASE("attention cures: what they refuse, and S_max that is not finite") {
  using namespace attention_readings_test;
  fixture f({.qk_norm = true});
  CHECK_THROWS_WITH_AS(satur::qk_clip(f.layer), "satur::qk_clip: no logits to go by; call forward first",
                       std::logic_error);
  CHECK_THROWS_AS(static_cast<void>(satur::predict_softcap(f.layer, 3)), std::logic_error);
  CHECK_THROWS_AS(static_cast<void>(satur::predict_qk_norm(f.layer)), std::logic_error);
  f.layer.forward(f.x);
  CHECK(refusal([&] { satur::qk_clip(f.layer); }).starts_with("satur::qk_clip: qk-norm divides any factor"));
  f.layer.options.qk_norm = false;
  f.layer.forward(f.x);
  CHECK(refusal([&] { satur::qk_clip(f.layer, 0); }) ==
        "satur::qk_clip: tau is 0; allowed: a number above 0, such as 100");
  CHECK_THROWS_AS(static_cast<void>(satur::predict_softcap(f.layer, -1)), std::invalid_argument);
  f.x(0, 0, 0) = std::numeric_limits<double>::infinity();
  f.layer.forward(f.x);
  xt::xtensor<double, 2> const wq = f.layer.wq;
  satur::qk_clip(f.layer, 1e10);
  CHECK(f.layer.wq == wq);
  // An empty batch has no logits: nothing is clipped.
  f.layer.forward(sequence::from_shape({0, 6, 8}));
  CHECK(satur::qk_clip(f.layer) == std::vector<double>{1.0, 1.0});
  CHECK(f.layer.observe()[0].record.empty());
}
