#!/usr/bin/env python3
"""Prints the polynomials of include/satur/math/erfc.hpp and in_double.hpp with the largest relative error of each.

Run by hand (needs python3 and mpmath, takes some seconds):
    python3 tests/reference/erfc_coefficients.py

Each is the Chebyshev series of its function at 60 digits, cut off, which is near the best polynomial of that degree (where an
error does not count the same everywhere, a weighted fit); then written in powers and rounded to double, or to single.
"""
import struct

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


def weighted(f, weight, low, high, degree):
    """The same where an error of weight(x) counts: least squares, weighted anew until the errors are level (Lawson)."""
    at = [(high - low) / 2 * cos(pi * (k + mpf(1) / 2) / 100) + (high + low) / 2 for k in range(100)]
    share, best = [mpf(1)] * 100, None
    for _ in range(8):
        a, b = mp.matrix(degree + 1), mp.matrix(degree + 1, 1)
        for x, s in zip(at, share):
            for i in range(degree + 1):
                b[i] += s * weight(x) ** 2 * x**i * f(x)
                for j in range(degree + 1):
                    a[i, j] += s * weight(x) ** 2 * x ** (i + j)
        c = list(mp.lu_solve(a, b))
        errors = [abs(sum(p * x**i for i, p in enumerate(c)) - f(x)) * weight(x) for x in at]
        if best is None or max(errors) < best[0]:
            best = (max(errors), c)
        share = [s * (e / max(errors) + mpf("1e-6")) for s, e in zip(share, errors)]
        share = [s / sum(share) for s in share]
    return best[1]


def single(x):
    return struct.unpack("f", struct.pack("f", float(x)))[0]


def show(name, f, low, high, degree, error, rounded=float, weight=None):
    exact = weighted(f, weight, mpf(low), mpf(high), degree) if weight else series(f, mpf(low), mpf(high), degree)
    c = [rounded(x) for x in exact]
    rest = rounded(exact[0] - c[0])

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
show("(3 + x) e^(x^2) erfc x in q, x to 11, for float", short, -1, mpf(8) / 14, 9, relative(short))
small = lambda w: erf(sqrt(w)) / sqrt(w) - 1
of_erf = lambda w, y: (1 + y) / (1 + small(w)) - 1
show("erf(x)/x - 1 in x^2, |x| to 0.65", small, mpf(10) ** -30, mpf("0.4225"), 10, of_erf)
show("erf(x)/x - 1 in x^2, |x| to 0.9, single", small, mpf(10) ** -30, mpf("0.81"), 5, of_erf, single)
shifted = lambda u: scaled(u + 2)
weight = lambda u: exp(-((u + 2) ** 2)) / erf(u + 2)
show("e^(x^2) erfc x in x - 2, x from 0.9 to 4, single, so that 1 - erfc x is right", shifted, mpf("-1.1"), 2, 8,
     lambda u, y: (y - shifted(u)) * weight(u), single, weight)
half = log(mpf(2)) / 2
quadratic = lambda r: (expm1(r) - r) / r**2
show("(e^r - 1 - r)/r^2, |r| to ln2/2, for float", quadratic, -half, half, 4, lambda r, y: (1 + r + r * r * y) / exp(r) - 1)
