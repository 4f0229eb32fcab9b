// observe_distribution under -ffast-math: NaN, infinity, zeros and subnormal numbers are told by their bits.
// levels: all
#include "fast_math/bits.hpp"

#include "satur/format/formats.hpp"
#include "satur/observe/distribution.hpp"
#include "satur/observe/format.hpp"
#include "satur/observe/histogram.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace {

template <class T> void check_specials() {
  std::vector<T> x(3000, T(1));
  for (std::size_t i = 0; i < x.size(); i += 2) {
    x[i] = T(-1);
  }
  x[1] = test::nan_of<T>();
  x[2999] = -test::nan_of<T>();
  x[500] = test::infinity_of<T>(false);
  x[1501] = test::infinity_of<T>(true);
  x[10] = T(0);
  x[11] = -T(0);
  x[13] = std::numeric_limits<T>::denorm_min();
  satur::distribution const d = satur::observe_distribution(x);
  CHECK(d.count() == 2998);
  CHECK(d.nan == 2);
  CHECK(d.infinite == 2);
  CHECK(d.zeros == 2);
  CHECK(d.subnormal == 1);
  CHECK(d.amax == 1.0);
  CHECK(d.excess_kurtosis() > -2.0);
  CHECK(d.excess_kurtosis() < -1.99);
  CHECK(test::is_nan(satur::observe_distribution(std::vector<T>(100, T(3))).excess_kurtosis()));
  CHECK(test::is_nan(satur::observe_distribution(std::vector<T>{}).mean()));
}

} // namespace

TEST_CASE("observe_distribution under -ffast-math: counters, and the smallest number of other passes") {
  check_specials<float>();
  check_specials<double>();
  std::vector<float> const x{std::numeric_limits<float>::denorm_min(), 1.0f};
  CHECK(satur::observe_distribution(x).smallest_nonzero == 0x1p-149);
  CHECK(satur::observe_distribution(x).dynamic_range_bits() == 149.0);
  CHECK(satur::observe_format(satur::formats::bfloat16, x).smallest_nonzero == 0x1p-149);
  satur::histogram sizes = satur::histogram::of_gradient();
  sizes.observe(x);
  CHECK(sizes.lowest() == 0x1p-149);
}
