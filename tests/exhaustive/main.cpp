// Value and slope of every activation at every float and every level of this processor; and at random doubles against
// MPFR. Prints the Markdown table of docs/accuracy.md (tests/exhaustive/document.sh). Fails beyond the contract
// (test::allowed_ulp), at a false zero, if AVX2 and AVX-512 differ, and if a finite z raises FE_OVERFLOW or
// FE_INVALID.
//   satur_exhaustive [stride [doubles [activation…]]]
// stride 1 tries all 2^32 floats; doubles is the number of random bit patterns, and of further numbers near the kinks.
// Without a name, every activation.
//   satur_exhaustive crossings
// Where a slope crosses zero: every float and double within 2^12 of it (tests/support/crossings.hpp); nothing fails.
//   satur_exhaustive usual [stride]
// The formulas in use (usual.hpp), in float, against the same truth; nothing fails.
#include "exhaustive/usual.hpp"
#include "support/activations.hpp"
#include "support/contract.hpp"
#include "support/crossings.hpp"
#include "support/mpfr.hpp"
#include "support/reference.hpp"
#include "support/ulp.hpp"

#include "satur/diagnostic.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cfenv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using satur::math::simd_level;

constexpr std::size_t chunk = 1 << 11; // larger buffers would be returned to the system and requested again each time
constexpr int first_level = static_cast<int>(satur::math::compiled_level);

struct worst {
  double ulp = 0.0;
  double at = 0.0;
  std::uint64_t tried = 0;
  std::uint64_t above_one = 0;
  std::uint64_t false_zeros = 0;

  void add(double error, bool false_zero, double z) {
    ++tried;
    above_one += error > 1.0;
    false_zeros += false_zero;
    if (error > ulp) {
      ulp = error;
      at = z;
    }
  }
  /// Only a result worse than the worst one so far is recorded.
  static worst to_beat(worst const& so_far) {
    worst w;
    w.ulp = so_far.ulp;
    w.at = so_far.at;
    return w;
  }
  /// Quick exit: once an error of 1/2 ulp was seen, a correctly rounded result cannot be the worst. Most results are.
  template <class T, class Wide, class Error> void look(T got, Wide exact, T z, Error const& error) {
    T const rounded = static_cast<T>(exact);
    if (got == rounded && ulp >= 0.5) {
      ++tried;
    } else {
      add(error(), got == T(0) && rounded != T(0), static_cast<double>(z));
    }
  }
  worst& operator+=(worst const& o) {
    if (o.ulp > ulp) {
      ulp = o.ulp;
      at = o.at;
    }
    tried += o.tried;
    above_one += o.above_one;
    false_zeros += o.false_zeros;
    return *this;
  }
};

struct result {
  worst value[3]; // by level
  worst slope[3];
  std::uint64_t wide_differ = 0; // AVX2 against AVX-512
  std::uint64_t flags = 0;       // chunks of finite z that raised a flag

  result& operator+=(result const& o) {
    for (int l = 0; l < 3; ++l) {
      value[l] += o.value[l];
      slope[l] += o.slope[l];
    }
    wide_differ += o.wide_differ;
    flags += o.flags;
    return *this;
  }
};

double error_of(float got, double exact) { return test::ulp_error_of_float(got, exact); }
double error_of(double got, long double exact) { return test::ulp_error(got, exact); }

/// One chunk at every level against one truth.
template <class T, class A, class Truth> void try_all(A const& act, std::vector<T> const& z, Truth truth, result& r) {
  using wide = decltype(truth(z[0]).value);
  std::vector<test::truth<wide>> exact(z.size());
  bool finite = true;
  bool in_range = true; // e^z may overflow where the truth does
  for (std::size_t i = 0; i < z.size(); ++i) {
    exact[i] = truth(z[i]);
    finite = finite && std::isfinite(z[i]);
    in_range =
        in_range && std::isfinite(static_cast<T>(exact[i].value)) && std::isfinite(static_cast<T>(exact[i].slope));
  }
  int const forbidden = in_range ? FE_OVERFLOW | FE_INVALID : FE_INVALID;
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  std::vector<T> before;
  worst last_value;
  worst last_slope;
  for (int l = first_level; l <= static_cast<int>(satur::math::best_level()); ++l) {
    auto const level = static_cast<simd_level>(l);
    worst value = worst::to_beat(r.value[l]);
    worst slope = worst::to_beat(r.slope[l]);
    std::feclearexcept(FE_ALL_EXCEPT);
    // The level is an argument: use_level is a setting for all threads, but these threads run different levels.
    satur::detail::mapping_pass<T, A, satur::detail::wanted::value> values{act, z.data(), y.data(), y.data(), z.size()};
    satur::math::run<T>(values, level);
    satur::detail::mapping_pass<T, A, satur::detail::wanted::slope> slopes{act, z.data(), dy.data(), dy.data(),
                                                                           z.size()};
    satur::math::run<T>(slopes, level);
    r.flags += finite && std::fetestexcept(forbidden) != 0;
    std::vector<T> both = y;
    both.insert(both.end(), dy.begin(), dy.end());
    if (level == simd_level::avx512 && !before.empty()) {
      for (std::size_t i = 0; i < both.size(); ++i) {
        r.wide_differ += std::memcmp(&both[i], &before[i], sizeof(T)) != 0 && !std::isnan(both[i]);
      }
      if (std::memcmp(both.data(), before.data(), both.size() * sizeof(T)) == 0) { // then its errors are AVX2's
        value = last_value;
        slope = last_slope;
      }
    }
    if (value.tried == 0) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        value.look(y[i], exact[i].value, z[i], [&] { return error_of(y[i], exact[i].value); });
        slope.look(dy[i], exact[i].slope, z[i], [&] {
          double const error = error_of(dy[i], exact[i].slope);
          return error <= 1.0 ? error
                              : test::slope_error(act, static_cast<double>(z[i]), error, dy[i],
                                                  static_cast<long double>(exact[i].slope));
        });
      }
    }
    r.value[l] += value;
    r.slope[l] += slope;
    last_value = value;
    last_slope = slope;
    before = level == simd_level::avx2 ? both : std::vector<T>{};
  }
}

/// work(k, result) for k below `chunks`, on all cores.
template <class Result, class Work> Result on_all_cores(std::uint64_t chunks, Work const& work) {
  std::vector<Result> parts(std::max(1u, std::thread::hardware_concurrency()));
  std::atomic<std::uint64_t> next{0};
  std::vector<std::thread> pool;
  for (Result& part : parts) {
    pool.emplace_back([&] {
      for (std::uint64_t k = 0; (k = next.fetch_add(1)) < chunks;) {
        work(k, part);
      }
    });
  }
  for (std::thread& t : pool) {
    t.join();
  }
  Result sum;
  for (Result const& part : parts) {
    sum += part;
  }
  return sum;
}

template <class A> result all_floats(A const& act, std::uint64_t stride) {
  std::uint64_t const count = ((std::uint64_t{1} << 32) - 1) / stride + 1;
  return on_all_cores<result>((count + chunk - 1) / chunk, [&](std::uint64_t k, result& r) {
    std::vector<float> z;
    for (std::uint64_t i = k * chunk; i < (k + 1) * chunk && i < count; ++i) {
      z.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(i * stride)));
    }
    A const held = test::as_held<float>(act);
    try_all(
        act, z, [&](float at) { return test::exact(held, static_cast<double>(at)); }, r);
  });
}

template <class A> result random_doubles(A const& act, std::uint64_t count) {
  return on_all_cores<result>(2 * ((count + chunk - 1) / chunk), [&](std::uint64_t k, result& r) {
    test::random_doubles source{0x5a7u + k};
    std::vector<double> z(chunk);
    for (double& e : z) {
      e = k % 2 == 0 ? source.pattern() : source.where_functions_bend();
    }
    try_all(
        act, z, [&](double at) { return test::mpfr_exact(act, at); }, r);
  });
}

/// The worst errors of a usual formula over all floats, for value and slope.
struct usual_result {
  worst value;
  worst slope;
  std::uint64_t nan = 0; // where the truth is a number
  usual_result& operator+=(usual_result const& o) {
    value += o.value;
    slope += o.slope;
    nan += o.nan;
    return *this;
  }
};

template <class Usual> usual_result usual_floats(Usual const& f, std::uint64_t stride) {
  std::uint64_t const count = ((std::uint64_t{1} << 32) - 1) / stride + 1;
  return on_all_cores<usual_result>((count + chunk - 1) / chunk, [&](std::uint64_t k, usual_result& r) {
    for (std::uint64_t i = k * chunk; i < (k + 1) * chunk && i < count; ++i) {
      float const z = std::bit_cast<float>(static_cast<std::uint32_t>(i * stride));
      double const at = static_cast<double>(z);
      auto const exact = test::exact(f.activation, at);
      auto const look = [&](float got, double truth, double error, worst& w) {
        if (std::isnan(got) && !std::isnan(truth)) {
          ++r.nan;
        } else {
          w.add(error, test::false_zero(got, static_cast<long double>(truth)), at);
        }
      };
      float const y = f.value(z);
      float const d = f.slope(z);
      double const error = error_of(d, exact.slope);
      look(y, exact.value, error_of(y, exact.value), r.value);
      look(d, exact.slope,
           error <= 1.0 ? error : test::slope_error(f.activation, at, error, d, static_cast<long double>(exact.slope)),
           r.slope);
    }
  });
}

void print_usual(std::uint64_t stride) {
  std::printf(
      "| activation | value as | worst ulp | at z | false zeros | slope as | worst ulp | at z | false zeros | NaN |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  std::apply(
      [&](auto const&... formulas) {
        (
            [&](auto const& f) {
              usual_result const r = usual_floats(f, stride);
              auto const share = [](std::uint64_t n, worst const& w) {
                return 100.0 * static_cast<double>(n) / static_cast<double>(w.tried);
              };
              std::printf("| `%s` | `%s` | %.3g | %.4g | %.2f %% | `%s` | %.3g | %.4g | %.2f %% | %llu |\n",
                          std::string(f.activation.name).c_str(), f.value_text, r.value.ulp, r.value.at,
                          share(r.value.false_zeros, r.value), f.slope_text, r.slope.ulp, r.slope.at,
                          share(r.slope.false_zeros, r.slope), static_cast<unsigned long long>(r.nan));
              std::fflush(stdout);
            }(formulas),
            ...);
      },
      usual::all{});
}

template <class T, class A> void print_crossing(char const* type, A const& act) {
  std::vector<T> const z = test::beside_crossing<T>(act, 1 << 12);
  std::vector<long double> const exact = test::exact_slopes(act, z);
  test::crossing_error worst;
  for (int l = first_level; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<simd_level>(l));
    test::crossing_error const e = test::errors_beside_crossing(act, z, exact);
    worst.of_peak = std::max(worst.of_peak, e.of_peak);
    worst.own = std::max(worst.own, e.own);
    worst.wrong_signs += e.wrong_signs;
  }
  std::string parameter;
  if constexpr (requires { act.beta; }) {
    parameter = "{" + satur::text::number(act.beta) + "}";
  }
  std::printf("| %s | `%s%s` | %.17g | %.4f | %.2g | %d |\n", type, std::string(A::name).c_str(), parameter.c_str(),
              act.minimum_at(), worst.of_peak, worst.own, worst.wrong_signs);
}

void print_crossings() {
  std::printf("| type | activation | zero of the slope | worst, in ulp of the peak slope | worst, in ulp of the slope "
              "itself | wrong signs |\n|---|---|---|---|---|---|\n");
  test::for_each_crossing([](auto const& act) { print_crossing<float>("float", act); });
  test::for_each_crossing([](auto const& act) { print_crossing<double>("double", act); });
}

bool all_right = true;

template <class T, class A> void print(char const* type, A const& act, result const& r) {
  char const* const names[] = {"baseline", "AVX2", "AVX-512"};
  bool const wide_agree = r.wide_differ == 0 && first_level <= 1 && satur::math::best_level() == simd_level::avx512;
  for (int l = first_level; l <= static_cast<int>(satur::math::best_level()); ++l) {
    if (wide_agree && l == 2) {
      break; // AVX-512 has the bits of AVX2
    }
    auto const share = [&](worst const& w) {
      return 100.0 * static_cast<double>(w.above_one) / static_cast<double>(w.tried);
    };
    worst const& v = r.value[l];
    worst const& s = r.slope[l];
    std::printf("| %s | `%s` | %s | %.3f | %a | %.4f %% | %.3f | %a | %.4f %% | %llu |\n", type,
                std::string(A::name).c_str(), wide_agree && l == 1 ? "AVX2, AVX-512" : names[l], v.ulp, v.at, share(v),
                s.ulp, s.at, share(s), static_cast<unsigned long long>(v.false_zeros + s.false_zeros));
    all_right = all_right && v.ulp <= test::allowed_ulp<T>(act) && s.ulp <= test::allowed_ulp<T>(act) &&
                v.false_zeros + s.false_zeros == 0;
  }
  if (r.wide_differ != 0 || r.flags != 0) {
    std::printf("%s: AVX2 and AVX-512 differ %llu times, %llu chunks raised FE_OVERFLOW or FE_INVALID\n",
                std::string(A::name).c_str(), static_cast<unsigned long long>(r.wide_differ),
                static_cast<unsigned long long>(r.flags));
    all_right = false;
  }
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "crossings") {
    print_crossings();
    return 0;
  }
  if (argc > 1 && std::string(argv[1]) == "usual") {
    std::uint64_t const every = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    if (every == 0) {
      std::fprintf(stderr, "satur_exhaustive: the stride is a whole number >= 1\n");
      return 2;
    }
    print_usual(every);
    return 0;
  }
  std::uint64_t const stride = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  std::uint64_t const doubles = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  if (stride == 0 || doubles == 0) {
    std::fprintf(stderr, "satur_exhaustive: stride and doubles are whole numbers >= 1\n");
    return 2;
  }
  std::vector<std::string> const names(argv + std::min(argc, 3), argv + argc);
  std::size_t known = 0;
  test::for_each_activation(
      [&](auto const& act) { known += static_cast<std::size_t>(std::count(names.begin(), names.end(), act.name)); });
  if (known != names.size()) {
    std::fprintf(stderr, "satur_exhaustive: a name is no activation; satur/activation.hpp lists them\n");
    return 2;
  }
  auto const for_each_wanted = [&](auto const& work) {
    test::for_each_activation([&](auto const& act) {
      if (names.empty() || std::count(names.begin(), names.end(), act.name) != 0) {
        work(act);
      }
    });
  };
  std::printf(
      "| type | activation | level | value: worst ulp | at z | above 1 ulp | slope: worst ulp | at z | above 1 ulp | "
      "false zeros |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for_each_wanted([&](auto const& act) { print<float>("float", act, all_floats(act, stride)); });
  for_each_wanted([&](auto const& act) { print<double>("double", act, random_doubles(act, doubles)); });
  std::printf("\n%s\n", all_right
                            ? "Within the contract, no false zero; AVX2 and AVX-512 give the same bits; no finite z "
                              "raises FE_OVERFLOW or FE_INVALID."
                            : "BEYOND THE CONTRACT.");
  return all_right ? 0 : 1;
}
