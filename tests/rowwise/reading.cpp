// row_saturation: closed forms, merging, printing, every kind of container, errors, no allocation.
#include "support/allocation.hpp"
#include "support/refusal.hpp"

#include <satur/rowwise.hpp>
#include <satur/tensor/compat.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur_test::refusal;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

xt::xtensor<float, 2> logits(std::size_t rows, std::size_t length) {
  xt::xtensor<float, 2> z = xt::zeros<float>({rows, length});
  std::mt19937_64 urbg(3);
  std::normal_distribution<double> normal(0.0, 4.0);
  std::generate(z.data(), z.data() + z.size(), [&] { return static_cast<float>(normal(urbg)); });
  return z;
}

/// A user's rowwise activation: half of each score. Its rows are not distributions.
struct halved {
  template <std::floating_point T> void value(std::span<T const> z, std::span<T> y) const {
    std::transform(z.begin(), z.end(), y.begin(), [](T e) { return e / 2; });
  }
  template <std::floating_point T> void pullback(std::span<T const>, std::span<T const> dy, std::span<T> dx) const {
    std::transform(dy.begin(), dy.end(), dx.begin(), [](T e) { return e / 2; });
  }
};

} // namespace

TEST_CASE_TEMPLATE("row_saturation: closed forms", T, float, double, long double) {
  auto const read = [](std::vector<T> const& z, std::size_t n) { return satur::observe(satur::softmax{}, z, n); };
  satur::row_saturation const equal = read({2, 2, 2, 2}, 4);
  CHECK(equal.fraction() == 0);
  CHECK(equal.mean_max_probability() == 0.25);
  CHECK(equal.mean_entropy() == doctest::Approx(std::log(4.0)).epsilon(1e-15));
  CHECK(equal.normalized_entropy() == doctest::Approx(1.0).epsilon(1e-15));
  CHECK(equal.mean_derivative() == 0.1875);
  CHECK(equal.slope_share() == 1);
  CHECK(equal.slope_saturation() == 0);

  // p = (1, e^-60): 1 - p and the slope are e^-60, not 0
  satur::row_saturation const sure = read({60, 0}, 2);
  double const small = std::exp(-60.0);
  CHECK(sure.fraction() == 1);
  CHECK(sure.mean_max_probability() == 1);
  CHECK(sure.mean_complement() == doctest::Approx(small).epsilon(1e-14));
  CHECK(sure.mean_derivative() == doctest::Approx(small).epsilon(1e-14));
  CHECK(sure.mean_entropy() == doctest::Approx(61 * small).epsilon(1e-14));

  // The threshold is strict: p = 1/2 is not above 1/2.
  std::vector<T> const two{1, 1};
  CHECK(satur::observe(satur::softmax{}, two, 2, satur::p_above{0.5}).saturated == 0);
  CHECK(satur::observe(satur::softmax{}, two, 2, satur::p_above{std::nextafter(0.5, 0.0)}).saturated == 1);
  // p > 0.99 for two classes: from z = log(99) = 4.595 on
  CHECK(read({T(4.59), 0}, 2).saturated == 0);
  CHECK(read({T(4.60), 0}, 2).saturated == 1);
}

TEST_CASE("row_saturation: special rows are counted and enter no other number") {
  std::vector<double> const z{0,
                              0,
                              -inf, // two classes left
                              not_a_number,
                              0,
                              0,
                              inf,
                              0,
                              0,
                              -inf,
                              -inf,
                              -inf,
                              not_a_number,
                              inf,
                              -inf,
                              5,
                              -inf,
                              -inf}; // one class left
  satur::row_saturation const s = satur::observe(satur::log_softmax{}, z, 3);
  CHECK(s.rows == 2);
  CHECK(s.nan == 2);
  CHECK(s.infinite == 2);
  CHECK(s.single == 1);
  CHECK(s.elements == 6);
  CHECK(s.saturated == 1);
  CHECK(s.mean_entropy() == doctest::Approx(std::log(2.0) / 2));
  CHECK(s.normalized_entropy() == doctest::Approx(1.0));
  CHECK(s.slope_share() == 1);
  CHECK(s.mean_derivative() == doctest::Approx(0.5 / 6));
  satur::row_saturation const nothing = satur::observe(satur::softmax{}, std::vector<double>{}, 3);
  CHECK(nothing.empty());
  CHECK(std::isnan(nothing.fraction()));
  CHECK(std::isnan(nothing.mean_entropy()));
}

TEST_CASE_TEMPLATE("row_saturation: the most negative logit is not a masked class", T, float, double, long double) {
  T const least = std::numeric_limits<T>::lowest();
  T const none = -std::numeric_limits<T>::infinity();
  satur::row_saturation const two = satur::observe(satur::softmax{}, std::vector<T>{least, least, none}, 3);
  CHECK(two.rows == 1);
  CHECK(two.single == 0);
  CHECK(two.mean_entropy() == doctest::Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(two.normalized_entropy() == doctest::Approx(1.0).epsilon(1e-15));
  CHECK(two.slope_share() == 1);
  satur::row_saturation const three = satur::observe(satur::softmax{}, std::vector<T>{1, 1, least}, 3);
  CHECK(three.normalized_entropy() == doctest::Approx(std::log(2.0) / std::log(3.0)).epsilon(1e-14));
  CHECK(three.slope_share() == doctest::Approx(0.5 / (1 - 1.0 / 3)).epsilon(1e-14));
  satur::row_saturation const sure = satur::observe(satur::softmax{}, std::vector<T>{0, least}, 2);
  CHECK(sure.single == 0);
  CHECK(sure.normalized_entropy() == 0);
  CHECK(satur::observe(satur::softmax{}, std::vector<T>{0, none}, 2).single == 1);
  std::vector<T> p(3);
  satur::apply(satur::softmax{}, std::vector<T>{least, none, least}, p, 3);
  CHECK(p == std::vector<T>{T(0.5), 0, T(0.5)});
}

TEST_CASE_TEMPLATE("row_saturation: rows with infinity raise no FE_INVALID", T, float, double) {
  T const most = std::numeric_limits<T>::infinity();
  for (std::vector<T> const& z : {std::vector<T>{-most, -most, -most}, std::vector<T>{most, 0, 1},
                                  std::vector<T>{most, most, -most}, std::vector<T>{-most, 2, -most}}) {
    std::vector<T> y(3);
    std::vector<T> total(1);
    std::feclearexcept(FE_ALL_EXCEPT);
    (void)satur::observe(satur::softmax{}, z, 3);
    satur::forward(satur::softmax{}, z, y, 3);
    satur::apply(satur::log_softmax{}, z, y, 3);
    satur::apply(satur::logsumexp{}, z, total, 3);
    CHECK(std::fetestexcept(FE_INVALID) == 0);
  }
}

TEST_CASE("row_saturation: every field after merge, copy and reset") {
  // Every field of both differs from its default, and all numbers differ.
  auto const record = [](std::uint64_t first, double sum) {
    satur::row_saturation r;
    r.rows = first;
    r.saturated = first + 1;
    r.single = first + 2;
    r.elements = first + 3;
    r.nan = first + 4;
    r.infinite = first + 5;
    r.complement = {sum, sum * 0x1p-60};
    r.entropy = {sum + 1, sum * 0x1p-61};
    r.entropy_share = {sum + 2, sum * 0x1p-62};
    r.slope = {sum + 3, sum * 0x1p-63};
    r.slope_portion = {sum + 4, sum * 0x1p-64};
    r.rule.threshold = 0.75;
    return r;
  };
  satur::row_saturation const a = record(10, 0.5);
  satur::row_saturation const b = record(200, 16.25);
  for (bool const swapped : {false, true}) {
    satur::row_saturation const& first = swapped ? b : a;
    satur::row_saturation const& second = swapped ? a : b;
    satur::row_saturation sum = first;
    CHECK(sum == first);
    sum += second;
    CHECK(sum.rows == 210);
    CHECK(sum.saturated == 212);
    CHECK(sum.single == 214);
    CHECK(sum.elements == 216);
    CHECK(sum.nan == 218);
    CHECK(sum.infinite == 220);
    // The sums and their remainders are exact here.
    CHECK(sum.complement == satur::compensated_sum{16.75, 16.75 * 0x1p-60});
    CHECK(sum.entropy == satur::compensated_sum{18.75, 16.75 * 0x1p-61});
    CHECK(sum.entropy_share == satur::compensated_sum{20.75, 16.75 * 0x1p-62});
    CHECK(sum.slope == satur::compensated_sum{22.75, 16.75 * 0x1p-63});
    CHECK(sum.slope_portion == satur::compensated_sum{24.75, 16.75 * 0x1p-64});
    CHECK(sum.rule == satur::p_above{0.75});
    CHECK(sum == first + second);
    CHECK(satur::row_saturation{} + first == first); // an empty record takes over the threshold too
    CHECK(first + satur::row_saturation{} == first);
    satur::row_saturation const copy = sum;
    sum = {};
    CHECK(sum == satur::row_saturation{});
    CHECK(sum.empty());
    CHECK(copy == first + second);
  }
  auto const differs = [&](auto const& change) {
    satur::row_saturation other = a;
    change(other);
    return !(other == a);
  };
  CHECK(differs([](auto& r) { ++r.rows; }));
  CHECK(differs([](auto& r) { ++r.saturated; }));
  CHECK(differs([](auto& r) { ++r.single; }));
  CHECK(differs([](auto& r) { ++r.elements; }));
  CHECK(differs([](auto& r) { ++r.nan; }));
  CHECK(differs([](auto& r) { ++r.infinite; }));
  CHECK(differs([](auto& r) { r.complement += 1.0; }));
  CHECK(differs([](auto& r) { r.entropy += 1.0; }));
  CHECK(differs([](auto& r) { r.entropy_share += 1.0; }));
  CHECK(differs([](auto& r) { r.slope += 1.0; }));
  CHECK(differs([](auto& r) { r.slope_portion += 1.0; }));
  CHECK(differs([](auto& r) { r.rule.threshold = 0.5; }));
  // A record of NaN rows only, or of infinite rows only, is not empty.
  for (std::uint64_t satur::row_saturation::*const field :
       {&satur::row_saturation::rows, &satur::row_saturation::nan, &satur::row_saturation::infinite}) {
    satur::row_saturation some;
    some.rule = a.rule;
    some.*field = 1;
    CHECK_FALSE(some.empty());
    CHECK(some.nonfinite() == (field != &satur::row_saturation::rows));
    CHECK((some + a).*field == a.*field + 1);
    CHECK((a + some).*field == a.*field + 1);
  }
}

TEST_CASE("row_saturation: the merge of the parts equals the whole") {
  xt::xtensor<float, 2> const z = logits(30, 7);
  auto const part = [&](std::size_t from, std::size_t to) {
    return satur::observe(satur::softmax{}, std::span<float const>(z.data() + 7 * from, 7 * (to - from)), 7);
  };
  satur::row_saturation const whole = part(0, 30);
  CHECK(whole.saturated > 0);
  satur::row_saturation merged;
  merged += part(0, 1);
  merged += part(1, 12) + part(12, 30);
  CHECK(merged.rows == whole.rows);
  CHECK(merged.saturated == whole.saturated);
  CHECK(merged.elements == whole.elements);
  CHECK(merged.mean_entropy() == doctest::Approx(whole.mean_entropy()).epsilon(1e-15));
  CHECK(merged.mean_complement() == doctest::Approx(whole.mean_complement()).epsilon(1e-15));
  CHECK(merged.mean_derivative() == doctest::Approx(whole.mean_derivative()).epsilon(1e-15));
  CHECK(merged.slope_share() == doctest::Approx(whole.slope_share()).epsilon(1e-15));
  CHECK(merged.normalized_entropy() == doctest::Approx(whole.normalized_entropy()).epsilon(1e-15));
  merged = {};
  CHECK(merged == satur::row_saturation{});
  CHECK(refusal([&] {
          merged = whole;
          merged += satur::observe(satur::softmax{}, z, satur::p_above{0.5});
        }) ==
        "satur::row_saturation: cannot merge a record of p > 0.99 with one of p > 0.5; merge records of one threshold");
}

TEST_CASE("row_saturation: text") {
  std::ostringstream out;
  out << satur::observe(satur::softmax{}, std::vector<double>{0, 0, 9, -inf, not_a_number, 1}, 2);
  CHECK(out.str() == "softmax: 2 rows, saturated where the largest p > 0.99\n"
                     "  saturated    50.0 %\n"
                     "  largest p    mean 0.75, 1 - p 0.25\n"
                     "  entropy      mean 0.3466 nats  (100 % of equal probabilities)\n"
                     "  mean slope   0.125  (100 % of equal probabilities)\n"
                     "  one class    1 row has no other that is not ruled out\n"
                     "  NOT FINITE   1 row with NaN, 0 with +inf or -inf alone (in no other number)\n");
  // All numbers differ.
  satur::row_saturation s;
  s.rows = 8;
  s.saturated = 3;
  s.single = 2;
  s.elements = 80;
  s.nan = 5;
  s.infinite = 7;
  s.complement += 1.2;
  s.entropy += 4.4;
  s.entropy_share += 1.8;
  s.slope += 6.4;
  s.slope_portion += 2.1;
  s.rule.threshold = 0.9;
  out.str({});
  out << s;
  CHECK(out.str() == "softmax: 8 rows, saturated where the largest p > 0.9\n"
                     "  saturated    37.5 %\n"
                     "  largest p    mean 0.85, 1 - p 0.15\n"
                     "  entropy      mean 0.55 nats  (30.0 % of equal probabilities)\n"
                     "  mean slope   0.08  (35.0 % of equal probabilities)\n"
                     "  one class    2 rows have no other that is not ruled out\n"
                     "  NOT FINITE   5 rows with NaN, 7 with +inf or -inf alone (in no other number)\n");
  CHECK(s.slope_saturation() == doctest::Approx(0.65));
}

TEST_CASE("row_saturation: the same bits from any container") {
  for (std::size_t const length : {5u, 1100u, 2100u}) { // a row in one buffer, in two, in three
    xt::xtensor<float, 2> const z = logits(6, length);
    xt::xtensor<float, 2> want = xt::zeros_like(z);
    satur::row_saturation const record = satur::forward(satur::softmax{}, z, want);
    CHECK(record.rows == 6);
    auto const check = [&](auto const& given) {
      xt::xtensor<float, 2> y = xt::zeros_like(z);
      CHECK(satur::forward(satur::softmax{}, given, y) == record);
      CHECK(y == want);
      CHECK(satur::observe(satur::softmax{}, given) == record);
      xt::xtensor<float, 2, xt::layout_type::column_major> columns = xt::zeros_like(z);
      satur::apply(satur::softmax{}, given, columns);
      CHECK(columns == want);
      xt::xtensor<float, 1> total = xt::zeros<float>({6});
      xt::xtensor<float, 1> expected = xt::zeros<float>({6});
      satur::apply(satur::logsumexp{}, z, expected);
      satur::apply(satur::logsumexp{}, given, total);
      CHECK(total == expected);
      xt::xtensor<float, 2> logs = xt::zeros_like(z);
      satur::apply(satur::log_softmax{}, z, logs);
      satur::apply(satur::log_softmax{}, given, y);
      CHECK(y == logs);
    };
    check(z);
    check(z + 0.0f);
    check(xt::xarray<float>(z));
    check(xt::xtensor<float, 2, xt::layout_type::column_major>(z));
    xt::xtensor<float, 2> wide = xt::zeros<float>({std::size_t{6}, 2 * length});
    xt::view(wide, xt::all(), xt::range(0, 2 * static_cast<int>(length), 2)) = z;
    check(xt::view(wide, xt::all(), xt::range(0, 2 * static_cast<int>(length), 2)));
    std::deque<float> const queue(z.begin(), z.end());
    std::vector<float> y(z.size());
    CHECK(satur::forward(satur::softmax{}, queue, y, length) == record);
    CHECK(std::equal(y.begin(), y.end(), want.begin()));

    // Backward.
    xt::xtensor<float, 2> const dy = xt::eval(0.5f * z);
    auto const back = [&](auto act) {
      xt::xtensor<float, 2> out = xt::zeros_like(z);
      satur::apply(act, z, out);
      xt::xtensor<float, 2> dx = xt::zeros_like(z);
      satur::pullback(act, out, dy, dx);
      xt::xtensor<float, 2, xt::layout_type::column_major> columns = xt::zeros_like(z);
      satur::pullback(act, out, 0.5f * z, columns);
      CHECK(columns == dx);
    };
    back(satur::softmax{});
    back(satur::log_softmax{});
  }
}

TEST_CASE("rowwise: rows are the last axis; a user's own rowwise activation") {
  xt::xtensor<double, 3> const z = xt::zeros<double>({2, 3, 4});
  CHECK(satur::observe(satur::softmax{}, z).rows == 6);
  CHECK(satur::observe(satur::softmax{}, z, 12).rows == 2);
  static_assert(satur::rowwise_activation<halved, float>);
  std::vector<float> const x{1, 2, 3, 4};
  std::vector<float> y(4);
  satur::apply(halved{}, x, y, 2);
  CHECK(y == std::vector<float>{0.5f, 1, 1.5f, 2});
  satur::pullback(halved{}, y, x, y, 2);
  CHECK(y == std::vector<float>{0.5f, 1, 1.5f, 2});
}

TEST_CASE("rowwise: invalid arguments throw with a message") {
  std::vector<float> z(10);
  std::vector<float> y(10);
  std::vector<float> small(9);
  CHECK(refusal([&] { satur::apply(satur::softmax{}, z, y, 3); }) ==
        "satur::apply: z has shape (10); expected a multiple of the row length 3");
  CHECK(refusal([&] { satur::apply(satur::softmax{}, z, y, 0); }) ==
        "satur::apply: z has shape (10); expected a multiple of the row length 0, which must be at least 1");
  CHECK(refusal([&] { satur::apply(satur::softmax{}, z, small, 5); }) ==
        "satur::apply: y has shape (9); expected (10), the size of z");
  CHECK(refusal([&] { satur::apply(satur::logsumexp{}, z, y, 5); }) ==
        "satur::apply: y has shape (10); expected (2), one for each row of 5");
  CHECK(refusal([&] { satur::pullback(satur::softmax{}, z, small, y, 5); }) ==
        "satur::pullback: dy has shape (9); expected (10), the size of z");
  CHECK(refusal([&] { satur::pullback(satur::softmax{}, z, y, small, 5); }) ==
        "satur::pullback: dx has shape (9); expected (10), the size of z");
  CHECK(refusal([&] { satur::pullback(satur::logsumexp{}, z, y, z, 5); }) ==
        "satur::pullback: dy has shape (10); expected (2), one for each row of 5");
  CHECK(refusal([&] {
          (void)satur::observe(satur::softmax{}, xt::xtensor<float, 2>::from_shape({2, 0}));
        }) == "satur::observe: z has shape (2, 0); expected a last axis of at least 1");
  CHECK(refusal([&] { (void)satur::observe(satur::softmax{}, z, 5, satur::p_above{1.0}); }) ==
        "satur::p_above: threshold is 1; allowed: a probability in [0, 1), such as 0.99");
  CHECK(refusal([&] { satur::forward(satur::softmax{}, z, z, 5); }).find("shares memory with z") != std::string::npos);
  xt::xtensor<float, 2> a = xt::zeros<float>({2, 5});
  xt::xtensor<float, 2> b = xt::zeros<float>({5, 2});
  CHECK(refusal([&] { satur::forward(satur::softmax{}, a, b); }) ==
        "satur::forward: y has shape (5, 2); expected (2, 5), the shape of z");
  CHECK_THROWS_AS(satur::apply(satur::softmax{}, z, y, 3), satur::shape_error);
  // The message names the called function, for calls with a shape and with a row length, for each kind of activation.
  xt::xtensor<float, 1> const none = xt::zeros<float>({0});
  std::string const no_rows = ": z has shape (0); expected a last axis of at least 1";
  CHECK(refusal([&] { satur::apply(satur::softmax{}, none, y); }) == "satur::apply" + no_rows);
  CHECK(refusal([&] { satur::pullback(satur::softmax{}, none, y, y); }) == "satur::pullback" + no_rows);
  CHECK(refusal([&] { (void)satur::observe(satur::logsumexp{}, none); }) == "satur::observe" + no_rows);
  CHECK(refusal([&] { satur::forward(satur::log_softmax{}, none, y); }) == "satur::forward" + no_rows);
  std::string const no_multiple = ": z has shape (10); expected a multiple of the row length 4";
  CHECK(refusal([&] { satur::pullback(satur::softmax{}, z, y, y, 4); }) == "satur::pullback" + no_multiple);
  CHECK(refusal([&] { (void)satur::observe(satur::softmax{}, z, 4); }) == "satur::observe" + no_multiple);
  CHECK(refusal([&] { satur::forward(satur::softmax{}, z, y, 4); }) == "satur::forward" + no_multiple);
  std::string const too_few = " has shape (9); expected (10), the size of z";
  CHECK(refusal([&] { satur::forward(satur::softmax{}, z, small, 5); }) == "satur::forward: y" + too_few);
  CHECK(refusal([&] { satur::apply(halved{}, z, small, 5); }) == "satur::apply: y" + too_few);
  CHECK(refusal([&] { satur::pullback(halved{}, z, small, y, 5); }) == "satur::pullback: dy" + too_few);
  CHECK(refusal([&] { satur::pullback(halved{}, z, y, small, 5); }) == "satur::pullback: dx" + too_few);
  std::vector<float> two(2);
  CHECK(refusal([&] { satur::pullback(satur::logsumexp{}, z, two, small, 5); }) == "satur::pullback: dx" + too_few);
  CHECK(refusal([&] { satur::forward(satur::softmax{}, z, y, 5, satur::p_above{-0.1}); }) ==
        "satur::p_above: threshold is -0.1; allowed: a probability in [0, 1), such as 0.99");
  std::deque<float> queue(10); // non-contiguous memory, and memory that overlaps
  for (auto const& words : {refusal([&] { satur::forward(satur::softmax{}, queue, queue, 5); }), refusal([&] {
                              satur::forward(satur::softmax{}, std::span(z).first(5), std::span(z).subspan(2, 5), 5);
                            }),
                            refusal([&] { satur::forward(satur::softmax{}, a, a); })}) {
    CHECK(words.starts_with("satur::forward: y shares memory with z"));
  }
  CHECK(satur::observe(satur::softmax{}, xt::xtensor<float, 2>::from_shape({0, 3})).empty());
}

TEST_CASE("rowwise: no pass allocates") {
  xt::xtensor<float, 2> const z = logits(8, 1500);
  xt::xtensor<float, 2> y = xt::zeros_like(z);
  xt::xtensor<float, 2> dx = xt::zeros_like(z);
  xt::xtensor<float, 1> total = xt::zeros<float>({8});
  CHECK(satur_test::allocations_in([&] {
          satur::row_saturation record = satur::forward(satur::softmax{}, z, y);
          record += satur::observe(satur::softmax{}, z);
          satur::pullback(satur::softmax{}, y, z, dx);
          satur::apply(satur::log_softmax{}, z, y);
          satur::pullback(satur::log_softmax{}, y, z, dx);
          satur::apply(satur::logsumexp{}, z, total);
          satur::pullback(satur::logsumexp{}, z, total, dx);
        }) == 0);
}
