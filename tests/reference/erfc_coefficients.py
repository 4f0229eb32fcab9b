#!/usr/bin/env python3
"""Prints the polynomials of include/satur/math/erfc.hpp with the largest relative error of each.

Run by hand (needs python3 and mpmath, takes some seconds):
    python3 tests/reference/erfc_coefficients.py

Each is the Chebyshev series of its function at 60 digits, cut off, which is within a few percent of the best polynomial
of that degree; then written in powers and rounded to double.
"""
from mpmath import cos, erf, erfc, exp, expm1, log, mp, mpf, pi, sqrt

mp.dps = 60
NODES = 60


def series(f, low, high, degree):
    """Coefficients in powers of x of f's Chebyshev series on [low, high], up to `degree`."""
    at = [cos(pi * (k + mpf(1) / 2) / NODES) for k in range(NODES)]
    values = [f((high - low) / 2 * u + (high + low) / 2) for u in at]
    c = [2 / mpf(NODES) * sum(v * cos(j * pi * (k + mpf(1) / 2) / NODES) for k, v in enumerate(values))
         for j in range(degree + 1)]
    c[0] /= 2
    scale, shift = 2 / (high - low), -(high + low) / (high - low)

    def times_u(p):  # (scale x + shift) p(x)
        return [shift * a + scale * b for a, b in zip(p + [mpf(0)], [mpf(0)] + p)]

    before, now = [mpf(1)], [shift, scale]
    total = [c[0]] + [mpf(0)] * degree
    for j in range(1, degree + 1):
        for k, a in enumerate(now):
            total[k] += c[j] * a
        after = [2 * a for a in times_u(now)]
        before, now = now, [a - (before[k] if k < len(before) else 0) for k, a in enumerate(after)]
    return total


def show(name, f, low, high, degree, error):
    exact = series(f, mpf(low), mpf(high), degree)
    c = [float(x) for x in exact]
    rest = float(exact[0] - c[0])

    def p(x):
        total = mpf(0)
        for a in reversed(c):
            total = total * x + mpf(a)
        return total + rest

    grid = [mpf(low) + (mpf(high) - mpf(low)) * (k + mpf(1) / 3) / 400 for k in range(400)]
    print(f"{name}: relative error 2^{float(log(max(abs(error(x, p(x))) for x in grid), 2)):.1f}")
    print("  {" + ", ".join(x.hex() for x in c) + "}; rest of the first: " + rest.hex())


def scaled(x):
    return exp(x * x) * erfc(x)


def relative(f):
    return lambda x, y: y / f(x) - 1


def x_of(q):
    return 3 * (1 + q) / (1 - q)


full = lambda q: (1 + mpf(9) / 8 * x_of(q)) * scaled(x_of(q))
short = lambda q: (3 + x_of(q)) * scaled(x_of(q))
show("(1 + 9x/8) e^(x^2) erfc x in q = (x - 3)/(x + 3), x to 28", full, -1, mpf(25) / 31, 24, relative(full))
show("(3 + x) e^(x^2) erfc x in q, x to 11, for float", short, -1, mpf(8) / 14, 11, relative(short))
small = lambda w: erf(sqrt(w)) / sqrt(w) - 1
of_erf = lambda w, y: (1 + y) / (1 + small(w)) - 1
show("erf(x)/x - 1 in x^2, |x| to 0.65", small, mpf(10) ** -30, mpf("0.4225"), 10, of_erf)
show("erf(x)/x - 1 in x^2, |x| to 0.3, for float", small, mpf(10) ** -30, mpf("0.09"), 4, of_erf)
half = log(mpf(2)) / 2
quadratic = lambda r: (expm1(r) - r) / r**2
show("(e^r - 1 - r)/r^2, |r| to ln2/2, for float", quadratic, -half, half, 5, lambda r, y: (1 + r + r * r * y) / exp(r) - 1)
