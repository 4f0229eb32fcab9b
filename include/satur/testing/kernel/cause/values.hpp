/// \file testing/kernel/cause/values.hpp  The usual formulas of activations that go wrong.
#pragma once

#include "satur/testing/kernel/cause/formulas.hpp"

namespace satur::inline SATUR_ABI::testing::detail {

inline constexpr usual_formula usual_values[] = {
    {"sigmoid", false,
     "exp(z) / (1 + exp(z)) is inf / inf = NaN where exp(z) overflows: take e = exp(-|z|), then 1 / (1 + e) for z >= 0 "
     "and e / (1 + e) else",
     [](in i) {
       rounded const n = exp(i.z);
       return n / (1.0 + n);
     }},
    {"sigmoid", false,
     "1 / (1 + exp(-z)) is 0 too early, where exp(-z) overflows: for z < 0 write e / (1 + e) with e = exp(z)",
     [](in i) { return plain_sigmoid(i.z); }},
    {"sigmoid", false,
     "(1 + tanh(z / 2)) / 2 cancels for z < 0, where tanh is beside -1: for z < 0 write e / (1 + e) with e = exp(z)",
     [](in i) { return 0.5 * (1.0 + tanh(0.5 * i.z)); }},
    {"sigmoid", false, "1 - 1 / (1 + exp(z)) cancels for z < 0: write e / (1 + e) with e = exp(z) there",
     [](in i) { return 1.0 - plain_sigmoid(-i.z); }},
    {"sigmoid", false,
     "z / (1 + |z|) / 2 + 1/2 is a crude stand-in for sigmoid, off by up to 0.09: write e / (1 + e) or 1 / (1 + e) "
     "with e = exp(-|z|)",
     [](in i) { return 0.5 + 0.5 * (i.z / (1.0 + fabs(i.z))); }},
    {"sigmoid", false,
     "exp(x) is taken as (1 + x / 1024)^1024, which has three digits beside 0 and none far out: call exp",
     [](in i) { return 1.0 / (1.0 + power_for_exp(-i.z)); }},
    {"tanh", false, "z (27 + z^2) / (27 + 9 z^2) is an approximation for small z only: call tanh, or use expm1(-2 |z|)",
     [](in i) {
       rounded const q = i.z * i.z;
       return i.z * (27.0 + q) / (27.0 + 9.0 * q);
     }},
    {"tanh", false,
     "(exp(z) - exp(-z)) / (exp(z) + exp(-z)) cancels beside 0 and is inf / inf = NaN where exp overflows: call tanh, "
     "or use expm1(-2 |z|)",
     [](in i) {
       rounded const a = exp(i.z);
       rounded const b = exp(-i.z);
       return (a - b) / (a + b);
     }},
    {"tanh", false,
     "(exp(2z) - 1) / (exp(2z) + 1) cancels beside 0 and is inf / inf = NaN where exp(2z) overflows: call tanh, or use "
     "expm1(-2 |z|)",
     [](in i) {
       rounded const a = exp(2.0 * i.z);
       return (a - 1.0) / (a + 1.0);
     }},
    {"tanh", false, "2 / (1 + exp(-2z)) - 1 cancels beside 0: call tanh, or use expm1(-2 |z|)",
     [](in i) { return 2.0 / (1.0 + exp(-2.0 * i.z)) - 1.0; }},
    {"tanh", false, "1 - 2 / (1 + exp(2z)) cancels beside 0: call tanh, or use expm1(-2 |z|)",
     [](in i) { return 1.0 - 2.0 / (1.0 + exp(2.0 * i.z)); }},
    {"log_sigmoid", false,
     "log(sigmoid(z)) is -inf where sigmoid underflows and 0 where it rounds to 1: write min(z, 0) - log1p(exp(-|z|))",
     [](in i) { return log(plain_sigmoid(i.z)); }},
    {"log_sigmoid", false,
     "-log(1 + exp(-z)) is -inf where exp(-z) overflows and 0 where 1 + exp(-z) rounds to 1: write min(z, 0) - "
     "log1p(exp(-|z|))",
     [](in i) { return -log(1.0 + exp(-i.z)); }},
    {"log_sigmoid", false, "log(1 + e) loses e where 1 + e rounds to 1: write min(z, 0) - log1p(exp(-|z|))",
     [](in i) { return above(i.z, 0.0, i.z.made(0.0), i.z) - log(1.0 + exp(-fabs(i.z))); }},
    {"softplus", false,
     "log(1 + exp(z)) is inf where exp(z) overflows and 0 where 1 + exp(z) rounds to 1: write max(z, 0) + "
     "log1p(exp(-|z|))",
     [](in i) { return log(1.0 + exp(i.p * i.z)) / i.p; }},
    {"softplus", false, "log1p(exp(z)) is inf where exp(z) overflows: write max(z, 0) + log1p(exp(-|z|))",
     [](in i) { return log1p(exp(i.p * i.z)) / i.p; }},
    {"softplus", false, "log(1 + exp(-|z|)) loses the exponential where 1 + it rounds to 1: use log1p",
     [](in i) { return above(i.z, 0.0, i.z, i.z.made(0.0)) + log(1.0 + exp(-fabs(i.p * i.z))) / i.p; }},
    {"softplus", false,
     "softplus(z) is z from the threshold of 20 on, as in PyTorch: this drops log1p(exp(-z)), which double still sees; "
     "write max(z, 0) + log1p(exp(-|z|))",
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
    {"gelu", false,
     "z / 2 * (1 + erf(z / sqrt 2)) cancels for z < 0, where erf is beside -1, and is 0 in the tail: write z / 2 * "
     "erfc(-z / sqrt 2)",
     [](in i) { return i.z * plain_cdf(i.z); }},
    {"gelu", false,
     "z / sqrt 2 is rounded before erfc, which enlarges this error by z^2 in the tail: compute erfc in double",
     [](in i) { return 0.5 * i.z * erfc(i.z.called(-root_half * i.z.get())); }},
    {"gelu_tanh", false,
     "z / 2 * (1 + tanh(u)) cancels for z < 0, where tanh is beside -1, and is 0 in the tail: write z * sigmoid(2u)",
     [](in i) { return gate(i.z, cubic(i.z, 0.044715)); }},
    {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.0044715",
     [](in i) { return gate(i.z, cubic(i.z, 0.0044715)); }},
    {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.44715",
     [](in i) { return gate(i.z, cubic(i.z, 0.44715)); }},
    {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.04715",
     [](in i) { return gate(i.z, cubic(i.z, 0.04715)); }},
    {"gelu_tanh", false, "The constant 0.044715 is misspelled 0.044175",
     [](in i) { return gate(i.z, cubic(i.z, 0.044175)); }},
    {"gelu_tanh", false, "The constant 0.044715 is rounded to 0.0447",
     [](in i) { return gate(i.z, cubic(i.z, 0.0447)); }},
    {"gelu_tanh", false, "sqrt(2 / pi) is rounded to 0.7978",
     [](in i) { return gate(i.z, 0.7978 / root_2_by_pi * cubic(i.z, 0.044715)); }},
    {"gelu_tanh", false, "sqrt(2) / pi stands where sqrt(2 / pi) belongs",
     [](in i) { return gate(i.z, 0.45015815807855303 / root_2_by_pi * cubic(i.z, 0.044715)); }},
    {"gelu_tanh", false, "2 / pi stands where sqrt(2 / pi) belongs",
     [](in i) { return gate(i.z, root_2_by_pi * cubic(i.z, 0.044715)); }},
    {"gelu_tanh", false, "0.044715 multiplies z^2; it belongs to z^3",
     [](in i) { return gate(i.z, root_2_by_pi * (i.z + 0.044715 * i.z * i.z)); }},
    {"silu", false,
     "z / (1 + exp(-z)) is 0 too early and NaN at -inf, where exp(-z) overflows: for z < 0 write z e / (1 + e) with e "
     "= exp(z)",
     [](in i) { return i.z / (1.0 + exp(-i.p * i.z)); }},
    {"silu", false,
     "exp(z) / (1 + exp(z)) is inf / inf = NaN where exp(z) overflows: take e = exp(-|z|), then z / (1 + e) for z >= 0 "
     "and z e / (1 + e) else",
     [](in i) {
       rounded const n = exp(i.p * i.z);
       return i.z * (n / (1.0 + n));
     }},
    {"mish", false,
     "log(1 + exp(z)) is 0 where 1 + exp(z) rounds to 1: write w = n (n + 2) with n = exp(z), then z w / (w + 2)",
     [](in i) { return i.z * tanh(log(1.0 + exp(i.z))); }},
    {"mish", false, "exp(z) (exp(z) + 2) overflows for large z, and inf / inf is NaN: for z > 0 write it with exp(-z)",
     [](in i) {
       rounded const n = exp(i.z);
       rounded const w = n * (n + 2.0);
       return i.z * (w / (w + 2.0));
     }},
    {"mish", false,
     "1 + 2 / (n (n + 2)) overflows for negative z: write w = n (n + 2) with n = exp(z), then z w / (w + 2)",
     [](in i) {
       rounded const n = exp(i.z);
       return i.z / (1.0 + 2.0 / (n * (n + 2.0)));
     }},
    {"squareplus", false,
     "(z + sqrt(z^2 + b)) / 2 cancels for z < 0, and z^2 overflows: for z < 0 write (b / 2) / (h - z) with h = "
     "hypot(z, sqrt b)",
     [](in i) { return 0.5 * (i.z + sqrt(i.z * i.z + i.p)); }},
};

} // namespace satur::inline SATUR_ABI::testing::detail
