// Lanes, register pairs and pairs of pairs give the scalar result for each element: every operation, comparison and
// selection, at every level.
// levels: all
#include "satur/math/arithmetic.hpp"
#include "satur/simd/register_pair.hpp"

#include "support/elementwise.hpp"

#include <array>

namespace {

namespace math = satur::math;

constexpr std::size_t most_operations = 48;
template <class V, class T> SATUR_INLINE void put(V const& r, T* to, std::size_t stride, std::size_t& k) {
  math::store(to + stride * k++, r);
}

/// Every operation on a, b, c: the k-th result goes to out + k * stride. From `first_free` on, operations may round
/// once or twice.
template <class V, class T>
SATUR_INLINE std::size_t every_operation(V const& a, V const& b, V const& c, T* out, std::size_t stride,
                                         std::size_t& first_free) {
  using math::select;
  std::size_t k = 0;
  auto const bits_of_a = math::bits(a);
  auto const bits_of_b = math::bits(b);
  using I = std::remove_const_t<decltype(bits_of_a)>;
  put(V(a + b), out, stride, k);
  put(V(a - b), out, stride, k);
  put(V(a * b), out, stride, k);
  put(V(a / b), out, stride, k);
  put(V(-a), out, stride, k);
  put(V(+a), out, stride, k);
  V sum = a;
  sum += b;
  put(sum, out, stride, k);
  sum -= c;
  put(sum, out, stride, k);
  sum *= b;
  put(sum, out, stride, k);
  sum /= c;
  put(sum, out, stride, k);
  put(V(a + T(3)), out, stride, k);
  put(V(T(3) - a), out, stride, k);
  put(select(a < b, a, c), out, stride, k);
  put(select(a <= b, a, c), out, stride, k);
  put(select(a > b, a, c), out, stride, k);
  put(select(a >= b, a, c), out, stride, k);
  put(select(a == b, a, c), out, stride, k);
  put(select(a != b, a, c), out, stride, k);
  put(select(a < b && b < c, a, c), out, stride, k);
  put(select(a < b || b < c, a, c), out, stride, k);
  put(select(!(a < b), a, c), out, stride, k);
  put(select(a < b, a, T(4)), out, stride, k);
  put(select(a < b, T(4), c), out, stride, k);
  put(select((a < b) & (a < c), a, c), out, stride, k);
  put(select((a < b) | (a < c), a, c), out, stride, k);
  put(math::from_bits<T>(select(bits_of_a < bits_of_b, bits_of_a, bits_of_b)), out, stride, k);
  put(math::from_bits<T>(select(bits_of_a == bits_of_b, bits_of_a, I(3))), out, stride, k);
  put(math::maximum(a, b), out, stride, k);
  put(math::minimum(a, b), out, stride, k);
  put(math::negative_magnitude(a), out, stride, k);
  put(math::rounded(a), out, stride, k);
  put(math::from_bits<T>(I(bits_of_a & bits_of_b)), out, stride, k);
  put(math::from_bits<T>(I(bits_of_a | bits_of_b)), out, stride, k);
  put(math::from_bits<T>(I(bits_of_a ^ bits_of_b)), out, stride, k);
  put(math::from_bits<T>(I(bits_of_a >> 3)), out, stride, k);
  put(math::from_bits<T>(I((bits_of_a & I(0xffff)) << 5)), out, stride, k);
  put(math::from_bits<T>(I((bits_of_a & I(0xffff)) + I(7))), out, stride, k);
  put(math::from_bits<T>(I((bits_of_a & I(0xffff)) - (bits_of_b & I(0xffff)))), out, stride, k);
  math::split<V> const s = math::exact_sum(a, b);
  put(s.value, out, stride, k);
  put(s.rest, out, stride, k);
  first_free = k;
  put(math::madd(a, b, c), out, stride, k);
  put(math::fma(a, b, c), out, stride, k);
  math::split<V> const p = math::exact_product(a, b);
  put(p.value, out, stride, k);
  put(p.rest, out, stride, k);
  return k;
}

template <class T> struct operands {
  std::vector<T> a, b, c;
};

/// Ordinary numbers, and every pair of special ones. The count is a multiple of 128.
template <class T> operands<T> numbers() {
  operands<T> o;
  using limits = std::numeric_limits<T>;
  std::array<T, 12> const special = {T(0),
                                     T(-0.0),
                                     T(1),
                                     T(-1),
                                     limits::min(),
                                     limits::denorm_min(),
                                     limits::max(),
                                     -limits::max(),
                                     limits::infinity(),
                                     -limits::infinity(),
                                     limits::quiet_NaN(),
                                     T(0.1)};
  for (T const a : special) {
    for (T const b : special) {
      o.a.push_back(a);
      o.b.push_back(b);
      o.c.push_back(special[o.a.size() % special.size()]);
    }
  }
  std::uint64_t s = 5;
  auto const next = [&s] {
    s = s * 6364136223846793005u + 1442695040888963407u;
    return static_cast<T>(static_cast<double>(s >> 11) * 0x1p-53 * 20.0 - 10.0);
  };
  while (o.a.size() % 128 != 0 || o.a.size() < 1024) {
    o.a.push_back(next());
    o.b.push_back(next());
    o.c.push_back(next());
  }
  return o;
}

/// Results, one row for each operation.
template <class T> struct results {
  std::size_t n;
  std::size_t operations = 0;
  std::size_t first_free = 0;
  std::vector<T> at = std::vector<T>(most_operations * n);
};

enum class grouping { single, twin, twin_of_twins };

template <class T, grouping G> struct operations_kernel {
  operands<T> const& o;
  results<T>& r;
  template <class L> SATUR_INLINE void run() {
    using V = std::conditional_t<G == grouping::single, L,
                                 std::conditional_t<G == grouping::twin, math::twin<L>, math::twin<math::twin<L>>>>;
    constexpr auto width = static_cast<std::size_t>(math::lane_count<V>);
    for (std::size_t i = 0; i < r.n; i += width) {
      r.operations = every_operation<V, T>(math::load_group<V>(o.a.data() + i), math::load_group<V>(o.b.data() + i),
                                           math::load_group<V>(o.c.data() + i), r.at.data() + i, r.n, r.first_free);
    }
  }
};
template <grouping G, class T> results<T> compute(operands<T> const& o, test::simd_level level) {
  results<T> r{o.a.size()};
  operations_kernel<T, G> kernel{o, r};
  math::run<T>(kernel, level);
  return r;
}
template <class T> results<T> one_at_a_time(operands<T> const& o) {
  results<T> r{o.a.size()};
  for (std::size_t i = 0; i < r.n; ++i) {
    r.operations = every_operation<T, T>(o.a[i], o.b[i], o.c[i], r.at.data() + i, r.n, r.first_free);
  }
  return r;
}

/// The first operation, up to `last`, in which x and y differ; `last` if none does.
template <class T> std::size_t first_difference(results<T> const& x, results<T> const& y, std::size_t last) {
  REQUIRE(x.operations == y.operations);
  for (std::size_t k = 0; k < last; ++k) {
    for (std::size_t i = 0; i < x.n; ++i) {
      if (!test::identical(x.at[k * x.n + i], y.at[k * x.n + i])) {
        INFO("element ", i, ": ", x.at[k * x.n + i], " and ", y.at[k * x.n + i]);
        CHECK(k == last);
        return k;
      }
    }
  }
  return last;
}

} // namespace

TEST_CASE_TEMPLATE("lanes: same results as scalars", T, float, double) {
  operands<T> const o = numbers<T>();
  results<T> const scalar = one_at_a_time(o);
  REQUIRE(scalar.operations <= most_operations);
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    results<T> const r = compute<grouping::single>(o, level);
    // operations that may round once or twice have the same bits only at the scalar's instruction set
    std::size_t const compared = level == math::compiled_level ? r.operations : r.first_free;
    CHECK(first_difference(scalar, r, compared) == compared);
  }
}

TEST_CASE_TEMPLATE("register pairs: the bits of their lanes, nested too", T, float, double) {
  operands<T> const o = numbers<T>();
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    results<T> const r = compute<grouping::single>(o, level);
    CHECK(first_difference(compute<grouping::twin>(o, level), r, r.operations) == r.operations);
    CHECK(first_difference(compute<grouping::twin_of_twins>(o, level), r, r.operations) == r.operations);
  }
}

TEST_CASE_TEMPLATE("minimum and maximum: the second operand is taken for NaN and equal zeros", T, float, double) {
  T const nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(math::maximum(nan, T(1)) == T(1));
  CHECK(std::isnan(math::maximum(T(1), nan)));
  CHECK(math::minimum(nan, T(1)) == T(1));
  CHECK(std::isnan(math::minimum(T(1), nan)));
  CHECK(std::signbit(math::maximum(T(0), T(-0.0))));
  CHECK_FALSE(std::signbit(math::minimum(T(-0.0), T(0))));
  CHECK(math::maximum(T(2), T(1)) == T(2));
  CHECK(math::minimum(T(2), T(1)) == T(1));
}

namespace {
template <class T> struct memory_kernel { // loads and stores at every alignment; neighbors are unchanged
  std::size_t wrong = 0;
  template <class L> SATUR_INLINE void run() {
    constexpr auto width = static_cast<std::size_t>(math::lane_count<L>);
    T from[4 * width];
    T to[4 * width];
    for (std::size_t i = 0; i < 4 * width; ++i) {
      from[i] = static_cast<T>(i);
    }
    for (std::size_t at = 0; at <= 2 * width; ++at) {
      for (T& e : to) {
        e = T(-1);
      }
      math::store(to + at, math::load_group<math::twin<L>>(from + at));
      for (std::size_t i = 0; i < 4 * width; ++i) {
        wrong += to[i] != (i >= at && i < at + 2 * width ? static_cast<T>(i) : T(-1));
      }
      L const one = math::load<L>(from + at);
      math::store(to, one);
      if constexpr (math::is_lanes_v<L>) {
        wrong += one[0] != static_cast<T>(at) || one[math::lane_count<L> - 1] != static_cast<T>(at + width - 1);
      }
      wrong += to[0] != static_cast<T>(at) || to[width - 1] != static_cast<T>(at + width - 1);
    }
  }
};
} // namespace

TEST_CASE_TEMPLATE("loads and stores: any address, no access outside the lanes", T, float, double) {
  for (test::simd_level const level : test::levels()) {
    memory_kernel<T> kernel;
    math::run<T>(kernel, level);
    CHECK(kernel.wrong == 0);
  }
}

#if SATUR_HAS_LANES
namespace {
struct widening_kernel {
  std::vector<float> const& z;
  std::size_t wrong = 0;
  template <class L> SATUR_INLINE void run() {
    constexpr auto width = static_cast<std::size_t>(math::lane_count<L>);
    double wide[width];
    double loaded[width / 2]; // the upper half
    float back[width];
    for (std::size_t i = 0; i + width <= z.size(); i += width) {
      L const x = math::load<L>(z.data() + i);
      auto const low = math::detail::widen_low(x);
      auto const high = math::detail::widen_high(x);
      math::store(wide, low);
      math::store(wide + width / 2, high);
      using D = std::remove_const_t<decltype(low)>;
      math::store(loaded, math::detail::load_widened<math::lane_count<D>>(z.data() + i + width / 2));
      math::store(back, math::detail::narrow(low * D(1.0000001), high * D(1.0000001)));
      for (std::size_t k = 0; k < width; ++k) {
        wrong += !test::identical(wide[k], static_cast<double>(z[i + k]));
        wrong += k >= width / 2 && !test::identical(loaded[k - width / 2], wide[k]);
        wrong += !test::identical(back[k], static_cast<float>(static_cast<double>(z[i + k]) * 1.0000001));
      }
    }
  }
};

template <class T> struct fused_kernel {
  operands<T> const& o;
  std::size_t wrong = 0;
  template <class L> SATUR_INLINE void run() {
    constexpr auto width = static_cast<std::size_t>(math::lane_count<L>);
    T r[width];
    for (std::size_t i = 0; i < o.a.size(); i += width) {
      L const a = math::load<L>(o.a.data() + i);
      L const b = math::load<L>(o.b.data() + i);
      L const c = math::load<L>(o.c.data() + i);
      math::store(static_cast<T*>(r), math::fused(a, b, c));
      for (std::size_t k = 0; k < width; ++k) {
        wrong += !test::identical(r[k], std::fma(o.a[i + k], o.b[i + k], o.c[i + k]));
      }
    }
  }
};

template <class T> struct mask_kernel {
  std::size_t wrong = 0;
  template <class L> SATUR_INLINE void run() {
    constexpr auto width = static_cast<std::size_t>(math::lane_count<L>);
    T a[width];
    for (std::size_t i = 0; i < width; ++i) {
      a[i] = i % 3 == 0 ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(i);
    }
    L const x = math::load<L>(a);
    auto const below = x < L(T(2));
    auto const as_number = math::as_integer(below);
    auto const as_bits = math::bits(x) < math::bits(L(T(2)));
    T chosen[width];
    math::store(chosen, select(math::mask_cast<T>(as_bits), L(T(1)), L(T(0))));
    T plain[width];
    math::store(plain, math::select(below, T(1), L(T(0))));
    T other[width];
    math::store(other, math::select(below, L(T(1)), T(0)));
    for (std::size_t i = 0; i < width; ++i) {
      bool const expected = a[i] < T(2);
      wrong += as_number[static_cast<int>(i)] != (expected ? -1 : 0);
      wrong += chosen[i] != (math::bits(a[i]) < math::bits(T(2)) ? T(1) : T(0));
      wrong += plain[i] != (expected ? T(1) : T(0));
      wrong += other[i] != plain[i];
    }
  }
};
} // namespace

TEST_CASE("lanes: float widens to double in order and rounds back once") {
  std::vector<float> const z = numbers<float>().a;
  for (test::simd_level const level : test::levels()) {
    widening_kernel kernel{z};
    math::run<float>(kernel, level);
    CHECK(kernel.wrong == 0);
  }
}

TEST_CASE_TEMPLATE("fused: one rounding at every level, with and without an instruction for it", T, float, double) {
  operands<T> const o = numbers<T>();
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    fused_kernel<T> kernel{o};
    math::run<T>(kernel, level);
    CHECK(kernel.wrong == 0);
  }
  CHECK(math::fused(T(3), T(5), T(7)) == T(22));
}

TEST_CASE_TEMPLATE("masks: of floating-point lanes, of integers, as integers", T, float, double) {
  for (test::simd_level const level : test::levels()) {
    mask_kernel<T> kernel;
    math::run<T>(kernel, level);
    CHECK(kernel.wrong == 0);
  }
}
#endif
