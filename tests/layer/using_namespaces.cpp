// Every public function that takes numbers can be called unqualified after `using namespace satur`, with `using
// namespace std` too: neither std nor xt has a better or an equal overload that argument-dependent lookup finds.
#include <satur/satur.hpp>
#include <satur/testing.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elsewhere {
struct bent { // a user's activation
  template <class T> T value(T z) const { return T(0.5) * z; }
  template <class T> T derivative(T z) const { return T(0.5) + T(0) * z; }
};
} // namespace elsewhere

namespace crowded { // a user's namespace with functions of the same names, for any arguments
template <class A, class... More> void apply(A const&, More const&...) {}
template <class A, class... More> void forward(A const&, More const&...) {}
template <class A> void peak_slope_of(A const&) {}
template <class A, class Z> void value(A const&, Z const&) {}
struct logistic {
  template <class T> T value(T z) const { return satur::sigmoid{}.value(z); }
  template <class T> T derivative(T z) const { return satur::sigmoid{}.derivative(z); }
};
} // namespace crowded

namespace {

[[maybe_unused]] satur::relu const act;
elsewhere::bent own;
std::vector<double> const z{-2.0, -1.0, 1.0, 2.0};
std::vector<double> y(4);
std::vector<double> dy(4);
std::vector<std::uint16_t> const bits(4);
std::vector<std::size_t> const sizes(2);
std::vector<satur::cluster_count> const clusters(2);
std::vector<satur::gradient_record> const gradients(2);
xt::xtensor<double, 2> const x{{-2.0, -1.0}, {1.0, 2.0}};
xt::xtensor<double, 2> out = xt::zeros<double>({2, 2});
xt::xarray<float> const wide = xt::zeros<float>({4});
std::mt19937 generator{1};
satur::unit_records units;
[[maybe_unused]] satur::unit_layout const layout = satur::unit_layout::matrix(2, 2);
satur::dense<float> layer{2, 2, satur::glorot_normal{}, generator};
satur::monitor mon;

void in_satur() {
  using namespace satur;
#include "support/unqualified_calls.inc"
}
void in_satur_and_std() {
  using namespace std;
  using namespace satur;
#include "support/unqualified_calls.inc"
}

} // namespace

TEST_CASE("a user's namespace: functions of the same names are not called in satur's place") {
  crowded::logistic const mine;
  CHECK(satur::equivalents(satur::slope_below{0.5}, mine).z_high == doctest::Approx(1.762747174)); // sech(z/2)^2 = 1/2
  CHECK(satur::any_activation(mine).peak_slope() == doctest::Approx(0.25));
  CHECK(satur::testing::check_activation<double>(mine).passed());
  CHECK(satur::value(mine, x)(1, 1) == satur::sigmoid{}.value(2.0));
}

TEST_CASE("using namespace satur: calls find satur's functions") {
  in_satur();
  in_satur_and_std();
  using namespace satur;
  using namespace std;
  sigmoid const s;
  xt::xtensor<double, 2> const values = value(s, x);
  xt::xtensor<double, 2> const slopes = derivative(s, x);
  CHECK(values(0, 0) == s.value(-2.0));
  CHECK(slopes(1, 1) == s.derivative(2.0));
  CHECK(value(elsewhere::bent{}, x + x)(1, 0) == 1.0);
  CHECK(derivative(own, 3.0) == 0.5);
  CHECK(forward(s, z, y, dy).count == 4);
  CHECK(y[3] == s.value(2.0));
  apply(relu{}, x, out);
  CHECK(out(1, 1) == 2.0);
  fill(constant{0.25}, out, generator);
  CHECK(out(0, 1) == 0.25);
}
