// Invalid parameters of activations throw before anything is computed.
#include "satur/activation.hpp"
#include "satur/observe.hpp"
#include "satur/theory/moments.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

template <class A> void refused(A const& act, char const* message) {
  CHECK_THROWS_WITH_AS(act.require_valid(), message, std::invalid_argument);
}
template <class A> void accepted(A const& act) { CHECK_NOTHROW(act.require_valid()); }

double const no_number = std::numeric_limits<double>::quiet_NaN();
double const infinity = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("parameters: error messages state the given and the allowed value") {
  refused(satur::celu{-1.0}, "satur::celu: alpha is -1; allowed: a finite number > 0");
  refused(satur::celu{0.0}, "satur::celu: alpha is 0; allowed: a finite number > 0");
  refused(satur::celu{no_number}, "satur::celu: alpha is nan; allowed: a finite number > 0");
  refused(satur::celu{infinity}, "satur::celu: alpha is inf; allowed: a finite number > 0");
  refused(satur::elu{-0.5}, "satur::elu: alpha is -0.5; allowed: a number > 0 and <= 2^80");
  refused(satur::elu{0x1p81}, "satur::elu: alpha is 2.4178516392292583e+24; allowed: a number > 0 and <= 2^80");
  refused(satur::elu{no_number}, "satur::elu: alpha is nan; allowed: a number > 0 and <= 2^80");
  refused(satur::softplus{0.0}, "satur::softplus: beta is 0; allowed: a finite number > 0");
  refused(satur::softplus{no_number}, "satur::softplus: beta is nan; allowed: a finite number > 0");
  refused(satur::silu{-2.0}, "satur::silu: beta is -2; allowed: a finite number > 0");
  refused(satur::silu{infinity}, "satur::silu: beta is inf; allowed: a finite number > 0");
  refused(satur::squareplus{-4.0}, "satur::squareplus: b is -4; allowed: a finite number > 0");
  refused(satur::squareplus{no_number}, "satur::squareplus: b is nan; allowed: a finite number > 0");
  refused(satur::leaky_relu{no_number}, "satur::leaky_relu: negative_slope is nan; allowed: a finite number");
  refused(satur::prelu{-infinity}, "satur::prelu: negative_slope is -inf; allowed: a finite number");
  refused(satur::soft_shrink{-0.25}, "satur::soft_shrink: width is -0.25; allowed: a finite number >= 0");
  refused(satur::hard_shrink{no_number}, "satur::hard_shrink: width is nan; allowed: a finite number >= 0");
  refused(satur::hard_shrink{0.5, infinity}, "satur::hard_shrink: bias is inf; allowed: a finite number");
  refused(satur::hard_sigmoid{0.0, 0.5}, "satur::hard_sigmoid: alpha is 0; allowed: a number from 2^-60 to 2^60");
  refused(satur::hard_sigmoid{no_number, 0.5},
          "satur::hard_sigmoid: alpha is nan; allowed: a number from 2^-60 to 2^60");
  refused(satur::hard_sigmoid{0.25, infinity},
          "satur::hard_sigmoid: beta is inf; allowed: a number from -2^60 to 2^60");
  refused(satur::selu{-1.0, 1.0}, "satur::selu: alpha is -1; allowed: a number from 2^-60 to 2^60");
  refused(satur::selu{1.0, no_number}, "satur::selu: lambda is nan; allowed: a number from 2^-60 to 2^60");
  refused(satur::threshold{no_number, 2.0}, "satur::threshold: level is nan; allowed: a finite number");
  refused(satur::threshold{2.0, infinity}, "satur::threshold: otherwise is inf; allowed: a finite number");
  refused(satur::hard_tanh{2.0, 2.0}, "satur::hard_tanh: (low, high) is (2, 2); allowed: finite numbers, low < high");
  refused(satur::hard_tanh{no_number, 1.0},
          "satur::hard_tanh: (low, high) is (nan, 1); allowed: finite numbers, low < high");
  refused(satur::hard_tanh{0.0, infinity},
          "satur::hard_tanh: (low, high) is (0, inf); allowed: finite numbers, low < high");
  refused(satur::composed{satur::tanh{}, satur::celu{-1.0}}, "satur::celu: alpha is -1; allowed: a finite number > 0");
  refused(satur::composed{satur::silu{no_number}, satur::tanh{}},
          "satur::silu: beta is nan; allowed: a finite number > 0");
}

TEST_CASE("parameters: the limits of the allowed range") {
  accepted(satur::elu{0x1p80});
  accepted(satur::soft_shrink{0.0});
  accepted(satur::hard_shrink{0.0});
  accepted(satur::hard_shrink{0.5, -3.0});
  accepted(satur::hard_sigmoid{0x1p-60, -0x1p60});
  accepted(satur::hard_sigmoid{0x1p60, 0x1p60});
  accepted(satur::selu{0x1p-60, 0x1p60});
  accepted(satur::leaky_relu{0.0});
  accepted(satur::leaky_relu{-1.0});
  accepted(satur::prelu{-1.0});
  accepted(satur::threshold{-0.5, 0.25});
  accepted(satur::composed{satur::celu{2.0}, satur::silu{0.5}});
}

TEST_CASE("parameters: invalid ones throw in passes and theory, and y is unchanged") {
  std::vector<double> const z{-1.0, 2.0, 3.0};
  std::vector<double> y(3, 7.0);
  std::vector<double> dy(3, 7.0);
  satur::celu const bad{-1.0};
  CHECK_THROWS_AS(static_cast<void>(satur::observe(bad, z)), std::invalid_argument);
  CHECK_THROWS_AS(satur::forward(bad, z, y), std::invalid_argument);
  CHECK_THROWS_AS(satur::forward(bad, z, y, dy), std::invalid_argument);
  CHECK_THROWS_AS(satur::apply(bad, z, y), std::invalid_argument);
  CHECK_THROWS_AS(satur::apply(bad, z, y, dy), std::invalid_argument);
  CHECK_THROWS_AS(satur::apply_derivative(bad, z, dy), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::mean_derivative(bad, z)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::theory::moments(bad, 0.0, 1.0)), std::invalid_argument);
  CHECK(y == std::vector<double>(3, 7.0));
  CHECK(dy == std::vector<double>(3, 7.0));
}

TEST_CASE("leaky_relu and prelu: negative_slope 0 gives a number at -inf") {
  for (double const slope : {0.0, -0.0}) {
    CHECK(satur::leaky_relu{slope}(-infinity) == 0.0);
    CHECK(satur::prelu{slope}(-infinity) == 0.0);
    CHECK(satur::prelu{slope}(-3.0) == 0.0);
    CHECK(satur::prelu{slope}(3.0) == 3.0);
    CHECK(std::isnan(satur::prelu{slope}(no_number)));
    CHECK(satur::prelu{slope}.derivative(-infinity) == 0.0);
    CHECK(satur::prelu{slope}.lower() == 0.0);
  }
  CHECK(satur::leaky_relu{1e-50}(-std::numeric_limits<float>::infinity()) == 0.0f); // 1e-50 is 0 in float
  CHECK(satur::leaky_relu{1e-50}(-infinity) == -infinity);
}

TEST_CASE("minimum(): least value of activations that fall") {
  CHECK(satur::threshold{-0.5, 0.25}.minimum() == -0.5);
  CHECK(satur::threshold{-0.5, 0.25}.lower() == 0.25); // the limit on the left
  CHECK(satur::threshold{0.5, -0.25}.minimum() == -0.25);
  CHECK(satur::prelu{-0.5}.minimum() == 0.0);
  CHECK(satur::prelu{-0.5}.lower() == infinity);
  CHECK(satur::prelu{-3.0}.peak_slope() == 3.0);
  CHECK(satur::leaky_relu{-3.0}.peak_slope() == 3.0);
  CHECK(satur::leaky_relu{3.0}.peak_slope() == 3.0);
  CHECK(satur::prelu{0.5}.minimum() == -infinity);
}
