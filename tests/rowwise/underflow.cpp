// Softmax makes no subnormal number that none of its results is: by the flags of the processor.
#include "support/underflow.hpp"

#include "satur/rowwise.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace {

/// The distances to the largest logit at which softmax of {0, -d, -d, …} raises a flag and has no subnormal result.
template <class T> test::seen_intervals needless_in_rows() {
  test::seen_intervals seen;
  std::size_t const columns = 37;
  std::vector<T> y(columns);
  std::size_t place = 0;
  for (double d = 1.0; d < 3000.0; d += 0.037 + d / 1000.0) {
    std::vector<T> z(columns, static_cast<T>(-d));
    z[5] = T(0);
    if (sizeof(T) == 8 && d > 670.0 && d < 708.4) {
      continue; // the rounding error of the sum is kept, and is subnormal
    }
    unsigned const flags = test::underflow_flags([&] { satur::apply(satur::softmax{}, z, y, columns); });
    if (flags != 0 && std::none_of(y.begin(), y.end(), test::is_subnormal<T>)) {
      seen.add(d, place, flags);
    }
    ++place;
  }
  return seen;
}

} // namespace

TEST_CASE_TEMPLATE("softmax: no needless subnormal number in rows with one large logit", T, float, double) {
  if (std::string const reason = test::no_underflow_flags(); !reason.empty()) {
    MESSAGE("skipped: " << reason);
    return;
  }
  test::seen_intervals const seen = needless_in_rows<T>();
  CHECK_MESSAGE(seen.count() == 0, "distances:" << seen.text());
}
