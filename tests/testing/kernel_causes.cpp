// The causes that are named: for wrong kernels of public reports the right one, for right kernels and for errors
// without a usual cause none.
#include "support/right_kernels.hpp"
#include "support/wrong_kernels.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace kernels_of_reports;

/// The text without its line breaks.
std::string in_one_line(std::string const& text) {
  std::string line;
  for (char const c : text) {
    bool const space = c == ' ' || c == '\n';
    if (!space || (!line.empty() && line.back() != ' ')) {
      line += space ? ' ' : c;
    }
  }
  return line;
}

TEST_CASE("kernels as in public reports are found, with the cause") {
  std::vector<wrong_kernel> const all = wrong_kernels();
  CHECK(all.size() >= 30);
  for (wrong_kernel const& k : all) {
    kernel_report const r = k.check();
    CAPTURE(k.source);
    CAPTURE(r.text());
    CHECK_FALSE(r.passed());
    std::string const first = r.causes.empty() ? "none" : r.causes.front().what;
    CHECK_MESSAGE(first.find(k.cause) != std::string::npos, first);
    CHECK(in_one_line(r.text()).find(k.cause) != std::string::npos);
  }
}

TEST_CASE("right kernels pass, and no cause is named") {
  std::vector<right_kernel> const all = right_kernels();
  CHECK(all.size() >= 20);
  for (right_kernel const& k : all) {
    kernel_report const r = k.check();
    CAPTURE(k.name);
    CAPTURE(r.text());
    CHECK(r.passed());
    CHECK(r.causes.empty());
  }
}

/// A number in [-1, 1] that depends on all bits of z.
float noise(float z) {
  std::uint32_t h = std::bit_cast<std::uint32_t>(z) * 0x9e3779b9u;
  h = (h ^ (h >> 15)) * 0x85ebca6bu;
  return static_cast<float>(static_cast<std::int32_t>(h ^ (h >> 13))) * 0x1p-31f;
}
float right_sigmoid(float z) { return static_cast<float>(exact_sigmoid(static_cast<double>(z))); }

TEST_CASE("errors without a usual cause get no cause") {
  auto const none = [](char const* what, kernel_report const& r) {
    CAPTURE(what);
    CAPTURE(r.text());
    CHECK_FALSE(r.passed());
    CHECK(r.causes.empty());
  };
  none("off by 1e-3 in an interval", value<float>(the<satur::sigmoid>(), [](float z) {
         return right_sigmoid(z) * (z > 2.0f && z < 3.0f ? 1.001f : 1.0f);
       }));
  none("noise of 1e-4",
       value<float>(the<satur::tanh>(), [](float z) { return std::tanh(z) * (1.0f + 1e-4f * noise(z)); }));
  none("noise of 1e-5 added", value<float>(the<satur::gelu>(), [](float z) {
         return satur::gelu{}.value(z) + (std::fabs(z) < 20.0f ? 1e-5f * noise(z) : 0.0f);
       }));
  none("noise of 1e-12 in double", value<double>(the<satur::tanh>(), [](double z) {
         return std::tanh(z) * (1.0 + 1e-12 * static_cast<double>(noise(static_cast<float>(z))));
       }));
  none("the sign in an interval", value<float>(the<satur::silu>(), [](float z) {
         float const y = satur::silu{}.value(z);
         return z > 0.5f && z < 0.75f ? -y : y;
       }));
  none("NaN in an interval", value<float>(the<satur::sigmoid>(), [](float z) {
         return z > 3.0f && z < 3.5f ? std::numeric_limits<float>::quiet_NaN() : right_sigmoid(z);
       }));
  none("zero in an interval", slope<float>(the<satur::sigmoid>(), [](float z, float dy) {
         return z > 1.0f && z < 2.0f ? 0.0f : satur::sigmoid{}.derivative(z) * dy;
       }));
  none("one code of 256",
       value<std::uint8_t>(the<satur::sigmoid>(),
                           [](std::uint8_t q) {
                             return static_cast<std::uint8_t>(
                                 satur::encode(formats::fp8_e4m3,
                                               exact_sigmoid(satur::decode(formats::fp8_e4m3, q == 77 ? 33u : q))));
                           },
                           {.format = formats::fp8_e4m3}));
  none("a polynomial", value<float>(the<satur::tanh>(), [](float z) {
         return std::fabs(z) < 1.0f ? z - z * z * z * 0.3333333f + z * z * z * z * z * 0.1333333f : std::tanh(z);
       }));
}

// ---- causes_of itself, by evidence made here
// -------------------------------------------------------------------------

namespace kernel = satur::testing::detail;
using satur::testing::causes_of;
using satur::testing::kernel_evidence;
using satur::testing::kernel_sample;
using satur::testing::truth;
using numbers = kernel_evidence::numbers;

/// What a kernel gets from z and dy.
using computed = std::function<double(double, double)>;

std::vector<double> places() {
  std::vector<double> z{0.0, -0.0, 6.0, 3.0, -3.0};
  for (int e = -24; e < 7; e += 2) {
    z.push_back(std::ldexp(1.37, e));
    z.push_back(-z.back());
  }
  for (int i = 1; i < 60; ++i) {
    z.push_back(0.3125 * i + 0.017 * (i % 7));
    z.push_back(-z.back());
  }
  for (double const x : {25.0,      30.5,  43.0,  45.0,  60.0,  80.0,     87.9,
                         89.0,      95.0,  103.0, 120.0, 500.0, 709.7826, 709.7827,
                         709.78271, 720.0, 1e10,  3e19,  1e30,  3e38,     std::numeric_limits<double>::infinity()}) {
    z.push_back(x);
    z.push_back(-x);
  }
  z.push_back(std::numeric_limits<double>::quiet_NaN());
  return z;
}

struct question {
  std::function<long double(long double)> value;
  std::function<long double(long double)> slope;
  bool of_slope = false;
  numbers type = numbers::binary32;
};
template <class A> question value_of(A const& a = {}, numbers type = numbers::binary32) {
  return {[a](long double z) { return a.value(z); }, [a](long double z) { return a.derivative(z); }, false, type};
}
template <class A> question slope_of(A const& a = {}, numbers type = numbers::binary32) {
  question q = value_of(a, type);
  q.of_slope = true;
  return q;
}

kernel_evidence evidence_of(question const& q, computed const& kernel) {
  kernel_evidence e;
  e.activation = "f";
  e.value = q.value;
  e.slope = q.slope;
  e.of_slope = q.of_slope;
  e.type = q.type;
  int n = 0;
  bool const single = q.type == numbers::binary32;
  auto const rounded = [&](double x) { return single ? static_cast<double>(static_cast<float>(x)) : x; };
  for (double const at : places()) {
    kernel_sample s;
    s.z = rounded(at);
    s.dy = q.of_slope && ++n % 4 == 0 ? -3.0 : 1.0;
    auto const z = static_cast<long double>(s.z);
    s.exact = q.of_slope ? q.slope(z) * static_cast<long double>(s.dy) : q.value(z);
    s.got = rounded(kernel(s.z, s.dy));
    s.ulp = single ? satur::testing::ulp_error(static_cast<float>(s.got), s.exact)
                   : satur::testing::ulp_error(s.got, s.exact);
    (s.ulp > 2.0 ? e.wrong : e.right).push_back(s);
  }
  return e;
}
/// Codes of one format to those of another; the kernel gets and returns codes.
kernel_evidence evidence_of_codes(question const& q, satur::format const& in, double scale, satur::format const& out,
                                  double output_scale, std::function<std::uint32_t(std::uint32_t)> const& kernel) {
  kernel_evidence e;
  e.activation = "f";
  e.value = q.value;
  e.slope = q.slope;
  e.type = numbers::stored;
  e.format = in;
  e.output_format = out;
  e.scale = scale;
  e.output_scale = output_scale;
  e.allowed_ulp = 0.51;
  for (std::uint32_t code = 0; code < (1u << in.bits); code += in.bits == 16 ? 61 : 1) {
    kernel_sample s;
    s.z = satur::decode(in, code) / scale;
    if (s.z != s.z || std::fabs(s.z) > 1e30) {
      continue;
    }
    s.exact = q.value(static_cast<long double>(s.z));
    s.got = satur::decode(out, kernel(code)) / output_scale;
    double const best = kernel::as_result(e, static_cast<double>(s.exact));
    s.ulp = std::fabs(static_cast<double>(static_cast<long double>(s.got) - s.exact)) / kernel::unit_at(e, s.exact);
    bool const is_right = s.ulp <= 0.51 || s.got == best;
    (is_right ? e.right : e.wrong).push_back(s);
  }
  return e;
}

void names(kernel_evidence const& e, std::string const& words) {
  std::vector<satur::testing::kernel_cause> const causes = causes_of(e);
  CAPTURE(words);
  CAPTURE(e.wrong.size());
  std::string const first = causes.empty() ? "none" : causes.front().what;
  CHECK_MESSAGE(first.find(words) != std::string::npos, first);
}

TEST_CASE("every function that causes are told for is known by its values, and has the value and slope of satur's") {
  std::vector<std::string> seen;
  auto const is_known = [&]<class A>(A const& act, std::string const& name) {
    CAPTURE(name);
    auto const f = [&](long double z) { return act.value(z); };
    auto const slope = [&](long double z) { return act.derivative(z); };
    kernel::identified const k = kernel::identify(f, slope);
    REQUIRE(k.is(name));
    for (long double z = -9.05L; z < 9.0L; z += 0.1L) {
      CAPTURE(static_cast<double>(z));
      CHECK(std::fabs(k.function->value(z, k.p) - f(z)) <= 1e-12L * std::fabs(f(z)) + 1e-18L);
      CHECK(std::fabs(k.function->slope(z, k.p) - slope(z)) <= 1e-12L * std::fabs(slope(z)) + 1e-18L);
    }
    seen.push_back(name);
  };
  is_known(satur::sigmoid{}, "sigmoid");
  is_known(satur::tanh{}, "tanh");
  is_known(satur::softsign{}, "softsign");
  is_known(satur::hard_sigmoid{}, "hard_sigmoid");
  is_known(satur::hard_tanh{}, "hard_tanh");
  is_known(satur::relu{}, "relu");
  is_known(satur::relu6{}, "relu6");
  is_known(satur::gelu{}, "gelu");
  is_known(satur::gelu_tanh{}, "gelu_tanh");
  is_known(satur::gelu_quick{}, "gelu_quick");
  is_known(satur::hard_swish{}, "hard_swish");
  is_known(satur::erf{}, "erf");
  is_known(satur::log_sigmoid{}, "log_sigmoid");
  is_known(satur::selu{}, "selu");
  is_known(satur::leaky_relu{0.2}, "leaky_relu");
  is_known(satur::elu{0.75}, "elu");
  is_known(satur::celu{0.75}, "celu");
  is_known(satur::softplus{2.0}, "softplus");
  is_known(satur::silu{1.3}, "silu");
  is_known(satur::squareplus{3.0}, "squareplus");
  is_known(satur::mish{}, "mish");
  is_known(satur::arctan{}, "arctan");
  is_known(satur::identity{}, "identity");
  is_known(satur::hard_sigmoid_keras2{}, "hard_sigmoid_keras2");
  for (kernel::known_function const& k : kernel::known_functions) {
    CHECK_MESSAGE(std::find(seen.begin(), seen.end(), k.name) != seen.end(), k.name);
  }
}

TEST_CASE("each usual formula is told from the others") {
  auto const check = [](kernel::usual_formula const& u) {
    for (kernel::known_function const& k : kernel::known_functions) {
      long double const p = k.name == "elu" || k.name == "celu" ? 0.75L : k.p;
      question const q{[&k, p](long double z) { return k.value(z, p); },
                       [&k, p](long double z) { return k.slope(z, p); }, u.slope, numbers::binary32};
      if (k.name == u.of) {
        kernel_evidence const e = evidence_of(q, [&](double z, double dy) {
          kernel::arithmetic const a;
          double const y = z != z ? z : static_cast<double>(k.value(static_cast<long double>(z), p));
          kernel::rounded const r =
              u.result({kernel::rounded(z, a), kernel::rounded(y, a), kernel::rounded(dy, a), static_cast<double>(p)});
          return u.slope && !u.takes_dy ? (r * dy).get() : r.get();
        });
        if (e.wrong.size() > 3) {
          names(e, u.what);
        }
      }
    }
  };
  for (kernel::usual_formula const& u : kernel::usual_values) {
    check(u);
  }
  for (kernel::usual_formula const& u : kernel::usual_slopes) {
    check(u);
  }
}

// The formulas of the library would take a wrong one of theirs for the mistake: these are written here.
TEST_CASE("usual wrong slopes, as they are written elsewhere") {
  auto const cdf = [](float z) { return 0.5f * (1.0f + std::erf(z * 0.70710678f)); };
  auto const bell = [](float z) { return std::exp(-0.5f * z * z); };
  auto const slope_is = [](auto const& act, auto const& slope, std::string const& words) {
    names(evidence_of(slope_of(act), [&](double z, double dy) { return dy * double(slope(static_cast<float>(z))); }),
          words);
  };
  slope_is(
      satur::gelu{}, [&](float z) { return cdf(z) + z * bell(z); }, "The factor 1 / sqrt(2 pi) of exp(-z^2 / 2)");
  slope_is(
      satur::gelu{}, [&](float z) { return 2.0f * cdf(z) + z * 0.39894228f * bell(z); },
      "A lost 1/2: 1 + erf(z / sqrt 2)");
  slope_is(
      satur::gelu{}, [&](float z) { return cdf(z) + z * 0.39894228f * std::exp(-z * z); }, "A lost 1/2: exp(-z^2)");
  slope_is(
      satur::erf{}, [&](float z) { return 1.12837917f * bell(z); }, "exp(-z^2 / 2) stands where exp(-z^2)");
  slope_is(
      satur::elu{.alpha = 0.75}, [](float z) { return z > 0.0f ? 1.0f : std::exp(z); }, "The factor alpha is missing");
  slope_is(
      satur::selu{}, [](float z) { return z > 0.0f ? 1.0f : 1.67326324f * std::exp(z); },
      "The factor lambda is missing");
  auto const gelu_tanh = [](float z, float half, float three) {
    float const t = std::tanh(0.79788456f * (z + 0.044715f * z * z * z));
    return 0.5f * (1.0f + t) + half * z * (1.0f - t * t) * 0.79788456f * (1.0f + three * 0.044715f * z * z);
  };
  slope_is(
      satur::gelu_tanh{}, [&](float z) { return gelu_tanh(z, 0.5f, 1.0f); }, "A lost 3: the slope of z + 0.044715 z^3");
  slope_is(
      satur::gelu_tanh{}, [&](float z) { return gelu_tanh(z, 1.0f, 3.0f); }, "A lost 1/2: the second summand");
}

TEST_CASE("what goes wrong with any function") {
  satur::gelu const gelu;
  satur::tanh const tanh;
  satur::softplus const softplus;
  auto const f = [&](double z) { return gelu.value(z); };
  auto const d = [&](double z) { return gelu.derivative(z); };
  auto const half = [](double x) {
    return satur::decode(formats::float16, satur::encode(formats::float16, x, satur::overflow::special));
  };
  auto const brain = [](double x) {
    return satur::decode(formats::bfloat16, satur::encode(formats::bfloat16, x, satur::overflow::special));
  };
  question const value = value_of(gelu);
  question const slope = slope_of(gelu);
  names(evidence_of(value, [&](double z, double) { return d(z); }), "returns the slope f'(z)");
  names(evidence_of(value, [&](double z, double) { return f(f(z)); }), "applied twice");
  names(evidence_of(value, [&](double z, double) { return -f(z); }), "sign of the result");
  names(evidence_of(value, [&](double z, double) { return f(-z); }), "sign of z");
  names(evidence_of(value, [&](double z, double) { return 2.0 * f(z); }), "a lost 1/2");
  names(evidence_of(value, [&](double z, double) { return 0.5 * f(z); }), "a 1/2 too many");
  names(evidence_of(value_of(tanh), [&](double z, double) { return tanh.value(z) * 0.875; }), "0.875 times");
  names(evidence_of(value_of(softplus), [&](double z, double) { return softplus.value(z) - 0.25; }),
        "the constant -0.25");
  names(evidence_of(value, [&](double z, double) { return f(half(z)); }), "z is rounded to float16");
  names(evidence_of(value, [&](double z, double) { return f(brain(z)); }), "z is rounded to bfloat16");
  names(evidence_of(value, [&](double z, double) { return half(f(z)); }), "digits of float16 only");
  names(evidence_of(value, [&](double z, double) { return brain(f(z)); }), "digits of bfloat16 only");
  names(evidence_of(value_of(softplus), [&](double z, double) { return softplus.value(z > 9.0 ? 9.0 : z); }),
        "clamped above 9");
  names(evidence_of(value_of(softplus), [&](double z, double) { return softplus.value(z < -9.0 ? -9.0 : z); }),
        "clamped below -9");
  names(evidence_of(slope, [&](double z, double) { return d(z); }), "dy is missing");
  names(evidence_of(slope, [&](double z, double dy) { return d(z) + dy; }), "dy is added");
  names(evidence_of(slope, [&](double z, double dy) { return d(z) * dy * dy; }), "dy enters twice");
  names(evidence_of(slope_of(softplus), [&](double z, double dy) { return dy / softplus.derivative(z); }),
        "dy is divided");
  names(evidence_of(slope, [&](double, double dy) { return dy; }), "dy is passed through");
  names(evidence_of(slope, [&](double z, double dy) { return -d(z) * dy; }), "sign of the slope");
  names(evidence_of(slope, [&](double z, double dy) { return d(-z) * dy; }), "taken at -z");
  names(evidence_of(slope, [&](double z, double dy) { return f(z) * dy; }), "multiplies by the value");
  names(evidence_of(slope, [&](double z, double dy) { return d(f(z)) * dy; }), "y where z belongs");
  names(evidence_of(slope, [&](double z, double dy) { return dy * (z == 0.0 ? 0.5 : f(z) / z); }),
        "only g(z) is there");
  names(evidence_of(slope,
                    [&](double z, double dy) {
                      return z != z               ? z
                             : std::fabs(z) > 1e9 ? 0.0
                                                  : dy * z * 0.39894228040143267794 * std::exp(-0.5 * z * z);
                    }),
        "only z g'(z) is there");
  // tables
  auto const entry = [](double i) { return static_cast<double>(satur::tanh{}.value(i / 8.0 - 4.0)); };
  auto const at = [](double z) { return (std::fmin(std::fmax(z, -4.0), 4.0) + 4.0) * 8.0; };
  names(evidence_of(value_of(tanh), [&](double z, double) { return z != z ? z : entry(std::floor(at(z))); }),
        "read at the entry below");
  names(evidence_of(value_of(tanh), [&](double z, double) { return z != z ? z : entry(std::round(at(z))); }),
        "steps of 0.125 over [-4, 4], read at the nearest entry");
  names(evidence_of(value_of(tanh),
                    [&](double z, double) {
                      double const i = std::floor(at(z));
                      return z != z ? z : entry(i) + (at(z) - i) * (entry(i + 1.0) - entry(i));
                    }),
        "lines between the entries");
  // double
  question const in_double = value_of(gelu, numbers::binary64);
  names(evidence_of(in_double, [&](double z, double) { return f(static_cast<double>(static_cast<float>(z))); }),
        "z is rounded to float");
  names(evidence_of(in_double, [&](double z, double) { return static_cast<double>(static_cast<float>(f(z))); }),
        "digits of float only");
  names(evidence_of(value_of(satur::silu{1.3}, numbers::binary64),
                    [&](double z, double) { return satur::silu{static_cast<double>(1.3f)}.value(z); }),
        "errors are as large as those of float");
}

TEST_CASE("NaN, infinity, kinks and tails") {
  satur::sigmoid const sigmoid;
  satur::relu6 const relu6;
  double const nan = std::numeric_limits<double>::quiet_NaN();
  names(evidence_of(value_of(sigmoid), [&](double z, double) { return z != z ? 0.5 : sigmoid.value(z); }),
        "NaN goes in and a number comes out");
  names(evidence_of(value_of(sigmoid), [&](double z, double) { return std::fabs(z) > 1e300 ? nan : sigmoid.value(z); }),
        "Infinity gives NaN");
  names(evidence_of(value_of(sigmoid),
                    [&](double z, double) { return sigmoid.value(z) < 0x1p-126 ? 0.0 : sigmoid.value(z); }),
        "flushed to zero");
  names(evidence_of(value_of(satur::softsign{}),
                    [&](double z, double) { return z > 70.0 ? nan : satur::softsign{}.value(z); }),
        "on the result is NaN");
  names(evidence_of(value_of(satur::softsign{}),
                    [&](double z, double) {
                      return z > 70.0 ? std::numeric_limits<double>::infinity() : satur::softsign{}.value(z);
                    }),
        "on the result is infinite");
  names(evidence_of(value_of(satur::softsign{}),
                    [&](double z, double) { return z < -1e12 ? 0.0 : satur::softsign{}.value(z); }),
        "something underflows or is cut");
  names(evidence_of(value_of(satur::silu{}), [&](double z, double) { return z < -8.0 ? 0.0 : satur::silu{}.value(z); }),
        "on the result is 0, the limit, too early");
  names(evidence_of(value_of(satur::softplus{}),
                    [&](double z, double) { return z > 8.0 ? z : satur::softplus{}.value(z); }),
        "on the result is z, the limit, too early");
  names(evidence_of(slope_of(relu6), [&](double z, double dy) { return dy * (z == 6.0 ? 1.0 : relu6.derivative(z)); }),
        "At the kink z = 6 the slope is the one of the other side");
  names(evidence_of(slope_of(relu6), [&](double z, double dy) { return dy * (z == 6.0 ? 0.5 : relu6.derivative(z)); }),
        "the slope is the mean of both sides");
  names(evidence_of(slope_of(satur::exponential{}, numbers::binary64),
                    [&](double z, double dy) { // its last numbers, beside which the truth overflows: that is no kink
                      auto const exact = static_cast<long double>(dy) * std::exp(static_cast<long double>(z));
                      return z > 709.0 ? std::copysign(std::numeric_limits<double>::infinity(), dy)
                                       : static_cast<double>(exact);
                    }),
        "on the result is infinite");
}

TEST_CASE("numbers in few bits") {
  question const tanh = value_of(satur::tanh{});
  question const sigmoid = value_of(satur::sigmoid{});
  satur::format const zero = formats::with_zero_point(formats::uint8, 128.0);
  auto const y = [](std::uint32_t q) { return satur::tanh{}.value(satur::decode(formats::int8, q) / 32.0) * 127.0; };
  auto const s = [](std::uint32_t q, double zero_point) {
    return satur::sigmoid{}.value((q - zero_point) / 16.0) * 255.0;
  };
  auto const code = [](double q) { return static_cast<std::uint32_t>(static_cast<std::int32_t>(q)) & 255u; };
  auto const int8 = [&](std::function<std::uint32_t(std::uint32_t)> const& k) {
    return evidence_of_codes(tanh, formats::int8, 32.0, formats::int8, 127.0, k);
  };
  auto const uint8 = [&](std::function<std::uint32_t(std::uint32_t)> const& k) {
    return evidence_of_codes(sigmoid, zero, 16.0, formats::uint8, 255.0, k);
  };
  names(int8([&](std::uint32_t q) { return code(std::trunc(y(q))); }), "truncated to an integer");
  names(int8([&](std::uint32_t q) { return code(std::floor(y(q))); }), "rounded down to an integer");
  names(int8([&](std::uint32_t q) { return code(std::trunc(y(q) + 0.5)); }), "1/2 is added and the sum truncated");
  names(int8([&](std::uint32_t q) { return code(std::nearbyint(y(q)) - 1.0); }),
        "The zero point of the result is off by 1");
  names(int8([&](std::uint32_t q) { return code(std::nearbyint(y(q) * 0.5)); }),
        "scale of the result is off by the factor 0.5");
  names(evidence_of_codes(tanh, formats::int8, 32.0, formats::int8, 200.0,
                          [&](std::uint32_t q) { return code(std::nearbyint(y(q) / 127.0 * 200.0)); }),
        "wrap around");
  names(uint8([&](std::uint32_t q) { return code(std::nearbyint(s(q, 127.0))); }), "The zero point of z is off by 1");
  names(uint8([&](std::uint32_t q) { return code(std::nearbyint(s(q, 0.0))); }), "zero point of z is");
  names(uint8([&](std::uint32_t q) { return code(std::nearbyint(s(q, -128.0))); }), "zero point of z is added");
  names(evidence_of_codes(sigmoid, formats::uint8, 16.0, zero, 100.0,
                          [&](std::uint32_t q) { return code(std::nearbyint(s(q, 0.0) / 2.55)); }),
        "zero point of the result is");
  names(evidence_of_codes(tanh, formats::bfloat16, 1.0, formats::bfloat16, 1.0,
                          [](std::uint32_t q) {
                            return static_cast<std::uint32_t>(truncated_bfloat16(
                                static_cast<float>(satur::tanh{}.value(satur::decode(formats::bfloat16, q)))));
                          }),
        "truncated to bfloat16");
  names(evidence_of_codes(tanh, formats::float16, 1.0, formats::float16, 1.0,
                          [](std::uint32_t q) {
                            return satur::encode(
                                formats::float16,
                                satur::decode(formats::bfloat16,
                                              satur::encode(formats::bfloat16,
                                                            satur::tanh{}.value(satur::decode(formats::float16, q)))));
                          }),
        "rounded twice");
  names(evidence_of_codes(tanh, formats::fp8_e4m3, 1.0, formats::fp8_e4m3, 1.0,
                          [](std::uint32_t q) {
                            return satur::encode(formats::fp8_e4m3,
                                                 satur::tanh{}.value(satur::decode(formats::fp8_e5m2, q)));
                          }),
        "Codes of z are read as fp8_e5m2");
  names(evidence_of_codes(value_of(satur::exponential{}), formats::fp8_e4m3, 1.0, formats::fp8_e4m3, 1.0,
                          [](std::uint32_t q) {
                            double const x = satur::exponential{}.value(satur::decode(formats::fp8_e4m3, q));
                            return x > 448.0 ? 1u : satur::encode(formats::fp8_e4m3, x);
                          }),
        "Too large a result wraps around");
}

TEST_CASE("nothing wrong, or nothing known, gives no cause") {
  CHECK(causes_of({}).empty());
  kernel_evidence e = evidence_of(value_of(satur::tanh{}), [](double z, double) { return z > 1.0 ? z : std::tanh(z); });
  e.value = nullptr;
  e.slope = nullptr;
  CHECK(causes_of(e).empty());
}

} // namespace
