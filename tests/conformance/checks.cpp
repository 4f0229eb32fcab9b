// The checks of kernels, compiled once for all programs of this folder.
#include "conformance.hpp"

#include <satur/testing/kernel/check_kernel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace conformance {
namespace {

/// The worst error for |z| < 5, where most of a healthy network is.
[[nodiscard]] double worst_in_the_middle(satur::testing::kernel_report const& r) {
  double worst = 0.0;
  for (satur::testing::kernel_segment const& s : r.segments) {
    if (s.low >= -5.0 && s.high <= 5.0) {
      worst = (std::max)(worst, s.worst_ulp);
    }
  }
  return worst;
}

/// Results that are NaN or infinity and should not be, or the other way round. A slope where z is NaN is not counted:
/// the value is NaN there, and libraries agree on nothing for the slope.
[[nodiscard]] std::uint64_t wrong_specials(satur::testing::kernel_report const& r) {
  std::uint64_t n = r.wrong_specials;
  for (satur::testing::failure const& f : r.failures) {
    n -= f.property == "NaN goes through the slope" ? f.times : 0;
  }
  return n;
}

template <class T>
void print_row(exact_for<T> const& act, char const* side, std::string const& function,
               satur::testing::kernel_report const& r) {
  auto const number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  bool const place_matters = r.failed("the same input gives the same result at every");
  std::printf("row\t%s\t%s\t%s\t%s\t%llu\t%.9g\t%.9g\t%.*g\t%llu\t%llu\t%llu\t%llu\t%d\t%s\n", act.name.c_str(), side,
              std::is_same_v<T, float> ? "float" : "double", function.c_str(), number(r.inputs), worst_in_the_middle(r),
              r.worst_ulp, std::numeric_limits<T>::max_digits10, r.worst_at, number(r.false_zeros), number(r.flushed),
              number(r.wrong_signs), number(wrong_specials(r)), place_matters ? 1 : 0,
              r.causes.empty() ? "" : r.causes.front().what.c_str());
  std::fflush(stdout);
}

/// check(options), and prints the row. If the worst error is that of an infinite z, the row shows the worst one of the
/// others; what is wrong at infinity is counted all the same.
template <class T, class Check>
void row(exact_for<T> const& act, char const* side, std::string const& function, Check const& check) {
  satur::testing::kernel_options o;
  o.inputs = inputs;
  o.in_place = false; // no subject of the page
  satur::testing::kernel_report r = check(o);
  if (std::isinf(r.worst_ulp) && std::isinf(r.worst_at)) {
    o.specials = false;
    satur::testing::kernel_report const finite = check(o);
    r.worst_ulp = finite.worst_ulp;
    r.worst_at = finite.worst_at;
  }
  print_row<T>(act, side, function, r);
}

} // namespace

template <class T>
void check_value(exact_for<T> const& act, std::string const& function, value_kernel<T> const& kernel) {
  row<T>(act, "value", function, [&](auto const& o) { return satur::testing::check_kernel<T>(act, kernel, o); });
}
template <class T>
void check_slope(exact_for<T> const& act, char const* side, std::string const& function,
                 slope_kernel<T> const& kernel) {
  row<T>(act, side, function, [&](satur::testing::kernel_options o) {
    o.from_output = std::string(side) == "slope_y";
    return satur::testing::check_backward_kernel<T>(act, kernel, o);
  });
}

template void check_value<float>(exact_for<float> const&, std::string const&, value_kernel<float> const&);
template void check_value<double>(exact_for<double> const&, std::string const&, value_kernel<double> const&);
template void check_slope<float>(exact_for<float> const&, char const*, std::string const&, slope_kernel<float> const&);
template void check_slope<double>(exact_for<double> const&, char const*, std::string const&,
                                  slope_kernel<double> const&);

} // namespace conformance
