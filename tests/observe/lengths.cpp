// Arrays of every length up to a few registers: the same bits as in a long array, nothing written outside, and a record
// that has counted each number once.
// levels: all
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/softsign.hpp"
#include "satur/observe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

namespace {

constexpr std::size_t longest = 200; // more than three groups of the widest registers
constexpr std::size_t margin = 40;   // more than one register

template <class T> bool same_bits(std::span<T const> a, std::span<T const> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class T> std::vector<T> numbers() {
  std::vector<T> z(longest);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<T>(std::sin(1.7 * static_cast<double>(i)) * 9.0);
  }
  return z;
}

/// Room for n results between margins, and whether the margins are as they were.
template <class T> class guarded {
public:
  explicit guarded(std::size_t n) : all_(n + 2 * margin, T(77)), n_(n) {}
  [[nodiscard]] std::span<T> inside() { return std::span(all_).subspan(margin, n_); }
  [[nodiscard]] bool untouched_outside() const {
    auto const untouched = [](T x) { return x == T(77); };
    return std::all_of(all_.begin(), all_.begin() + margin, untouched) &&
           std::all_of(all_.end() - margin, all_.end(), untouched);
  }

private:
  std::vector<T> all_;
  std::size_t n_;
};

template <class T> void check_every_length() {
  satur::sigmoid const act;
  std::vector<T> const z = numbers<T>();
  std::vector<T> y(longest), dy(longest);
  satur::apply(act, z, y, dy);
  for (std::size_t n = 0; n <= longest; ++n) {
    CAPTURE(n);
    std::span<T const> const part(z.data(), n);
    std::span<T const> const values(y.data(), n);
    std::span<T const> const slopes(dy.data(), n);
    guarded<T> to(n), slopes_to(n), alone(n), recorded(n), in_place(n), slopes_in_place(n);
    satur::apply(act, part, to.inside(), slopes_to.inside());
    satur::apply(act, part, alone.inside());
    satur::forward(act, part, recorded.inside());
    CHECK(same_bits<T>(to.inside(), values));
    CHECK(same_bits<T>(slopes_to.inside(), slopes));
    CHECK(same_bits<T>(alone.inside(), values));
    CHECK(same_bits<T>(recorded.inside(), values));
    std::copy(part.begin(), part.end(), in_place.inside().begin());
    std::copy(part.begin(), part.end(), slopes_in_place.inside().begin());
    satur::apply(act, in_place.inside(), in_place.inside());
    satur::apply(act, slopes_in_place.inside(), alone.inside(), slopes_in_place.inside());
    CHECK(same_bits<T>(in_place.inside(), values));
    CHECK(same_bits<T>(slopes_in_place.inside(), slopes));
    for (guarded<T> const* const each : {&to, &slopes_to, &alone, &recorded, &in_place, &slopes_in_place}) {
      CHECK(each->untouched_outside());
    }
  }
}

/// The record of each length against sums by hand in long double.
template <class T> void check_every_record() {
  satur::softsign const act;
  std::vector<T> const z = numbers<T>();
  long double sum = 0;
  long double slopes = 0;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  T least = z[0];
  T most = z[0];
  for (std::size_t n = 1; n <= longest; ++n) {
    CAPTURE(n);
    T const last = z[n - 1];
    sum += static_cast<long double>(last);
    slopes += static_cast<long double>(act.derivative(last));
    low += last < T(-5) ? 1 : 0;
    high += last > T(5) ? 1 : 0;
    least = (std::min)(least, last);
    most = (std::max)(most, last);
    std::span<T const> const part(z.data(), n);
    satur::saturation const record = satur::observe(act, part);
    CHECK(record.count == n);
    CHECK(record.low == low);
    CHECK(record.high == high);
    CHECK(record.z.count == n);
    CHECK(record.min_z() == static_cast<double>(least));
    CHECK(record.max_z() == static_cast<double>(most));
    CHECK(std::fabs(record.mean_z() - static_cast<double>(sum) / static_cast<double>(n)) < 1e-14);
    double const mean_slope = static_cast<double>(slopes) / static_cast<double>(n);
    CHECK(std::fabs(record.mean_derivative() - mean_slope) < (sizeof(T) == 4 ? 1e-7 : 1e-15));
    CHECK(satur::mean_derivative(act, part) == record.mean_derivative());
    CHECK(satur::saturated_fraction(part) == record.fraction());
    // in two parts: the counts exactly, the sums to the last bits
    satur::saturation const joined = satur::observe(act, part.first(n / 3)) + satur::observe(act, part.subspan(n / 3));
    CHECK(joined.count == record.count);
    CHECK(joined.low == record.low);
    CHECK(joined.high == record.high);
    CHECK(joined.min_z() == record.min_z());
    CHECK(std::fabs(joined.mean_derivative() - record.mean_derivative()) < 1e-15);
    CHECK(std::fabs(joined.variance_z() - record.variance_z()) < 1e-12);
  }
}

template <class F> void at_each_level(F const& check) {
  for (auto const level : {satur::simd_level::baseline, satur::simd_level::avx2, satur::simd_level::avx512}) {
    if (level <= satur::math::best_level()) {
      CAPTURE(satur::math::to_text(level));
      satur::scoped_level const here(level);
      check();
    }
  }
}

} // namespace

TEST_CASE("every length: y and dy have the bits of a long array, in place too, and nothing outside is written") {
  at_each_level(check_every_length<float>);
  at_each_level(check_every_length<double>);
}

TEST_CASE("every length: each number is in the record once") {
  at_each_level(check_every_record<float>);
  at_each_level(check_every_record<double>);
}
