/// \file testing/kernel/cause/formulas.hpp  The usual formulas of activations and slopes that lose digits, overflow, or
/// have a lost constant, evaluated in the kernel's own arithmetic.
#pragma once

#include "satur/testing/kernel/cause/rounded.hpp"

#include <string_view>

namespace satur::inline SATUR_ABI::testing::detail {

/// What a formula is given. `p` is the parameter of the activation; y = f(z), rounded as the kernel may have it.
struct formula_input {
  rounded z;
  rounded y;
  rounded dy;
  double p;
};

/// A formula as people write it, what is wrong with it, and what to write instead.
struct usual_formula {
  std::string_view of; ///< the activation
  bool slope;
  char const* what;
  rounded (*result)(formula_input const&);
  bool takes_dy = false; ///< else the result is multiplied by it
};

inline constexpr double root_half = 0.70710678118654752440;      // sqrt(1/2)
inline constexpr double root_2_by_pi = 0.79788456080286535588;   // sqrt(2/pi)
inline constexpr double root_1_by_2pi = 0.39894228040143267794;  // sqrt(1/(2 pi))
inline constexpr double two_by_root_pi = 1.12837916709551257390; // 2/sqrt(pi)
inline constexpr double selu_lambda = 1.0507009873554804934;
inline constexpr double selu_alpha = 1.6732632423543772848;

inline rounded plain_sigmoid(rounded const& z) { return 1.0 / (1.0 + exp(-z)); }
inline rounded power_for_exp(rounded const& x) {
  rounded a = 1.0 + x / 1024.0;
  for (int n = 0; n < 10; ++n) {
    a = a * a;
  }
  return a;
}
inline rounded cubic(rounded const& z, double c) { return root_2_by_pi * (z + c * z * z * z); }
inline rounded gate(rounded const& z, rounded const& u) { return 0.5 * z * (1.0 + tanh(u)); }
inline rounded plain_relu(rounded const& z) { return z < 0.0 ? z.made(0.0) : z; }
inline rounded plain_cdf(rounded const& z) { return 0.5 * (1.0 + erf(z * root_half)); }

using in = formula_input const&;

// clang-format off
inline constexpr usual_formula usual_values[] = {
  {"sigmoid", false, "exp(z) / (1 + exp(z)) is inf / inf = NaN where exp(z) overflows: take e = exp(-|z|), then 1 / (1 + e) for z >= 0 and e / (1 + e) else",
   [](in i) { rounded const n = exp(i.z); return n / (1.0 + n); }},
  {"sigmoid", false, "1 / (1 + exp(-z)) is 0 too early, where exp(-z) overflows: for z < 0 write e / (1 + e) with e = exp(z)",
   [](in i) { return plain_sigmoid(i.z); }},
  {"sigmoid", false, "(1 + tanh(z / 2)) / 2 cancels for z < 0, where tanh is beside -1: for z < 0 write e / (1 + e) with e = exp(z)",
   [](in i) { return 0.5 * (1.0 + tanh(0.5 * i.z)); }},
  {"sigmoid", false, "1 - 1 / (1 + exp(z)) cancels for z < 0: write e / (1 + e) with e = exp(z) there",
   [](in i) { return 1.0 - plain_sigmoid(-i.z); }},
  {"sigmoid", false, "z / (1 + |z|) / 2 + 1/2 is a crude stand-in for sigmoid, off by up to 0.09: write e / (1 + e) or 1 / (1 + e) with e = exp(-|z|)",
   [](in i) { return 0.5 + 0.5 * (i.z / (1.0 + fabs(i.z))); }},
  {"sigmoid", false, "exp(x) is taken as (1 + x / 1024)^1024, which has three digits beside 0 and none far out: call exp",
   [](in i) { return 1.0 / (1.0 + power_for_exp(-i.z)); }},
  {"tanh", false, "z (27 + z^2) / (27 + 9 z^2) is an approximation for small z only: call tanh, or use expm1(-2 |z|)",
   [](in i) { rounded const q = i.z * i.z; return i.z * (27.0 + q) / (27.0 + 9.0 * q); }},
  {"tanh", false, "(exp(z) - exp(-z)) / (exp(z) + exp(-z)) cancels beside 0 and is inf / inf = NaN where exp overflows: call tanh, or use expm1(-2 |z|)",
   [](in i) { rounded const a = exp(i.z); rounded const b = exp(-i.z); return (a - b) / (a + b); }},
  {"tanh", false, "(exp(2z) - 1) / (exp(2z) + 1) cancels beside 0 and is inf / inf = NaN where exp(2z) overflows: call tanh, or use expm1(-2 |z|)",
   [](in i) { rounded const a = exp(2.0 * i.z); return (a - 1.0) / (a + 1.0); }},
  {"tanh", false, "2 / (1 + exp(-2z)) - 1 cancels beside 0: call tanh, or use expm1(-2 |z|)",
   [](in i) { return 2.0 / (1.0 + exp(-2.0 * i.z)) - 1.0; }},
  {"tanh", false, "1 - 2 / (1 + exp(2z)) cancels beside 0: call tanh, or use expm1(-2 |z|)",
   [](in i) { return 1.0 - 2.0 / (1.0 + exp(2.0 * i.z)); }},
  {"log_sigmoid", false, "log(sigmoid(z)) is -inf where sigmoid underflows and 0 where it rounds to 1: write min(z, 0) - log1p(exp(-|z|))",
   [](in i) { return log(plain_sigmoid(i.z)); }},
  {"log_sigmoid", false, "-log(1 + exp(-z)) is -inf where exp(-z) overflows and 0 where 1 + exp(-z) rounds to 1: write min(z, 0) - log1p(exp(-|z|))",
   [](in i) { return -log(1.0 + exp(-i.z)); }},
  {"log_sigmoid", false, "log(1 + e) loses e where 1 + e rounds to 1: write min(z, 0) - log1p(exp(-|z|))",
   [](in i) { return above(i.z, 0.0, i.z.made(0.0), i.z) - log(1.0 + exp(-fabs(i.z))); }},
  {"softplus", false, "log(1 + exp(z)) is inf where exp(z) overflows and 0 where 1 + exp(z) rounds to 1: write max(z, 0) + log1p(exp(-|z|))",
   [](in i) { return log(1.0 + exp(i.p * i.z)) / i.p; }},
  {"softplus", false, "log1p(exp(z)) is inf where exp(z) overflows: write max(z, 0) + log1p(exp(-|z|))",
   [](in i) { return log1p(exp(i.p * i.z)) / i.p; }},
  {"softplus", false, "log(1 + exp(-|z|)) loses the exponential where 1 + it rounds to 1: use log1p",
   [](in i) { return above(i.z, 0.0, i.z, i.z.made(0.0)) + log(1.0 + exp(-fabs(i.p * i.z))) / i.p; }},
  {"softplus", false, "softplus(z) is z from the threshold of 20 on, as in PyTorch: this drops log1p(exp(-z)), which double still sees; write max(z, 0) + log1p(exp(-|z|))",
   [](in i) { return above(i.p * i.z, 20.0, i.z, log1p(exp(i.p * i.z)) / i.p); }},
  {"softsign", false, "z / (1 + |z|) is inf / inf = NaN at infinity: return the sign of z there",
   [](in i) { return i.z / (1.0 + fabs(i.z)); }},
  {"relu6", false, "relu(z) - relu(z - 6) cancels for large z: write min(max(z, 0), 6)",
   [](in i) { return plain_relu(i.z) - plain_relu(i.z - 6.0); }},
  {"hard_swish", false, "relu6(z + 3) as relu(z + 3) - relu(z - 3) cancels for large z: write min(max(z + 3, 0), 6)",
   [](in i) { return i.z * (plain_relu(i.z + 3.0) - plain_relu(i.z - 3.0)) * (1.0 / 6.0); }},
  {"elu", false, "exp(z) - 1 cancels beside 0: write expm1(z)",
   [](in i) { return above(i.z, 0.0, i.z, i.p * (exp(i.z) - 1.0)); }},
  {"celu", false, "exp(z / alpha) - 1 cancels beside 0: write expm1(z / alpha)",
   [](in i) { return above(i.z, 0.0, i.z, i.p * (exp(i.z / i.p) - 1.0)); }},
  {"selu", false, "exp(z) - 1 cancels beside 0: write expm1(z)",
   [](in i) { return above(i.z, 0.0, selu_lambda * i.z, selu_lambda * selu_alpha * (exp(i.z) - 1.0)); }},
  {"gelu", false, "z / 2 * (1 + erf(z / sqrt 2)) cancels for z < 0, where erf is beside -1, and is 0 in the tail: write z / 2 * erfc(-z / sqrt 2)",
   [](in i) { return i.z * plain_cdf(i.z); }},
  {"gelu", false, "z / sqrt 2 is rounded before erfc, which enlarges this error by z^2 in the tail: compute erfc in double",
   [](in i) { return 0.5 * i.z * erfc(i.z.called(-root_half * i.z.get())); }},
  {"gelu_tanh", false, "z / 2 * (1 + tanh(u)) cancels for z < 0, where tanh is beside -1, and is 0 in the tail: write z * sigmoid(2u)",
   [](in i) { return gate(i.z, cubic(i.z, 0.044715)); }},
  {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.0044715", [](in i) { return gate(i.z, cubic(i.z, 0.0044715)); }},
  {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.44715", [](in i) { return gate(i.z, cubic(i.z, 0.44715)); }},
  {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.04715", [](in i) { return gate(i.z, cubic(i.z, 0.04715)); }},
  {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.044175", [](in i) { return gate(i.z, cubic(i.z, 0.044175)); }},
  {"gelu_tanh", false, "The constant 0.044715 is rounded to 0.0447", [](in i) { return gate(i.z, cubic(i.z, 0.0447)); }},
  {"gelu_tanh", false, "sqrt(2 / pi) is rounded to 0.7978", [](in i) { return gate(i.z, 0.7978 / root_2_by_pi * cubic(i.z, 0.044715)); }},
  {"gelu_tanh", false, "sqrt(2) / pi stands where sqrt(2 / pi) belongs", [](in i) { return gate(i.z, 0.45015815807855303 / root_2_by_pi * cubic(i.z, 0.044715)); }},
  {"gelu_tanh", false, "2 / pi stands where sqrt(2 / pi) belongs", [](in i) { return gate(i.z, root_2_by_pi * cubic(i.z, 0.044715)); }},
  {"gelu_tanh", false, "0.044715 multiplies z^2; it belongs to z^3", [](in i) { return gate(i.z, root_2_by_pi * (i.z + 0.044715 * i.z * i.z)); }},
  {"silu", false, "z / (1 + exp(-z)) is 0 too early and NaN at -inf, where exp(-z) overflows: for z < 0 write z e / (1 + e) with e = exp(z)",
   [](in i) { return i.z / (1.0 + exp(-i.p * i.z)); }},
  {"silu", false, "exp(z) / (1 + exp(z)) is inf / inf = NaN where exp(z) overflows: take e = exp(-|z|), then z / (1 + e) for z >= 0 and z e / (1 + e) else",
   [](in i) { rounded const n = exp(i.p * i.z); return i.z * (n / (1.0 + n)); }},
  {"mish", false, "log(1 + exp(z)) is 0 where 1 + exp(z) rounds to 1: write w = n (n + 2) with n = exp(z), then z w / (w + 2)",
   [](in i) { return i.z * tanh(log(1.0 + exp(i.z))); }},
  {"mish", false, "exp(z) (exp(z) + 2) overflows for large z, and inf / inf is NaN: for z > 0 write it with exp(-z)",
   [](in i) { rounded const n = exp(i.z); rounded const w = n * (n + 2.0); return i.z * (w / (w + 2.0)); }},
  {"mish", false, "1 + 2 / (n (n + 2)) overflows for negative z: write w = n (n + 2) with n = exp(z), then z w / (w + 2)",
   [](in i) { rounded const n = exp(i.z); return i.z / (1.0 + 2.0 / (n * (n + 2.0))); }},
  {"squareplus", false, "(z + sqrt(z^2 + b)) / 2 cancels for z < 0, and z^2 overflows: for z < 0 write (b / 2) / (h - z) with h = hypot(z, sqrt b)",
   [](in i) { return 0.5 * (i.z + sqrt(i.z * i.z + i.p)); }},
};

inline constexpr usual_formula usual_slopes[] = {
  {"sigmoid", true, "The slope is y (1 - y): 1 - y cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: e / (1 + e)^2 with e = exp(-|z|)",
   [](in i) { return i.y * (1.0 - i.y); }},
  {"sigmoid", true, "The slope is y - y^2: it cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: e / (1 + e)^2 with e = exp(-|z|)",
   [](in i) { return i.y - i.y * i.y; }},
  {"sigmoid", true, "exp(-z) / (1 + exp(-z))^2 overflows for z < 0: take e = exp(-|z|)",
   [](in i) { rounded const n = exp(-i.z); return n / ((1.0 + n) * (1.0 + n)); }},
  {"sigmoid", true, "(1 - tanh(z / 2)^2) / 4 cancels where tanh is beside 1: write e / (1 + e)^2 with e = exp(-|z|)",
   [](in i) { rounded const t = tanh(0.5 * i.z); return 0.25 * (1.0 - t * t); }},
  {"sigmoid", true, "z (1 - z) is a formula in the output, but z is given: use y = f(z)", [](in i) { return i.z * (1.0 - i.z); }},
  {"tanh", true, "The slope is 1 - y^2: it cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)",
   [](in i) { return 1.0 - i.y * i.y; }},
  {"tanh", true, "The slope is (1 - y) (1 + y): 1 - y cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)",
   [](in i) { return (1.0 - i.y) * (1.0 + i.y); }},
  {"tanh", true, "The slope is 1 + y^2: the sign is wrong, it is 1 - y^2, from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)", [](in i) { return 1.0 + i.y * i.y; }},
  {"tanh", true, "The slope is -y^2: the 1 is lost, it is 1 - y^2, from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)", [](in i) { return -(i.y * i.y); }},
  {"tanh", true, "1 / cosh(z)^2 is 0 too early, where cosh(z)^2 overflows: write 4 e / (1 + e)^2 with e = exp(-2 |z|)",
   [](in i) { rounded const c = cosh(i.z); return 1.0 / (c * c); }},
  {"tanh", true, "Parentheses are missing: (1 - y^2) * dy, not 1 - y^2 * dy", [](in i) { return 1.0 - i.y * i.y * i.dy; }, true},
  {"tanh", true, "1 - z^2 is a formula in the output, but z is given: use y = f(z)", [](in i) { return 1.0 - i.z * i.z; }},
  {"tanh", true, "The slope is 1 - y: the square is missing, and it cancels; compute from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)", [](in i) { return 1.0 - i.y; }},
  {"log_sigmoid", true, "1 - sigmoid(z) cancels for large z: write sigmoid(-z)", [](in i) { return 1.0 - plain_sigmoid(i.z); }},
  {"softplus", true, "exp(z) / (1 + exp(z)) is NaN where exp(z) overflows (inf / inf, or inf * 0): write sigmoid(z) with e = exp(-|z|)",
   [](in i) { rounded const n = exp(i.p * i.z); return n / (1.0 + n); }},
  {"softplus", true, "1 / (1 + exp(-z)) is 0 too early, where exp(-z) overflows: for z < 0 write e / (1 + e) with e = exp(z)", [](in i) { return plain_sigmoid(i.p * i.z); }},
  {"softplus", true, "1 - exp(-y) cancels where y is small: write -expm1(-y), or sigmoid(z)", [](in i) { return 1.0 - exp(-i.p * i.y); }},
  {"softplus", true, "The slope is 1 from the threshold of 20 on, as in PyTorch: double still sees exp(-z); write sigmoid(z)", [](in i) { return above(i.p * i.z, 20.0, i.z.made(1.0), plain_sigmoid(i.p * i.z)); }},
  {"softsign", true, "The slope is (1 - |y|)^2: it cancels where |y| is beside 1; compute from z: 1 / (1 + |z|)^2", [](in i) { rounded const d = 1.0 - fabs(i.y); return d * d; }},
  {"softsign", true, "(1 + |z|)^2 overflows: divide twice, 1 / (1 + |z|) / (1 + |z|)", [](in i) { rounded const d = 1.0 + fabs(i.z); return 1.0 / (d * d); }},
  {"arctan", true, "z^2 overflows, and the slope is 0 too early: for large |z| write 1 / z / z", [](in i) { return 1.0 / (1.0 + i.z * i.z); }},
  {"arctan", true, "cos(y)^2 cancels where y is beside pi / 2: compute from z: 1 / (1 + z^2)", [](in i) { rounded const c = cos(i.y); return c * c; }},
  {"erf", true, "z^2 is rounded before exp, which enlarges this error in the tail: compute in double, or split z^2 in two numbers", [](in i) { return two_by_root_pi * exp(-(i.z * i.z)); }},
  {"erf", true, "exp(-z^2 / 2) stands where exp(-z^2) belongs: a 1/2 too many", [](in i) { return two_by_root_pi * exp(-0.5 * (i.z * i.z)); }},
  {"elu", true, "The slope is y + alpha for z < 0: it cancels where y is beside -alpha; compute from z: alpha exp(z)", [](in i) { return above(i.z, 0.0, i.z.made(1.0), i.y + i.p); }},
  {"elu", true, "z + alpha is a formula in the output, but z is given: write alpha exp(z)", [](in i) { return above(i.z, 0.0, i.z.made(1.0), i.z + i.p); }},
  {"elu", true, "The factor alpha is missing for z < 0: write alpha exp(z)", [](in i) { return above(i.z, 0.0, i.z.made(1.0), exp(i.z)); }},
  {"selu", true, "The slope is y + lambda alpha for z < 0: it cancels where y is beside -lambda alpha; compute from z: lambda alpha exp(z)", [](in i) { return above(i.z, 0.0, i.z.made(selu_lambda), i.y + selu_lambda * selu_alpha); }},
  {"selu", true, "lambda (y + alpha) counts lambda twice: y holds it already; write y + lambda alpha, or better lambda alpha exp(z)", [](in i) { return above(i.z, 0.0, i.z.made(selu_lambda), selu_lambda * (i.y + selu_alpha)); }},
  {"selu", true, "The factor lambda is missing: write lambda for z > 0, lambda alpha exp(z) else", [](in i) { return above(i.z, 0.0, i.z.made(1.0), selu_alpha * exp(i.z)); }},
  {"gelu", true, "1 + erf(z / sqrt 2) cancels for z < 0, and the slope has the wrong sign or is off in the tail: write erfc(-z / sqrt 2)", [](in i) { return plain_cdf(i.z) + i.z * (root_1_by_2pi * exp(-0.5 * (i.z * i.z))); }},
  {"gelu", true, "A lost 1/2: 1 + erf(z / sqrt 2) is twice the normal distribution; write erfc(-z / sqrt 2) / 2", [](in i) { return 2.0 * plain_cdf(i.z) + i.z * (root_1_by_2pi * exp(-0.5 * (i.z * i.z))); }},
  {"gelu", true, "A lost 1/2: exp(-z^2) stands where exp(-z^2 / 2) belongs", [](in i) { return plain_cdf(i.z) + i.z * (root_1_by_2pi * exp(-(i.z * i.z))); }},
  {"gelu", true, "The factor 1 / sqrt(2 pi) of exp(-z^2 / 2) is missing", [](in i) { return plain_cdf(i.z) + i.z * exp(-0.5 * (i.z * i.z)); }},
  {"gelu_tanh", true, "1 + tanh(u) and 1 - tanh(u)^2 cancel for z < 0: write sigmoid(2u) and e / (1 + e)^2",
   [](in i) { rounded const t = tanh(cubic(i.z, 0.044715)); return 0.5 * (1.0 + t) + 0.5 * i.z * (1.0 - t * t) * (root_2_by_pi * (1.0 + 0.134145 * i.z * i.z)); }},
  {"gelu_tanh", true, "A lost 3: the slope of z + 0.044715 z^3 is 1 + 3 * 0.044715 z^2",
   [](in i) { rounded const t = tanh(cubic(i.z, 0.044715)); return 0.5 * (1.0 + t) + 0.5 * i.z * (1.0 - t * t) * (root_2_by_pi * (1.0 + 0.044715 * i.z * i.z)); }},
  {"gelu_tanh", true, "A lost 1/2: the second summand is z / 2 * (1 - tanh(u)^2) u'",
   [](in i) { rounded const t = tanh(cubic(i.z, 0.044715)); return 0.5 * (1.0 + t) + i.z * (1.0 - t * t) * (root_2_by_pi * (1.0 + 0.134145 * i.z * i.z)); }},
  {"silu", true, "s (1 + z (1 - s)) is 0 too early, where exp(-z) overflows, and NaN at infinity: write sigmoid(-z) for 1 - s, and treat infinity", [](in i) { rounded const s = plain_sigmoid(i.p * i.z); return s * (1.0 + i.p * i.z * (1.0 - s)); }},
  {"silu", true, "Parentheses are missing: (1 + e + z e) / (1 + e)^2, not 1 + e + z e / (1 + e)^2",
   [](in i) { rounded const n = exp(-i.p * i.z); return 1.0 + n + i.z * n / ((1.0 + n) * (1.0 + n)); }},
  {"silu", true, "y + s (1 - y) is off beside its zero and NaN at infinity: write s (1 + z sigmoid(-z))", [](in i) { rounded const s = plain_sigmoid(i.p * i.z); return i.p * i.y + s * (1.0 - i.p * i.y); }},
  {"mish", true, "exp(3z) and exp(2z)^2 overflow, and inf / inf is NaN: for z > 0 write the slope with exp(-z)",
   [](in i) { rounded const n = exp(i.z); rounded const d = 2.0 * n + exp(2.0 * i.z) + 2.0; return n * (4.0 * (i.z + 1.0) + 4.0 * exp(2.0 * i.z) + exp(3.0 * i.z) + n * (4.0 * i.z + 6.0)) / (d * d); }},
  {"mish", true, "1 - tanh(softplus(z))^2 cancels, and softplus(z) = log(1 + exp(z)) loses the tail: write the slope with n = exp(-|z|)",
   [](in i) { rounded const t = tanh(log(1.0 + exp(i.z))); return t + i.z * (1.0 - t * t) * plain_sigmoid(i.z); }},
  {"squareplus", true, "(1 + z / sqrt(z^2 + b)) / 2 cancels for z < 0, and z^2 overflows: write (b / 2) / (h - z) / h with h = hypot(z, sqrt b)",
   [](in i) { return 0.5 * (1.0 + i.z / sqrt(i.z * i.z + i.p)); }},
};
// clang-format on

} // namespace satur::inline SATUR_ABI::testing::detail
