/// \file testing/kernel/cause/slopes.hpp  The usual formulas of slopes that go wrong.
#pragma once

#include "satur/testing/kernel/cause/formulas.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

inline constexpr usual_formula usual_slopes[] = {
    {"sigmoid", true,
     "The slope is y (1 - y): 1 - y cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: e / (1 "
     "+ e)^2 with e = exp(-|z|)",
     [](in i) { return i.y * (1.0 - i.y); }},
    {"sigmoid", true,
     "The slope is y - y^2: it cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: e / (1 + "
     "e)^2 with e = exp(-|z|)",
     [](in i) { return i.y - i.y * i.y; }},
    {"sigmoid", true, "exp(-z) / (1 + exp(-z))^2 overflows for z < 0: take e = exp(-|z|)",
     [](in i) {
       rounded const n = exp(-i.z);
       return n / ((1.0 + n) * (1.0 + n));
     }},
    {"sigmoid", true, "(1 - tanh(z / 2)^2) / 4 cancels where tanh is beside 1: write e / (1 + e)^2 with e = exp(-|z|)",
     [](in i) {
       rounded const t = tanh(0.5 * i.z);
       return 0.25 * (1.0 - t * t);
     }},
    {"sigmoid", true, "z (1 - z) is a formula in the output, but z is given: use y = f(z)",
     [](in i) { return i.z * (1.0 - i.z); }},
    {"tanh", true,
     "The slope is 1 - y^2: it cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: 4 e / (1 + "
     "e)^2 with e = exp(-2 |z|)",
     [](in i) { return 1.0 - i.y * i.y; }},
    {"tanh", true,
     "The slope is (1 - y) (1 + y): 1 - y cancels where y is beside 1, and is 0 where y rounds to 1; compute from z: 4 "
     "e / (1 + e)^2 with e = exp(-2 |z|)",
     [](in i) { return (1.0 - i.y) * (1.0 + i.y); }},
    {"tanh", true,
     "The slope is 1 + y^2: the sign is wrong, it is 1 - y^2, from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)",
     [](in i) { return 1.0 + i.y * i.y; }},
    {"tanh", true, "The slope is -y^2: the 1 is lost, it is 1 - y^2, from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)",
     [](in i) { return -(i.y * i.y); }},
    {"tanh", true,
     "1 / cosh(z)^2 is 0 too early, where cosh(z)^2 overflows: write 4 e / (1 + e)^2 with e = exp(-2 |z|)",
     [](in i) {
       rounded const c = cosh(i.z);
       return 1.0 / (c * c);
     }},
    {"tanh", true, "Parentheses are missing: (1 - y^2) * dy, not 1 - y^2 * dy",
     [](in i) { return 1.0 - i.y * i.y * i.dy; }, true},
    {"tanh", true, "1 - z^2 is a formula in the output, but z is given: use y = f(z)",
     [](in i) { return 1.0 - i.z * i.z; }},
    {"tanh", true,
     "The slope is 1 - y: the square is missing, and it cancels; compute from z: 4 e / (1 + e)^2 with e = exp(-2 |z|)",
     [](in i) { return 1.0 - i.y; }},
    {"log_sigmoid", true, "1 - sigmoid(z) cancels for large z: write sigmoid(-z)",
     [](in i) { return 1.0 - plain_sigmoid(i.z); }},
    {"softplus", true,
     "exp(z) / (1 + exp(z)) is NaN where exp(z) overflows (inf / inf, or inf * 0): write sigmoid(z) with e = exp(-|z|)",
     [](in i) {
       rounded const n = exp(i.p * i.z);
       return n / (1.0 + n);
     }},
    {"softplus", true,
     "1 / (1 + exp(-z)) is 0 too early, where exp(-z) overflows: for z < 0 write e / (1 + e) with e = exp(z)",
     [](in i) { return plain_sigmoid(i.p * i.z); }},
    {"softplus", true, "1 - exp(-y) cancels where y is small: write -expm1(-y), or sigmoid(z)",
     [](in i) { return 1.0 - exp(-i.p * i.y); }},
    {"softplus", true,
     "The slope is 1 from the threshold of 20 on, as in PyTorch: double still sees exp(-z); write sigmoid(z)",
     [](in i) { return above(i.p * i.z, 20.0, i.z.made(1.0), plain_sigmoid(i.p * i.z)); }},
    {"softsign", true, "The slope is (1 - |y|)^2: it cancels where |y| is beside 1; compute from z: 1 / (1 + |z|)^2",
     [](in i) {
       rounded const d = 1.0 - fabs(i.y);
       return d * d;
     }},
    {"softsign", true, "(1 + |z|)^2 overflows: divide twice, 1 / (1 + |z|) / (1 + |z|)",
     [](in i) {
       rounded const d = 1.0 + fabs(i.z);
       return 1.0 / (d * d);
     }},
    {"arctan", true, "z^2 overflows, and the slope is 0 too early: for large |z| write 1 / z / z",
     [](in i) { return 1.0 / (1.0 + i.z * i.z); }},
    {"arctan", true, "cos(y)^2 cancels where y is beside pi / 2: compute from z: 1 / (1 + z^2)",
     [](in i) {
       rounded const c = cos(i.y);
       return c * c;
     }},
    {"erf", true,
     "z^2 is rounded before exp, which enlarges this error in the tail: compute in double, or split z^2 in two numbers",
     [](in i) { return two_by_root_pi * exp(-(i.z * i.z)); }},
    {"erf", true, "exp(-z^2 / 2) stands where exp(-z^2) belongs: a 1/2 too many",
     [](in i) { return two_by_root_pi * exp(-0.5 * (i.z * i.z)); }},
    {"elu", true, "The slope is y + alpha for z < 0: it cancels where y is beside -alpha; compute from z: alpha exp(z)",
     [](in i) { return above(i.z, 0.0, i.z.made(1.0), i.y + i.p); }},
    {"elu", true, "z + alpha is a formula in the output, but z is given: write alpha exp(z)",
     [](in i) { return above(i.z, 0.0, i.z.made(1.0), i.z + i.p); }},
    {"elu", true, "The factor alpha is missing for z < 0: write alpha exp(z)",
     [](in i) { return above(i.z, 0.0, i.z.made(1.0), exp(i.z)); }},
    {"selu", true,
     "The slope is y + lambda alpha for z < 0: it cancels where y is beside -lambda alpha; compute from z: lambda "
     "alpha exp(z)",
     [](in i) { return above(i.z, 0.0, i.z.made(selu_lambda), i.y + selu_lambda * selu_alpha); }},
    {"selu", true,
     "lambda (y + alpha) counts lambda twice: y holds it already; write y + lambda alpha, or better lambda alpha "
     "exp(z)",
     [](in i) { return above(i.z, 0.0, i.z.made(selu_lambda), selu_lambda * (i.y + selu_alpha)); }},
    {"selu", true, "The factor lambda is missing: write lambda for z > 0, lambda alpha exp(z) else",
     [](in i) { return above(i.z, 0.0, i.z.made(1.0), selu_alpha * exp(i.z)); }},
    {"gelu", true,
     "1 + erf(z / sqrt 2) cancels for z < 0, and the slope has the wrong sign or is off in the tail: write erfc(-z / "
     "sqrt 2)",
     [](in i) { return plain_cdf(i.z) + i.z * (root_1_by_2pi * exp(-0.5 * (i.z * i.z))); }},
    {"gelu", true, "A lost 1/2: 1 + erf(z / sqrt 2) is twice the normal distribution; write erfc(-z / sqrt 2) / 2",
     [](in i) { return 2.0 * plain_cdf(i.z) + i.z * (root_1_by_2pi * exp(-0.5 * (i.z * i.z))); }},
    {"gelu", true, "A lost 1/2: exp(-z^2) stands where exp(-z^2 / 2) belongs",
     [](in i) { return plain_cdf(i.z) + i.z * (root_1_by_2pi * exp(-(i.z * i.z))); }},
    {"gelu", true, "The factor 1 / sqrt(2 pi) of exp(-z^2 / 2) is missing",
     [](in i) { return plain_cdf(i.z) + i.z * exp(-0.5 * (i.z * i.z)); }},
    {"gelu_tanh", true, "1 + tanh(u) and 1 - tanh(u)^2 cancel for z < 0: write sigmoid(2u) and e / (1 + e)^2",
     [](in i) {
       rounded const t = tanh(cubic(i.z, 0.044715));
       return 0.5 * (1.0 + t) + 0.5 * i.z * (1.0 - t * t) * (root_2_by_pi * (1.0 + 0.134145 * i.z * i.z));
     }},
    {"gelu_tanh", true, "A lost 3: the slope of z + 0.044715 z^3 is 1 + 3 * 0.044715 z^2",
     [](in i) {
       rounded const t = tanh(cubic(i.z, 0.044715));
       return 0.5 * (1.0 + t) + 0.5 * i.z * (1.0 - t * t) * (root_2_by_pi * (1.0 + 0.044715 * i.z * i.z));
     }},
    {"gelu_tanh", true, "A lost 1/2: the second summand is z / 2 * (1 - tanh(u)^2) u'",
     [](in i) {
       rounded const t = tanh(cubic(i.z, 0.044715));
       return 0.5 * (1.0 + t) + i.z * (1.0 - t * t) * (root_2_by_pi * (1.0 + 0.134145 * i.z * i.z));
     }},
    {"silu", true,
     "s (1 + z (1 - s)) is 0 too early, where exp(-z) overflows, and NaN at infinity: write sigmoid(-z) for 1 - s, and "
     "treat infinity",
     [](in i) {
       rounded const s = plain_sigmoid(i.p * i.z);
       return s * (1.0 + i.p * i.z * (1.0 - s));
     }},
    {"silu", true, "Parentheses are missing: (1 + e + z e) / (1 + e)^2, not 1 + e + z e / (1 + e)^2",
     [](in i) {
       rounded const n = exp(-i.p * i.z);
       return 1.0 + n + i.z * n / ((1.0 + n) * (1.0 + n));
     }},
    {"silu", true, "y + s (1 - y) is off beside its zero and NaN at infinity: write s (1 + z sigmoid(-z))",
     [](in i) {
       rounded const s = plain_sigmoid(i.p * i.z);
       return i.p * i.y + s * (1.0 - i.p * i.y);
     }},
    {"mish", true, "exp(3z) and exp(2z)^2 overflow, and inf / inf is NaN: for z > 0 write the slope with exp(-z)",
     [](in i) {
       rounded const n = exp(i.z);
       rounded const d = 2.0 * n + exp(2.0 * i.z) + 2.0;
       return n * (4.0 * (i.z + 1.0) + 4.0 * exp(2.0 * i.z) + exp(3.0 * i.z) + n * (4.0 * i.z + 6.0)) / (d * d);
     }},
    {"mish", true,
     "1 - tanh(softplus(z))^2 cancels, and softplus(z) = log(1 + exp(z)) loses the tail: write the slope with n = "
     "exp(-|z|)",
     [](in i) {
       rounded const t = tanh(log(1.0 + exp(i.z)));
       return t + i.z * (1.0 - t * t) * plain_sigmoid(i.z);
     }},
    {"squareplus", true,
     "(1 + z / sqrt(z^2 + b)) / 2 cancels for z < 0, and z^2 overflows: write (b / 2) / (h - z) / h with h = hypot(z, "
     "sqrt b)",
     [](in i) { return 0.5 * (1.0 + i.z / sqrt(i.z * i.z + i.p)); }},
};

} // namespace satur::inline SATUR_ABI::testing::detail
