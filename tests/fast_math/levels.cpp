// One activation of each kind of formula, at every instruction set, with the flags of this folder.
// levels: all
#include "fast_math/bits.hpp"

#include "satur/observe.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace {
template <class T, class A> void check(A const& act) {
  std::vector<T> z(97, T(-0.5));
  for (std::size_t i = 0; i < z.size(); i += 3) {
    z[i] = i % 2 == 0 ? test::nan_of<T>() : test::infinity_of<T>(i % 4 == 1);
  }
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
    CAPTURE(l);
    satur::saturation const s = satur::forward(act, z, y, dy);
    CHECK(s.nan == 17);
    CHECK(s.infinite == 16);
    CHECK(s.count == 80);
    for (std::size_t i = 0; i < z.size(); ++i) {
      CAPTURE(i);
      if (test::is_nan(z[i])) {
        CHECK(test::is_nan(y[i]));
        CHECK(test::is_nan(dy[i]));
      } else {
        double const limit = test::is_negative(z[i]) ? act.lower() : act.upper();
        CHECK((test::kind_of(z[i]) == test::kind::number || test::is_limit(y[i], limit)));
        CHECK(!test::is_nan(dy[i]));
      }
    }
  }
}
} // namespace

TEST_CASE_TEMPLATE("fast math: NaN and infinity at every level", T, float, double) {
  check<T>(satur::relu{});
  check<T>(satur::tanh{});
  check<T>(satur::silu{});
  check<T>(satur::gelu{});
  check<T>(satur::arctan{});
}
