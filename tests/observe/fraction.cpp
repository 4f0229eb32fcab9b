// mean_derivative: the record's mean slope with the record's bits, NaN left out, from any container.
#include "satur/activation/exponential.hpp"
#include "satur/activation/leaky_relu.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/softsign.hpp"
#include "satur/array/array_view.hpp"
#include "satur/observe.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

namespace {

template <class T> constexpr T nan_of = std::numeric_limits<T>::quiet_NaN();
template <class T> constexpr T infinity_of = std::numeric_limits<T>::infinity();

template <class T> std::vector<T> numbers(std::size_t n) {
  std::vector<T> z(n);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = static_cast<T>(std::sin(0.7 * static_cast<double>(i)) * 4.0 + 0.1);
  }
  return z;
}

/// The same number, or both NaN.
bool equal(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// A slope of 0 and a value of 1 at NaN: only z says that it is one.
struct step_like {
  template <std::floating_point T> T value(T z) const { return z > T(0) ? z : T(1); }
  template <std::floating_point T> T derivative(T z) const { return z > T(0) ? T(1) : T(0); }
};

template <class T, class A> void check_like_the_record(A const& act) {
  for (std::size_t const n : {0u, 1u, 2u, 7u, 16u, 37u, 64u, 300u, 1024u, 1025u, 8192u, 8193u, 20001u}) {
    CAPTURE(n);
    std::vector<T> z = numbers<T>(n);
    CHECK(equal(satur::mean_derivative(act, z), satur::observe(act, z).mean_derivative()));
    for (std::size_t const at : {std::size_t{0}, n / 2, n - 1, n / 3}) {
      if (n != 0) {
        CAPTURE(at);
        z[at] = at % 2 == 0 ? nan_of<T> : -infinity_of<T>;
        CHECK(equal(satur::mean_derivative(act, z), satur::observe(act, z).mean_derivative()));
      }
    }
  }
}

} // namespace

TEST_CASE_TEMPLATE("mean_derivative: the bits of the record's mean, specials among them", T, float, double) {
  check_like_the_record<T>(satur::sigmoid{});
  check_like_the_record<T>(satur::relu{});
  check_like_the_record<T>(step_like{});
}

TEST_CASE_TEMPLATE("mean_derivative: the mean of the slopes, in double", T, float, double, long double) {
  std::vector<T> const z = numbers<T>(30011);
  satur::softsign const act;
  long double sum = 0;
  for (T const e : z) {
    sum += static_cast<long double>(act.derivative(e));
  }
  double const expected = static_cast<double>(sum / 30011);
  double const found = satur::mean_derivative(act, z);
  CHECK(std::fabs(found - expected) <= 4e-15 * expected);
  // as many slopes of 1e-6 as a sum in float would lose
  std::vector<T> const far(1000, T(999));
  CHECK(std::fabs(satur::mean_derivative(act, far) - 1e-6) <= (sizeof(T) == 4 ? 1e-12 : 1e-20));
}

TEST_CASE_TEMPLATE("mean_derivative: NaN is left out, infinity is not, nothing gives NaN", T, float, double) {
  std::vector<T> const z{nan_of<T>, T(0), nan_of<T>, infinity_of<T>};
  CHECK(satur::mean_derivative(satur::sigmoid{}, z) == 0.125);
  CHECK(satur::mean_derivative(step_like{}, std::vector<T>{nan_of<T>, T(2), T(-2)}) == 0.5);
  std::vector<T> many(1000, T(2));
  many[500] = nan_of<T>;
  CHECK(satur::mean_derivative(step_like{}, many) == 1.0);
  CHECK(std::isnan(satur::mean_derivative(satur::sigmoid{}, std::vector<T>(40, nan_of<T>))));
  CHECK(std::isnan(satur::mean_derivative(satur::sigmoid{}, std::vector<T>{})));
}

TEST_CASE("mean_derivative: sums that overflow, and slopes that are infinite") {
  // the record looks at such numbers again, and the mean slope alone need not: the last bits may differ
  std::vector<double> z = numbers<double>(300);
  for (std::size_t i = 0; i < z.size(); i += 3) {
    z[i] = i % 2 == 0 ? 1.7e308 : 1.6e308;
  }
  double const record = satur::observe(satur::sigmoid{}, z).mean_derivative();
  CHECK(std::fabs(satur::mean_derivative(satur::sigmoid{}, z) - record) <= 4e-16 * record);
  std::vector<float> const large(300, 3e38f);
  CHECK(satur::mean_derivative(satur::relu{}, large) == 1.0);
  std::vector<float> const past_the_limit{0.0f, 1.0f, 100.0f};
  CHECK(satur::mean_derivative(satur::exponential{}, past_the_limit) == infinity_of<double>);
  // slopes near the largest double: their sum overflows, their mean does not
  std::vector<double> const steep(64, 709.0);
  CHECK(satur::mean_derivative(satur::exponential{}, steep) == satur::exponential{}.derivative(709.0));
  CHECK(satur::observe(satur::exponential{}, steep).mean_derivative() == satur::exponential{}.derivative(709.0));
}

TEST_CASE("mean_derivative: any container") {
  std::vector<float> const z = numbers<float>(9000);
  satur::sigmoid const act;
  double const expected = satur::observe(act, z).mean_derivative();
  CHECK(satur::mean_derivative(act, std::deque<float>(z.begin(), z.end())) == expected);
  std::vector<std::vector<float>> rows(90);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].assign(z.begin() + static_cast<std::ptrdiff_t>(100 * i),
                   z.begin() + static_cast<std::ptrdiff_t>(100 * (i + 1)));
  }
  CHECK(satur::mean_derivative(act, rows) == expected);
  std::vector<float> spread(27000, 50.0f);
  for (std::size_t i = 0; i < z.size(); ++i) {
    spread[3 * i] = z[i];
  }
  CHECK(satur::mean_derivative(act, satur::array_view<float const>{spread.data(), {9000}, {3}}) == expected);
  std::vector<std::uint16_t> halves(300);
  for (std::size_t i = 0; i < halves.size(); ++i) {
    halves[i] = static_cast<std::uint16_t>(0x3f00 + i); // bfloat16 from 0.5 on
  }
  CHECK(satur::mean_derivative(act, satur::as_bfloat16(halves)) ==
        satur::observe(act, satur::as_bfloat16(halves)).mean_derivative());
}

TEST_CASE("mean_derivative: refusals, with nothing to see too") {
  std::vector<std::vector<float>> const ragged{{1.0f, 2.0f}, {3.0f}};
  CHECK_THROWS_AS(static_cast<void>(satur::mean_derivative(satur::sigmoid{}, ragged)), satur::shape_error);
  satur::leaky_relu const invalid{nan_of<double>};
  CHECK_THROWS_AS(static_cast<void>(satur::mean_derivative(invalid, std::vector<float>{})), std::invalid_argument);
}
