// Every float there is, through every activation and its slope, at every level of this processor; and random doubles
// against MPFR. Prints a table in Markdown (docs/accuracy.md is made of it). Fails beyond 2 ulp or at a false zero.
//   satur_exhaustive [stride] [doubles] [best]
// stride 1 tries all 2^32 floats; doubles is the number of random patterns; best leaves the weaker levels out.
#include "support/activations.hpp"
#include "support/mpfr.hpp"
#include "support/reference.hpp"
#include "support/ulp.hpp"

#include "satur/diagnostic.hpp"

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using satur::math::simd_level;

struct worst {
  double ulp = 0.0;
  double at = 0.0;
  std::uint64_t above_one = 0;
  std::uint64_t tried = 0;
  std::uint64_t false_zeros = 0;

  template <class T> void add(T got, long double exact, T z) {
    double const error = test::ulp_error(got, exact);
    ++tried;
    above_one += error > 1.0;
    false_zeros += test::false_zero(got, exact);
    if (error > ulp) {
      ulp = error;
      at = static_cast<double>(z);
    }
  }
  worst& operator+=(worst const& o) {
    if (o.ulp > ulp) {
      ulp = o.ulp;
      at = o.at;
    }
    above_one += o.above_one;
    tried += o.tried;
    false_zeros += o.false_zeros;
    return *this;
  }
};

struct result {
  worst value;
  worst slope;
};

/// f(z[i], value, slope) for every i: the array pass at the given level.
template <class T, class A, class F> void run(A const& act, std::vector<T> const& z, simd_level level, F f) {
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  satur::forward(act, z, y, dy, satur::z_beyond{}, level);
  for (std::size_t i = 0; i < z.size(); ++i) {
    f(z[i], y[i], dy[i]);
  }
}

template <class A> result all_floats(A const& act, simd_level level, std::uint64_t stride) {
  constexpr std::uint64_t chunk = 1 << 16;
  unsigned const threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<result> parts(threads);
  std::atomic<std::uint64_t> next{0};
  auto const work = [&](result& mine) {
    std::vector<float> z;
    for (std::uint64_t from = 0; (from = next.fetch_add(chunk)) * stride < (std::uint64_t{1} << 32);) {
      z.clear();
      for (std::uint64_t k = from; k < from + chunk && k * stride < (std::uint64_t{1} << 32); ++k) {
        z.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(k * stride)));
      }
      run(act, z, level, [&](float at, float y, float dy) {
        auto const truth = test::exact(test::as_held<float>(act), static_cast<double>(at));
        mine.value.add(y, static_cast<long double>(truth.value), at);
        mine.slope.add(dy, static_cast<long double>(truth.slope), at);
      });
    }
  };
  std::vector<std::thread> pool;
  for (result& part : parts) {
    pool.emplace_back([&work, &part] { work(part); });
  }
  for (std::thread& t : pool) {
    t.join();
  }
  result sum;
  for (result const& part : parts) {
    sum.value += part.value;
    sum.slope += part.slope;
  }
  return sum;
}

template <class A> result random_doubles(A const& act, simd_level level, std::uint64_t count) {
  result r;
  std::uint64_t state = 0x5a7u;
  std::vector<double> z;
  for (std::uint64_t left = count; left != 0;) {
    std::uint64_t const n = std::min<std::uint64_t>(left, 1 << 16);
    z.clear();
    for (std::uint64_t i = 0; i < n; ++i) {
      z.push_back(test::random_pattern(state, i));
    }
    run(act, z, level, [&](double at, double y, double dy) {
      test::truth<long double> const truth = test::mpfr_exact(act, at);
      r.value.add(y, truth.value, at);
      r.slope.add(dy, truth.slope, at);
    });
    left -= n;
  }
  return r;
}

bool all_right = true;

void row(char const* type, std::string_view name, char const* level, result const& r) {
  auto const share = [](worst const& w) {
    return 100.0 * static_cast<double>(w.above_one) / static_cast<double>(w.tried);
  };
  std::printf("| %s | `%.*s` | %s | %.3f | %a | %.4f %% | %.3f | %a | %.4f %% | %llu |\n", type,
              static_cast<int>(name.size()), name.data(), level, r.value.ulp, r.value.at, share(r.value), r.slope.ulp,
              r.slope.at, share(r.slope), static_cast<unsigned long long>(r.value.false_zeros + r.slope.false_zeros));
  std::fflush(stdout);
  all_right = all_right && r.value.ulp <= 2.0 && r.slope.ulp <= 2.0 && r.value.false_zeros + r.slope.false_zeros == 0;
}

} // namespace

int main(int argc, char** argv) {
  std::uint64_t const stride = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  std::uint64_t const doubles = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  if (stride == 0 || doubles == 0) {
    std::fprintf(stderr, "satur_exhaustive: stride and doubles are whole numbers >= 1\n");
    return 2;
  }
  int const first = argc > 3 && std::string(argv[3]) == "best" ? static_cast<int>(satur::math::best_level())
                                                               : static_cast<int>(satur::math::compiled_level);
  std::printf(
      "| type | activation | level | value: worst ulp | at z | above 1 ulp | slope: worst ulp | at z | above 1 ulp | "
      "false zeros |\n|---|---|---|---|---|---|---|---|---|---|\n");
  char const* const names[] = {"baseline", "AVX2", "AVX-512"};
  for (int l = first; l <= static_cast<int>(satur::math::best_level()); ++l) {
    auto const level = static_cast<simd_level>(l);
    test::for_each_activation(
        [&](auto const& act) { row("float", act.name, names[l], all_floats(act, level, stride)); });
  }
  for (int l = first; l <= static_cast<int>(satur::math::best_level()); ++l) {
    auto const level = static_cast<simd_level>(l);
    test::for_each_activation(
        [&](auto const& act) { row("double", act.name, names[l], random_doubles(act, level, doubles)); });
  }
  std::printf("\n%s\n", all_right ? "Within 2 ulp, no false zero." : "BEYOND THE CONTRACT.");
  return all_right ? 0 : 1;
}
