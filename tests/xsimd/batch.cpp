// Activations and functions on xsimd batches have the bits of an array pass, and xtensor's loops use the batches.
#include "satur/diagnostic.hpp"
#include "satur/math.hpp"
#include "satur/tensor.hpp"

#include "support/activations.hpp"
#include "support/elementwise.hpp"

#include <doctest/doctest.h>
#include <xsimd/xsimd.hpp>

namespace {

/// Ordinary numbers, tails with subnormal slopes, special values. The count is a multiple of 64.
template <class T> std::vector<T> some_z() {
  std::vector<T> z = test::hard_points<T>({0.35, 1.0, 5.0, 9.0, 17.3, 40.0, 88.0, 100.0, 103.9, 354.0, 708.5, 745.0});
  for (int i = 0; z.size() % 64 != 0 || z.size() < 512; ++i) {
    z.push_back(static_cast<T>(0.173 * i - 30.0));
  }
  return z;
}

template <class B, class F> auto over_batches(std::vector<typename B::value_type> const& z, F const& f) {
  std::vector<typename B::value_type> y(z.size());
  for (std::size_t i = 0; i < z.size(); i += B::size) {
    f(B::load_unaligned(z.data() + i)).store_unaligned(y.data() + i);
  }
  return y;
}

template <class B> void check_activations() {
  using T = typename B::value_type;
  static_assert(satur::math::foreign_batch<B>);
  std::vector<T> const z = some_z<T>();
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  test::for_each_activation([&](auto const& act) {
    CAPTURE(act.name);
    satur::scoped_level const compiled(satur::math::compiled_level);
    satur::forward(act, z, y, dy);
    CHECK(test::differing(over_batches<B>(z, [&](B const& b) { return B(act.value(b)); }), y) == 0);
    CHECK(test::differing(over_batches<B>(z, [&](B const& b) { return B(act(b)); }), y) == 0);
    CHECK(test::differing(over_batches<B>(z, [&](B const& b) { return B(act.derivative(b)); }), dy) == 0);
  });
}

struct witch { // 1/(1 + z^2), computed for float in double
  template <satur::math::grade, class T> SATUR_INLINE satur::math::value_and_slope<T> formula(T const& z) const {
    T const y = T(1) / (T(1) + satur::math::rounded(z * z));
    return {y, T(-2) * z * satur::math::rounded(y * y)};
  }
};
struct only_value {
  template <satur::math::grade G, class T> SATUR_INLINE T formula(T const& z) const {
    return witch{}.formula<G>(z).value;
  }
};

template <class B> void check_functions() {
  using T = typename B::value_type;
  std::vector<T> const z = some_z<T>();
  auto const check = [&](char const* name, auto const& f) {
    INFO(std::string(name));
    CHECK(test::differing(over_batches<B>(z, f), test::in_lanes<false>(f, z, satur::math::compiled_level)) == 0);
  };
  check("exp", [](auto const& x) { return satur::math::exp(x); });
  check("expm1", [](auto const& x) { return satur::math::expm1(x); });
  check("log1p", [](auto const& x) { return satur::math::log1p(x); });
  check("tanh", [](auto const& x) { return satur::math::tanh(x); });
  check("sqrt", [](auto const& x) { return satur::math::sqrt(x); });
  check("logistic", [](auto const& x) { return satur::math::logistic(x).slope; });
  check("in_double, both", [](auto const& x) { return satur::math::in_double(witch{}, x).slope; });
  check("in_double, one", [](auto const& x) { return satur::math::in_double(only_value{}, x); });
  check("select", [](auto const& x) {
    using X = std::remove_cvref_t<decltype(x)>;
    return satur::math::select(x < X(T(0)), X(-x), x);
  });
}

} // namespace

TEST_CASE_TEMPLATE("xsimd batch: activations have the bits of an array pass", T, float, double) {
  check_activations<xsimd::batch<T>>();
  check_functions<xsimd::batch<T>>();
}

#if defined(__x86_64__)
TEST_CASE_TEMPLATE("xsimd batch: a batch narrower than the compiled level has the bits of an array pass", T, float,
                   double) {
  check_activations<xsimd::batch<T, xsimd::sse2>>();
  check_functions<xsimd::batch<T, xsimd::sse2>>();
}
#endif

namespace {
struct knows_how { // 1 in batches, 0 for scalars
  template <class T> T value(T const&) const { return satur::math::is_lanes_v<T> ? T(1) : T(0); }
  template <class T> T derivative(T const& z) const { return value(z); }
};
struct one_at_a_time {
  double value(double) const { return 1.0; }
  double derivative(double z) const { return z; }
};
} // namespace

TEST_CASE_TEMPLATE("xsimd batch: xtensor evaluates an activation in batches", T, float, double) {
  xt::xtensor<T, 2> const z = xt::ones<T>({7, 64});
  xt::xtensor<T, 2> const y = satur::value(knows_how{}, z);
  xt::xtensor<T, 2> const dy = T(2) * satur::derivative(knows_how{}, z + T(1));
  xt::xtensor<T, 2> const strided = satur::value(knows_how{}, xt::view(z, xt::all(), xt::range(0, 64, 2)));
  std::size_t ones = 0;
  std::size_t twos = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    ones += y.data()[i] == T(1);
    twos += dy.data()[i] == T(2);
  }
  CHECK(ones == z.size());
  CHECK(twos == z.size());
  CHECK(strided(0, 0) == T(0)); // the check can fail: strided expressions use scalars
}

TEST_CASE("xsimd batch: an activation for one scalar type works in xtensor's batches") {
  xt::xtensor<double, 1> const z = xt::arange<double>(0.0, 100.0);
  xt::xtensor<double, 1> const y = satur::value(one_at_a_time{}, z);
  xt::xtensor<double, 1> const dy = satur::derivative(one_at_a_time{}, z);
  CHECK(y(99) == 1.0);
  CHECK(dy(99) == 99.0);
  CHECK(dy(0) == 0.0);
}
