// The options of the check of a kernel: domain, seed, threads, progress, truths of the user; refusals; the text.
#include "support/refusal.hpp"

#include "satur/activation.hpp"
#include "satur/format.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace formats = satur::formats;
using satur::testing::check_backward_kernel;
using satur::testing::check_kernel;
using satur::testing::kernel_options;
using satur::testing::kernel_progress;
using satur::testing::kernel_report;
using satur::testing::kernel_segment;
using satur_test::refusal;

auto const ours = [](auto z, auto y) { satur::apply(satur::sigmoid{}, z, y); };
/// Wrong enough for failures, samples and causes.
auto const naive = [](std::span<float const> z, std::span<float> y) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    y[i] = 1.0f / (1.0f + std::exp(-z[i]));
  }
};

template <class Number> std::vector<double> tried(kernel_options const& o) {
  std::vector<double> all;
  kernel_report const r = check_kernel<Number>(
      satur::identity{},
      [&](auto z, auto y) {
        std::copy(z.begin(), z.end(), y.begin());
        all.insert(all.end(), z.begin(), z.end());
      },
      o);
  CHECK(r.passed());
  all.resize(static_cast<std::size_t>(r.inputs)); // what comes after are the checks of calls
  return all;
}

} // namespace

TEST_CASE("inputs: about as many as asked, every exponent, the ends, and the special ones") {
  std::vector<double> const z = tried<float>({.inputs = 10000});
  CHECK(z.size() > 10000);
  CHECK(z.size() < 16000);
  for (int e = -149; e < 128; ++e) {
    CHECK(std::count(z.begin(), z.end(), std::ldexp(1.0, e)) == 1);
    CHECK(std::count(z.begin(), z.end(), -std::ldexp(1.0, e)) == 1);
  }
  float const largest = std::numeric_limits<float>::max();
  for (double const at : {0.0, HUGE_VAL, -HUGE_VAL, static_cast<double>(largest), static_cast<double>(-largest)}) {
    CHECK(std::count(z.begin(), z.end(), at) == (at == 0.0 ? 2 : 1)); // -0 and 0
  }
  CHECK(std::count_if(z.begin(), z.end(), [](double x) { return x != x; }) == 4);
  CHECK(std::is_sorted(z.begin(), z.end() - 4));
  std::vector<double> const d = tried<double>({.inputs = 10000});
  for (int e = -1074; e < 1024; ++e) {
    CHECK(std::count(d.begin(), d.end(), std::ldexp(1.0, e)) == 1);
  }
  CHECK(std::is_sorted(d.begin(), d.end() - 4));
}

TEST_CASE("the domain is honored") {
  std::vector<double> const z = tried<float>({.inputs = 1000, .low = 0.1, .high = 2.0, .specials = false});
  CHECK(z.front() == static_cast<double>(0.1f)); // above 0.1
  CHECK(z.back() == 2.0);
  CHECK(z.size() > 1000);
  std::vector<double> const from_0 = tried<float>({.inputs = 1000, .low = 0.0, .specials = false});
  CHECK(std::signbit(from_0.front()));
  CHECK(from_0.back() == static_cast<double>(std::numeric_limits<float>::max()));
  std::vector<double> const d = tried<double>({.inputs = 1000, .low = -0.1, .high = 3.0, .specials = false});
  CHECK(d.front() == -0.1);
  CHECK(d.back() == 3.0);
  CHECK(d.size() > 1000);
  std::uint64_t outside = 0;
  kernel_report const r =
      check_kernel<std::uint16_t>(satur::identity{},
                                  [&](std::span<std::uint16_t const> code, std::span<std::uint16_t> y) {
                                    std::copy(code.begin(), code.end(), y.begin());
                                    for (std::uint16_t const c : code) {
                                      double const x = satur::decode(formats::float16, c);
                                      outside += !(x >= -1.0 && x <= 1.0);
                                    }
                                  },
                                  {.format = formats::float16, .low = -1.0, .high = 1.0, .specials = false});
  CHECK(r.passed());
  CHECK(outside == 0);
  CHECK(r.inputs == 2 * 15361); // -1 to -0 and 0 to 1
}

TEST_CASE("calls are no longer than asked, and their lengths are multiples") {
  std::size_t longest = 0;
  std::size_t odd = 0;
  std::atomic<std::size_t> elements{0};
  auto const k = [&](std::span<float const> z, std::span<float> y) {
    longest = std::max(longest, z.size());
    odd += z.size() % 8 != 0 || z.size() != y.size();
    elements += z.size();
    satur::apply(satur::sigmoid{}, z, y);
  };
  kernel_report const r =
      check_kernel<float>(satur::sigmoid{}, k, {.inputs = 5000, .longest_call = 100, .multiple_of = 8});
  CHECK(r.passed());
  CHECK(longest == 96);
  CHECK(odd == 0);
  CHECK(elements > r.inputs);
}

TEST_CASE("a seed gives the same report again, and another seed other inputs") {
  auto const wrong = [](std::span<double const> z, std::span<double> y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = 1.0 / (1.0 + std::exp(-z[i]));
    }
  };
  kernel_options o{.inputs = 2000};
  std::string const once = check_kernel<double>(satur::sigmoid{}, wrong, o).text();
  CHECK(check_kernel<double>(satur::sigmoid{}, wrong, o).text() == once);
  o.seed = 2;
  CHECK(check_kernel<double>(satur::sigmoid{}, wrong, o).text() != once);
  std::vector<double> const first = tried<double>({.inputs = 5000, .specials = false});
  std::vector<double> const second = tried<double>({.inputs = 5000, .seed = 2, .specials = false});
  std::vector<double> other;
  std::set_difference(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(other));
  CHECK(other.size() > 4900);
}

TEST_CASE("all floats of a domain: several threads give the report of one, and progress ends at 1") {
  kernel_options o{.all = true, .low = -93.0, .high = -88.0};
  std::uint64_t const numbers = 5u << 17; // steps of 2^-17
  std::vector<double> done;
  o.progress = [&](kernel_progress const& p) { done.push_back(p.done); };
  o.threads = 1;
  kernel_report const one = check_kernel<float>(satur::sigmoid{}, naive, o);
  CHECK(one.inputs == numbers + 1 + 2 * 0x7fffffu); // and every NaN
  CHECK_FALSE(done.empty());
  CHECK(std::is_sorted(done.begin(), done.end()));
  CHECK(done.back() == 1.0);
  CHECK(one.first_bad.value_or(0.0) == -93.0);
  o.threads = 3;
  std::atomic<int> calls{0};
  auto const late = [&](std::span<float const> z, std::span<float> y) {     // the first part ends after others
    for (++calls; z.size() > 1000 && z.front() == -93.0f && calls < 200;) { // some calls are of no numbers
      std::this_thread::yield();
    }
    naive(z, y);
  };
  kernel_report const three = check_kernel<float>(satur::sigmoid{}, late, o);
  CHECK(three.text() == one.text());
  CHECK_FALSE(one.passed());
  REQUIRE(three.segments.size() == one.segments.size());
  for (std::size_t i = 0; i < one.segments.size(); ++i) {
    CHECK(three.segments[i].mean_ulp == one.segments[i].mean_ulp); // to the last bit
    CHECK(three.segments[i].count == one.segments[i].count);
  }
}

TEST_CASE("all floats: parts join without a seam") {
  kernel_options const o{.ulp = 6.0, .all = true, .low = 1.0, .high = 1.125, .specials = false, .threads = 1};
  kernel_report const right = check_kernel<float>(
      satur::identity{}, [](auto z, auto y) { std::copy(z.begin(), z.end(), y.begin()); }, o);
  REQUIRE(right.segments.size() == 1);
  CHECK(right.inputs == (1u << 20) + 1);
  CHECK(right.segments[0].count == (1u << 20) + 1);
  CHECK(right.segments[0].within_half == 1.0);
  CHECK(right.segments[0].mean_ulp == 0.0);
  // a step back where a part of 2^18 floats ends
  auto const back = [](std::span<float const> z, std::span<float> y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = z[i] < 1.03125f ? z[i] : z[i] - 5.0f * 0x1p-23f;
    }
  };
  kernel_report const r = check_kernel<float>(satur::identity{}, back, o);
  CHECK(r.not_monotone == 1);
  CHECK(r.largest_step_back == 4.0);
}

TEST_CASE("what a kernel throws passes through, from every thread") {
  struct refused {};
  for (std::size_t const threads : {1u, 2u}) {
    std::atomic<int> calls{0};
    std::thread::id const main = std::this_thread::get_id();
    auto const k = [&](std::span<float const> z, std::span<float> y) {
      bool const here = std::this_thread::get_id() == main;
      if (threads == 1 ? ++calls > 100 : !here) {
        throw refused{};
      }
      satur::apply(satur::sigmoid{}, z, y);
    };
    kernel_options const o{.all = true, .low = 0.5, .high = 4.0, .specials = false, .threads = threads};
    CHECK_THROWS_AS(static_cast<void>(check_kernel<float>(satur::sigmoid{}, k, o)), refused);
  }
}

TEST_CASE("the truth may be the user's: callables, or an activation in double") {
  auto const snake = [](auto z) { return z + std::sin(z) * std::sin(z); };
  auto const slope = [](auto z) { return decltype(z)(1) + std::sin(decltype(z)(2) * z); };
  satur::testing::truth const exact("snake", snake, slope);
  kernel_options o{.inputs = 4000, .low = -100.0, .high = 100.0, .specials = false};
  auto const k = [&](auto z, auto y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = static_cast<typename decltype(y)::value_type>(snake(static_cast<long double>(z[i])));
    }
  };
  kernel_report const right = check_kernel<float>(exact, k, o);
  CHECK_MESSAGE(right.passed(), right.text());
  CHECK(right.name == "snake, value, float");
  CHECK(check_kernel<double>(exact, k, o).passed());
  auto const lost = [&](auto z, auto dy, auto dz) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = dy[i] * (1.0f + std::sin(z[i]));
    }
  };
  CHECK_FALSE(check_backward_kernel<float>(exact, lost, o).passed());

  struct in_double {
    double value(double z) const { return z / (1.0 + std::fabs(z)); }
    double derivative(double z) const { return 1.0 / (1.0 + std::fabs(z)) / (1.0 + std::fabs(z)); }
  };
  auto const softsign = [](auto z, auto y) { satur::apply(satur::softsign{}, z, y); };
  o.low = -1e30;
  kernel_report const single = check_kernel<float>(in_double{}, softsign, o);
  CHECK_MESSAGE(single.passed(), single.text());
  CHECK(single.skipped.empty());
  kernel_report const twice = check_kernel<double>(in_double{}, softsign, o);
  CHECK(twice.passed());
  CHECK(twice.inputs == 0);
  REQUIRE(twice.skipped.size() == 1);
  CHECK(twice.skipped.front().find("testing::truth(name, value, slope)") != std::string::npos);
}

TEST_CASE("where the truth itself is NaN nothing is compared, and the report says so") {
  auto const gate = [](auto z) { return z / (decltype(z)(1) + std::exp(-z)); }; // NaN at -infinity
  satur::testing::truth const exact("silu as written", gate, gate);
  kernel_report const r =
      check_kernel<float>(exact, [](auto z, auto y) { satur::apply(satur::silu{}, z, y); }, {.inputs = 4000});
  CHECK(r.unknown == 1);
  CHECK(r.text().find("not checked: 1 input at which the truth itself is NaN") != std::string::npos);
}

TEST_CASE("wrong options are refused in words") {
  double const nan = std::nan("");
  auto const with = [](kernel_options const& o) {
    return refusal([&] { static_cast<void>(check_kernel<float>(satur::sigmoid{}, ours, o)); });
  };
  std::string const begin = "satur::testing::check_kernel: ";
  CHECK(with({.ulp = 0.0}).starts_with(begin + "ulp is 0; allowed: a finite number > 0"));
  CHECK(with({.ulp = nan}).starts_with(begin + "ulp is nan"));
  CHECK(with({.low = 2.0, .high = 1.0}).starts_with(begin + "low is [2, 1] with high; allowed: low < high"));
  CHECK(with({.low = nan}).starts_with(begin + "low is [nan, inf]"));
  CHECK(with({.low = 1.0 + 1e-12, .high = 1.0 + 2e-12}).starts_with(begin + "the domain is [1.000000000001, "));
  CHECK(with({.longest_call = 0}).starts_with(begin + "longest_call is 0; allowed: at least 1"));
  CHECK(with({.multiple_of = 0}).starts_with(begin + "multiple_of is 0"));
  CHECK(with({.inputs = 0}).starts_with(begin + "inputs is 0"));
  CHECK(with({.from_output = true}).find("call check_backward_kernel") != std::string::npos);
  CHECK(with({.format = formats::float16}).starts_with(begin + "format is float16; allowed: none for float"));

  auto const stored = [](auto code, kernel_options const& o) {
    using T = decltype(code);
    auto const k = [](std::span<T const>, std::span<T>) {};
    return refusal([&] { static_cast<void>(check_kernel<T>(satur::sigmoid{}, k, o)); });
  };
  CHECK(stored(std::uint16_t{}, {}).starts_with(begin + "format is not given; allowed: a format of 9 to 16 bits"));
  CHECK(stored(std::uint16_t{}, {.format = formats::int8}).starts_with(begin + "format is int8 of 8 bits"));
  CHECK(stored(std::uint8_t{}, {.format = formats::float16}).starts_with(begin + "format is float16 of 16 bits"));
  CHECK(stored(std::uint8_t{}, {.format = {"mine", -4.0, 4.0, 1.0, 0.25}})
            .starts_with(begin + "format is mine, which has no codes"));
  CHECK(stored(std::uint8_t{}, {.format = formats::int8, .scale = 0.0}).starts_with(begin + "scale is 0"));
  CHECK(stored(std::uint8_t{}, {.format = formats::int8, .output_format = formats::bfloat16})
            .starts_with(begin + "output_format is bfloat16 of 16 bits"));
  CHECK(refusal([] {
          static_cast<void>(check_kernel<double>(satur::sigmoid{}, ours, {.all = true}));
        }).starts_with(begin + "all is true; allowed: false for double"));
  CHECK(refusal([] { static_cast<void>(check_kernel<float>(satur::silu{-1.0}, ours)); }).find("beta") !=
        std::string::npos);
}

TEST_CASE("the text: headline, failures with causes, segments, in at most 100 columns") {
  kernel_report const r = check_kernel<float>(satur::sigmoid{}, naive, {.inputs = 4000});
  std::ostringstream printed;
  printed << r;
  std::string const text = r.text();
  CHECK(printed.str() == text);
  CHECK(text.starts_with("sigmoid, value, float: 1 property fails, "));
  CHECK(text.find("\n    Usually: ") != std::string::npos);
  CHECK(text.find("\n  [-104, -88) ") != std::string::npos);
  CHECK(text.find("\n  [104, inf] ") != std::string::npos);
  CHECK(text.find("The first z that fails: -103.2") != std::string::npos);
  auto const columns = [](std::string const& all) {
    std::istringstream lines(all);
    std::size_t most = 0;
    for (std::string line; std::getline(lines, line);) {
      most = std::max(most, satur::text::width_of(line));
    }
    return most;
  };
  CHECK(columns(text) <= 100);
  CHECK(columns(text) > 80);
  auto const wrong = [](std::span<double const> y, std::span<double const> dy, std::span<double> dz) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      dz[i] = dy[i] * (1.0 - y[i] * y[i]) * 1.0000001;
    }
  };
  CHECK(columns(check_backward_kernel<double>(satur::tanh{}, wrong, {.from_output = true, .inputs = 1000}).text()) <=
        100);
  // A report prints as one of its base too.
  satur::testing::report const& base = r;
  CHECK(base.text().starts_with("sigmoid, value, float: 1 property fails in "));
}
