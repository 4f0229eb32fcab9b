// What a kernel over buffers can do wrong beside its numbers: each fault is found and named, and kernels without one
// pass.
#include "satur/activation/sigmoid.hpp"
#include "satur/format/formats.hpp"
#include "satur/observe.hpp"
#include "satur/testing/kernel/call_checks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using satur::testing::failure;
using satur::testing::kernel_report;
using options = satur::testing::detail::call_check_options;
using satur::testing::detail::check_calls;
using numbers = std::span<float const>;
using results = std::span<float>;

// two formulas whose results differ in the last digit here and there
float formula(float z) { return 1.0f / (1.0f + std::exp(-z)); }
float other(float z) { return 0.5f + 0.5f * std::tanh(0.5f * z); }

/// The numbers that the kernels are called with.
template <class T> std::vector<T> line() {
  std::vector<T> z;
  for (int i = -3000; i < 3000; ++i) {
    z.push_back(static_cast<T>(i) * static_cast<T>(0.00301));
  }
  return z;
}

using kernel_1 = std::function<void(numbers, results)>;
using kernel_2 = std::function<void(numbers, numbers, results)>;
using codes = std::span<std::uint16_t const>;
using kernel_of_codes = std::function<void(codes, std::span<std::uint16_t>)>;

kernel_report checked(kernel_1 const& kernel, options const& o = {}) {
  std::vector<float> const z = line<float>();
  kernel_report r;
  check_calls<float, 1>(
      r, [&](std::array<numbers, 1> const& in, results y) { kernel(in[0], y); }, {numbers(z)}, o);
  return r;
}
kernel_report checked_backward(kernel_2 const& kernel, options const& o = {}) {
  std::vector<float> const z = line<float>();
  std::vector<float> const dy(z.rbegin(), z.rend());
  kernel_report r;
  check_calls<float, 2>(
      r, [&](std::array<numbers, 2> const& in, results dz) { kernel(in[0], in[1], dz); }, {numbers(z), numbers(dy)}, o);
  return r;
}
kernel_report checked_codes(kernel_of_codes const& kernel, satur::format const& f) {
  std::vector<std::uint16_t> z(65536);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<std::uint16_t>(i);
  }
  kernel_report r;
  check_calls<std::uint16_t, 1>(r,
                                [&](std::array<codes, 1> const& in, std::span<std::uint16_t> y) { kernel(in[0], y); },
                                {codes(z)}, {.format = f});
  return r;
}

/// This property alone fails, and its usual cause has the words. Returns it.
failure only(kernel_report const& r, std::string const& property, std::string const& words) {
  INFO(r.text());
  REQUIRE(r.failures.size() == 1);
  CHECK(r.failures[0].property == property);
  CHECK(r.failures[0].usually.find(words) != std::string::npos);
  return r.failures[0];
}
void finds(kernel_report const& r, std::string const& property) { CHECK_MESSAGE(r.failed(property), r.text()); }

std::string const anywhere = "the same input gives the same result at every position, length and alignment";

/// y[i] = f(z[i]) where that(i, n), else the other formula.
template <class That> auto two_formulas(That const& that) {
  return [that](numbers z, results y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = that(i, y) ? formula(z[i]) : other(z[i]);
    }
  };
}
std::size_t before_alignment(float const* p, std::size_t lanes) {
  std::size_t const past = reinterpret_cast<std::uintptr_t>(p) / sizeof(float) % lanes;
  return past == 0 ? 0 : lanes - past;
}
void loop(numbers z, results y) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    y[i] = formula(z[i]);
  }
}

} // namespace

TEST_CASE("a kernel of one loop passes, and is called thousands of times") {
  kernel_report const r = checked(loop);
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.skipped.empty());
  CHECK(r.checks > 2000);
}

TEST_CASE("lanes against tail, the place and the error are told") {
  for (std::size_t const w : {2u, 4u, 8u, 16u, 64u}) {
    auto const r = checked(two_formulas([w](std::size_t i, results y) { return i < y.size() / w * w; }));
    failure const f = only(r, anywhere, "the last n mod " + std::to_string(w) + " elements");
    CHECK(f.unit == "ulp");
    CHECK(f.error > 0.0);
    CHECK(f.error < 1e4);
    CHECK(f.times > 10);
    CHECK(f.where.find("a call of") != std::string::npos);
    CHECK(f.where.find("z = ") != std::string::npos);
  }
}

TEST_CASE("a head up to an aligned address, with and without a tail") {
  only(checked(two_formulas([](std::size_t i, results y) { return i >= before_alignment(y.data(), 8); })), anywhere,
       "the elements before the first aligned address (of 8 elements) go through");
  only(checked([](numbers z, results y) {
         for (std::size_t i = 0; i < z.size(); ++i) {
           y[i] = i < before_alignment(z.data(), 8) ? other(z[i]) : formula(z[i]);
         }
       }),
       anywhere, "the elements before the first aligned address (of 8 elements) go through");
  only(checked(two_formulas([](std::size_t i, results y) {
         std::size_t const head = std::min(before_alignment(y.data(), 8), y.size());
         return i >= head && i < head + (y.size() - head) / 8 * 8;
       })),
       anywhere, "the elements before the first aligned address and the tail");
}

TEST_CASE("other code for unaligned memory, for short calls, and by blocks") {
  auto const unaligned = two_formulas([](std::size_t, results y) { return before_alignment(y.data(), 16) == 0; });
  only(checked(unaligned), anywhere, "memory that is not aligned");
  only(checked(unaligned, {.longest = 40}), anywhere, "memory that is not aligned"); // not the last n mod 64
  only(checked(two_formulas([](std::size_t, results y) { return y.size() >= 200; })), anywhere,
       "calls of up to 193 elements"); // 193 is the longest that is tried below 200
  only(checked(two_formulas([](std::size_t i, results) { return i % 100 != 99; })), anywhere,
       "on a block that the work is divided into");
}

TEST_CASE("the sign of zero is told apart from other differences") {
  only(checked([](numbers z, results y) {
         for (std::size_t i = 0; i < z.size(); ++i) {
           y[i] = z[i] > 0.0f ? z[i] : (i < z.size() / 8 * 8 ? -0.0f : 0.0f);
         }
       }),
       "a zero has the same sign in every call", "loses the sign of 0");
}

TEST_CASE("NaN and infinity in a neighbor, and at another position") {
  auto const blended = [](numbers z, results y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      std::size_t const first = i / 4 * 4;
      float all = 0.0f;
      for (std::size_t k = first; k < std::min(first + 4, z.size()); ++k) {
        all += z[k] * (k == i ? 1.0f : 0.0f);
      }
      y[i] = all;
    }
  };
  auto const r = checked(blended);
  finds(r, "NaN stays in its element");
  finds(r, "infinity stays in its element");
  CHECK(r.failures[0].usually.find("0 times NaN") != std::string::npos);
  CHECK_FALSE(r.failed("an element depends"));

  auto const clamped = [](numbers z, results y) { // maxps in lanes, fmax in the tail
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = i < z.size() / 4 * 4 ? (z[i] > 0.0f ? z[i] : 0.0f) : (z[i] < 0.0f ? 0.0f : z[i]);
    }
  };
  only(checked(clamped), "NaN gives the same result at every position", "minimum and maximum");
  only(checked([](numbers z, results y) {
         for (std::size_t i = 0; i < z.size(); ++i) {
           y[i] = i % 2 == 0 ? std::fmin(std::fabs(z[i]), 1e30f) : std::fabs(z[i]);
           y[i] = z[i] != z[i] ? z[i] : y[i];
         }
       }),
       "infinity gives the same result at every position", "a clamp");
  CHECK(checked(blended, {.specials = false}).passed());
}

TEST_CASE("NaN in a register of the main loop alone") {
  auto const r = checked([](numbers z, results y) {
    loop(z, y);
    for (std::size_t i = 0; i + 128 <= z.size(); i += 128) {
      if (std::any_of(z.begin() + static_cast<std::ptrdiff_t>(i), z.begin() + static_cast<std::ptrdiff_t>(i + 128),
                      [](float x) { return x != x; })) {
        for (std::size_t k = i; k < i + 128; ++k) {
          y[k] = other(z[k]);
        }
      }
    }
  });
  failure const f = only(r, "NaN stays in its element", "sent another way as a whole");
  CHECK(f.where.find("nan as z of element ") == 0);
}

TEST_CASE("the result in the place of the input") {
  auto const twice = [](numbers z, results y) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = std::exp(-z[i]);
    }
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = z[i] / (1.0f + y[i]);
    }
  };
  only(checked(twice), "the result may stand in the place of z", "is read again after its result is written");
  CHECK(checked(twice, {.in_place = false}).passed());

  auto const over_dy = [](numbers z, numbers dy, results dz) { // dz over dy is right, over z it is not
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = dy[i] * formula(z[i]);
      dz[i] *= formula(-z[i]);
    }
  };
  only(checked_backward(over_dy), "the result may stand in the place of z", "is read again");
  auto const over_z = [](numbers z, numbers dy, results dz) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = formula(z[i]) * formula(-z[i]);
      dz[i] *= dy[i];
    }
  };
  only(checked_backward(over_z), "the result may stand in the place of dy", "is read again");
  CHECK(checked_backward(over_z, {.in_place = false}).passed());
}

TEST_CASE("elements that are not written") {
  only(checked([](numbers z, results y) { loop(z.first(z.size() / 4 * 4), y); }), "every element is written",
       "ends at the last whole register");
  only(checked([](numbers z, results y) {
         for (std::size_t i = 1; i < z.size(); ++i) {
           y[i] = formula(z[i]);
         }
       }),
       "every element is written", "starts behind the first element");
  CHECK(checked([](numbers, results) {}).skipped.size() == 1);
}

TEST_CASE("writes out of bounds, on both sides, and of an empty call") {
  std::string const past = "nothing is written past the end of the output";
  std::string const before = "nothing is written before the beginning of the output";
  auto const r = checked([](numbers z, results y) { // a whole register at the end
    loop(z, y);
    for (std::size_t i = z.size(); i % 8 != 0; ++i) {
      y.data()[i] = 0.0f;
    }
  });
  only(r, past, "a whole register is stored");
  CHECK(r.failures[0].times > 1000); // of out-of-place calls and others, with both fills
  only(checked([](numbers z, results y) {
         loop(z, y);
         if (z.size() == 33) {
           y.data()[-1] = 0.0f;
         }
       }),
       before, "");
  failure const empty = only(checked([](numbers z, results y) { // do … while
                               std::size_t i = 0;
                               do {
                                 y.data()[i] = formula(z.data()[i]);
                               } while (++i < z.size());
                             }),
                             past, "");
  CHECK(empty.where.find("a call of 0 elements") != std::string::npos);
}

TEST_CASE("one fill of the output alone would miss a write of the same number") {
  for (unsigned const fill : {0u, 1u}) {
    float const same = satur::testing::detail::kernel_caller<float, 1>::fill_of(fill);
    auto const r = checked([same](numbers z, results y) {
      loop(z, y);
      y.data()[z.size()] = same;
    });
    finds(r, "nothing is written past the end");
  }
}

TEST_CASE("inputs that the kernel changes") {
  only(checked([](numbers z, results y) {
         loop(z, y);
         if (!z.empty() && y.data() != z.data()) {
           const_cast<float&>(z[z.size() / 2]) = 0.0f;
         }
       }),
       "the inputs stay as they are", "memory for intermediate results");
  only(checked_backward([](numbers z, numbers dy, results dz) {
         for (std::size_t i = 0; i < z.size(); ++i) {
           dz[i] = dy[i] * formula(z[i]);
         }
         if (dz.data() != dy.data()) {
           const_cast<float*>(dy.data())[-1] = 0.0f;
         }
       }),
       "nothing is written around the inputs", "");
}

TEST_CASE("results that differ from call to call") {
  int calls = 0;
  auto const r = checked([&](numbers z, results y) {
    loop(z, y);
    if (!y.empty() && ++calls % 2 == 0) {
      y[y.size() / 2] += 1.0f;
    }
  });
  only(r, "the same call gives the same result", "a state that lives from call to call");
  REQUIRE(r.skipped.size() == 1);
  CHECK(r.skipped[0].find("the same result twice") != std::string::npos);

  std::size_t seen = 0; // what differs only after other calls
  auto const later = checked(
      [&](numbers z, results y) {
        loop(z, y);
        seen += z.size() == 3 ? 1 : 0;
        if (z.size() > 2000 && seen > 1) {
          y[1] += 1.0f;
        }
      },
      {.in_place = false, .same_anywhere = false});
  only(later, "the same call gives the same result", "calls between have changed a state");
}

TEST_CASE("elements that depend on others") {
  only(checked([](numbers z, results y) { // a scale of the whole array
         float most = 0.0f;
         for (float const x : z) {
           most = std::max(most, std::fabs(x));
         }
         for (std::size_t i = 0; i < z.size(); ++i) {
           y[i] = z[i] / most;
         }
       }),
       "an element depends on itself alone", "a scale of the whole array");
  finds(checked([](numbers z, results y) {
          for (std::size_t i = 0; i < z.size(); ++i) {
            y[i] = formula(z[i == 0 ? 0 : i - 1]);
          }
        }),
        "an element depends on itself alone");
}

TEST_CASE("the memory around takes no part in the result") {
  only(checked([](numbers z, results y) {
         loop(z, y);
         if (z.size() % 8 != 0) { // the other lanes of the last register
           y[0] += z.data()[z.size()] == z.data()[z.size()] ? 0.0f : 1.0f;
         }
       }),
       "what stands beyond the inputs does not matter", "a whole register is loaded");
  std::string const property = "what the output held before does not matter";
  finds(checked([](numbers z, results y) {
          for (std::size_t i = 0; i < z.size(); ++i) {
            y[i] = z[i] > 0.0f ? z[i] : 0.0f * y[i] + (y[i] > 1e10f ? 1.0f : 0.0f);
          }
        }),
        property);
  finds(checked([](numbers z, results y) {
          for (std::size_t i = 0; i < z.size(); ++i) {
            y[i] += formula(z[i]);
          }
        }),
        property);
}

TEST_CASE("what a kernel cannot do is not asked of it") {
  auto const eights = [](numbers z, results y) {
    if (z.size() % 8 != 0) {
      throw std::invalid_argument("multiples of 8");
    }
    loop(z, y);
  };
  CHECK_THROWS_WITH_AS(checked(eights), "multiples of 8", std::invalid_argument);
  kernel_report const r = checked(eights, {.multiple_of = 8});
  CHECK_MESSAGE(r.passed(), r.text());
  CHECK(r.checks > 300);
  finds(checked(
            [&](numbers z, results y) {
              eights(z, y);
              if (z.size() == 16) {
                y.data()[16] = 0.0f;
              }
            },
            {.multiple_of = 8}),
        "nothing is written past the end");

  auto const aligned = [](numbers z, results y) {
    if (before_alignment(z.data(), 16) != 0 || before_alignment(y.data(), 16) != 0) {
      throw std::invalid_argument("aligned memory");
    }
    for (std::size_t i = 0; i < z.size(); ++i) {
      y[i] = i % 2 == 0 ? formula(z[i]) : other(z[i]);
    }
  };
  CHECK_THROWS_AS(checked(aligned), std::invalid_argument);
  kernel_report const a = checked(aligned, {.same_anywhere = false});
  CHECK_MESSAGE(a.passed(), a.text());

  CHECK_THROWS_AS(checked(loop, {.multiple_of = 0}), std::invalid_argument);

  std::size_t longest = 0;
  auto const measured = [&](numbers z, results y) {
    longest = std::max(longest, z.size());
    loop(z, y);
  };
  CHECK(checked(measured, {.longest = 100}).passed());
  CHECK(longest == 100);
}

TEST_CASE_TEMPLATE("our own passes do none of this", T, float, double) {
  std::vector<T> const z = line<T>();
  std::vector<T> const dy(z.rbegin(), z.rend());
  kernel_report r;
  check_calls<T, 1>(r,
                    [](std::array<std::span<T const>, 1> const& in, std::span<T> y) {
                      if (!y.empty()) {
                        satur::apply(satur::sigmoid{}, in[0], y);
                      }
                    },
                    {std::span<T const>(z)}, {});
  check_calls<T, 2>(r,
                    [](std::array<std::span<T const>, 2> const& in, std::span<T> dz) {
                      for (std::size_t i = dz.size(); i-- > 0;) {
                        dz[i] = in[1][i] * satur::sigmoid{}.derivative(in[0][i]);
                      }
                    },
                    {std::span<T const>(z), std::span<T const>(dy)}, {});
  CHECK_MESSAGE(r.passed(), r.text());
}

TEST_CASE("codes of a format: a tail that rounds otherwise, NaN of any payload") {
  auto const f = satur::formats::bfloat16;
  auto const as_float = [](std::uint16_t code) {
    std::uint32_t const bits = static_cast<std::uint32_t>(code) << 16;
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
  };
  auto const truncated = [](float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof x);
    return static_cast<std::uint16_t>(bits >> 16);
  };
  auto const rounded = [&f](float x) { return static_cast<std::uint16_t>(satur::encode(f, static_cast<double>(x))); };
  auto const kernel = [&](bool same) {
    return [&, same](codes z, std::span<std::uint16_t> y) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        float const x = formula(as_float(z[i]));
        y[i] = x != x ? static_cast<std::uint16_t>(0x7fc1u + i % 8) // a payload of each position
                      : (same || i < z.size() / 16 * 16 ? rounded(x) : truncated(x));
      }
    };
  };
  kernel_report const good = checked_codes(kernel(true), f);
  CHECK_MESSAGE(good.passed(), good.text());
  failure const found = only(checked_codes(kernel(false), f), anywhere, "the last n mod 16 elements");
  CHECK(found.error == 1.0);
  CHECK(found.got.find("code 0x") != std::string::npos);
}

TEST_CASE("8-bit codes, and what a distance of codes is") {
  satur::testing::detail::stored_numbers<std::uint8_t> const e4m3{satur::formats::fp8_e4m3};
  CHECK(e4m3.distance(0x01, 0x81) == 2.0); // from the smallest number to its negative
  CHECK(e4m3.same(0x7f, 0xff));            // both are NaN
  CHECK(e4m3.zeros_of_both_signs(0x00, 0x80));
  CHECK(e4m3.specials().size() == 1);
  satur::testing::detail::stored_numbers<std::uint8_t> const s8{satur::formats::int8};
  CHECK(s8.distance(0xff, 0x01) == 2.0);
  CHECK_FALSE(s8.zeros_of_both_signs(0x00, 0x80));
  CHECK(s8.specials().empty());
  satur::testing::detail::stored_numbers<float> const f32;
  CHECK(f32.distance(1.0f, std::nextafter(1.0f, 2.0f)) == 1.0);
  CHECK(f32.distance(1.0f, std::numeric_limits<float>::quiet_NaN()) == std::numeric_limits<double>::infinity());
  CHECK(f32.specials().size() == 3);

  std::vector<std::uint8_t> z(256);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<std::uint8_t>(i);
  }
  using in_t = std::array<std::span<std::uint8_t const>, 1>;
  for (bool const wrong : {false, true}) {
    kernel_report r;
    check_calls<std::uint8_t, 1>(r,
                                 [wrong](in_t const& in, std::span<std::uint8_t> y) {
                                   for (std::size_t i = 0; i < y.size(); ++i) {
                                     bool const lost = wrong && i >= y.size() / 32 * 32;
                                     y[i] =
                                         static_cast<std::uint8_t>(in[0][i] < 128 ? in[0][i] / 2 + (lost ? 1 : 0) : 0);
                                   }
                                 },
                                 {std::span<std::uint8_t const>(z)}, {.format = satur::formats::int8});
    if (wrong) {
      only(r, anywhere, "the last n mod 32 elements");
    } else {
      CHECK_MESSAGE(r.passed(), r.text());
    }
  }
}

TEST_CASE("rows: a row depends on itself, a NaN stays in its row, results of one number for each row") {
  std::size_t const columns = 7;
  auto const checked_rows = [&](std::size_t out_unit, bool may_leak, kernel_1 const& kernel) {
    return checked(kernel,
                   {.unit = columns, .out_unit = out_unit, .in_place = false, .nan_may_leak_within_unit = may_leak});
  };
  auto const largest = [&](bool reset) {
    return [=](numbers z, results y) {
      float most = -1e30f;
      for (std::size_t r = 0; r < y.size(); ++r) {
        most = reset ? -1e30f : most;
        for (std::size_t c = 0; c < columns; ++c) {
          most = std::max(most, z[r * columns + c]);
        }
        y[r] = most;
      }
    };
  };
  kernel_report const good = checked_rows(1, true, largest(true));
  CHECK_MESSAGE(good.passed(), good.text());
  kernel_report const running = checked_rows(1, true, largest(false));
  finds(running, "a row depends on itself alone");
  CHECK(running.failures[0].usually.find("not reset") != std::string::npos);

  auto const minus_first = [&](numbers z, results y) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = z[i] - z[i / columns * columns];
    }
  };
  kernel_report const within = checked_rows(0, true, minus_first);
  CHECK_MESSAGE(within.passed(), within.text());
  finds(checked_rows(0, false, minus_first), "NaN stays in its element");
  finds(checked_rows(0, true,
                     [&](numbers z, results y) {
                       for (std::size_t i = 0; i < y.size(); ++i) {
                         y[i] = z[i] + 0.0f * z[(i + columns) % y.size()];
                       }
                     }),
        "NaN stays in its row");
}
