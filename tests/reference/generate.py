#!/usr/bin/env python3
"""Writes activations.inc, the table of exact values that tests/activation/reference.cpp compares with.

Run by hand after a change (needs python3 and mpmath, takes a second):
    python3 tests/reference/generate.py

Each row: name, z, f(z), f'(z). z is exact; the other two are the textbook formulas at 400 digits (1000 bits more than z
needs), written with 25. A number below 1e-4900 is written as 0: no double is as small. A new activation is one line in
FORMULAS.
"""
import os

from mpmath import mp, mpf, nstr

DIGITS = 400
mp.dps = DIGITS

# At a kink the derivative is the flat side's. leaky_relu's slope is the exact decimal 0.01.
def tail(x):
    """e^x for x <= 0; 0 where it is less than 1e-4900."""
    return mpf(0) if x < -12000 else mp.exp(x)


def inside(z, low, high):
    return low < z < high


ALPHA = -mp.sqrt(2 / mp.pi) / (mp.erfc(1 / mp.sqrt(2)) * mp.exp(mpf(1) / 2) - 1)
LAMBDA = (  # Klambauer et al. 2017, appendix
    (1 - mp.erfc(1 / mp.sqrt(2)) * mp.sqrt(mp.e))
    * mp.sqrt(2 * mp.pi)
    / mp.sqrt(2 * mp.erfc(mp.sqrt(2)) * mp.e**2 + mp.pi * mp.erfc(1 / mp.sqrt(2)) ** 2 * mp.e
              - 2 * (2 + mp.pi) * mp.erfc(1 / mp.sqrt(2)) * mp.sqrt(mp.e) + mp.pi + 2)
)

FORMULAS = {
    "identity": (lambda z: z, lambda z: mpf(1)),
    "sigmoid": (lambda z: 1 / (1 + mp.exp(-z)), lambda z: mp.exp(-z) / (1 + mp.exp(-z)) ** 2),
    "centered_sigmoid": (lambda z: mp.tanh(z / 2) / 2, lambda z: mp.exp(-z) / (1 + mp.exp(-z)) ** 2),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "relu": (lambda z: max(z, mpf(0)), lambda z: mpf(1 if z > 0 else 0)),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: mpf(1) if z > 0 else mpf(1) / 100),
    "hard_sigmoid": (lambda z: min(max(z / 6 + mpf(1) / 2, 0), 1), lambda z: mpf(inside(z, -3, 3)) / 6),
    "hard_sigmoid_keras2": (lambda z: min(max(z / 5 + mpf(1) / 2, 0), 1), lambda z: mpf(inside(z, -2.5, 2.5)) / 5),
    "hard_tanh": (lambda z: min(max(z, -1), 1), lambda z: mpf(inside(z, -1, 1))),
    "relu6": (lambda z: min(max(z, 0), 6), lambda z: mpf(inside(z, 0, 6))),
    "prelu": (lambda z: z if z > 0 else z / 4, lambda z: mpf(1) if z > 0 else mpf(1) / 4),
    "hard_swish": (lambda z: z * min(max(z / 6 + mpf(1) / 2, 0), 1),
                   lambda z: (2 * z + 3) / 6 if inside(z, -3, 3) else mpf(z > 0)),
    "soft_shrink": (lambda z: mp.sign(z) * max(abs(z) - mpf(1) / 2, 0), lambda z: mpf(abs(z) > 0.5)),
    "hard_shrink": (lambda z: z if abs(z) > 0.5 else mpf(0), lambda z: mpf(abs(z) > 0.5)),
    "threshold": (lambda z: z if z > 1 else mpf(0), lambda z: mpf(z > 1)),
    "elu": (lambda z: z if z > 0 else tail(z) - 1, lambda z: mpf(1) if z > 0 else tail(z)),
    "celu": (lambda z: z if z > 0 else tail(z) - 1, lambda z: mpf(1) if z > 0 else tail(z)),
    "selu": (lambda z: LAMBDA * (z if z > 0 else ALPHA * (tail(z) - 1)),
             lambda z: LAMBDA * (1 if z > 0 else ALPHA * tail(z))),
    "softplus": (lambda z: max(z, mpf(0)) + mp.log(1 + tail(-abs(z))),
                 lambda z: (tail(z) if z < 0 else 1) / (1 + tail(-abs(z)))),
    "log_sigmoid": (lambda z: min(z, mpf(0)) - mp.log(1 + tail(-abs(z))),
                    lambda z: (tail(-z) if z > 0 else 1) / (1 + tail(-abs(z)))),
}

# Magnitudes of z. The hexadecimal ones are no round decimals: least and smallest normal numbers, half of ln 2 (where an
# argument reduction turns), and where a slope or a value leaves the range of float or double.
MAGNITUDES = [
    "0x0p+0", "0x1p-1074", "0x1p-1022", "0x1p-149", "0x1p-126", "0x1p-60", "0x1p-12", "0x1p-4", "0x1.62e42ep-2",
    "0x1.62e430p-2", "0x1p-1", "0x1p+0", "0x1.8p+0", "0x1.4p+1", "0x1.4p+2", "0x1.205p+3", "0x1.0a4p+4",
    "0x1.154p+4", "0x1.311p+4", "0x1.2bcp+5", "0x1.4p+6", "0x1.5d58ap+6", "0x1.62ep+6", "0x1.9fep+6", "0x1.ap+6",
    "0x1.74cp+8", "0x1.623p+9", "0x1.628p+9", "0x1.74ap+9", "0x1.75p+9", "0x1.388p+13", "0x1p+40", "0x1.6p+63",
    "0x1p+74", "0x1.fffffep+127", "0x1p+511", "0x1p+536", "0x1.fffffffffffffp+1023",
]


def exact(text):
    return mpf(float.fromhex(text))  # a double has 53 bits: exact


def written(x):
    if abs(x) < mpf(10) ** -4900:
        return "0.0L"
    text = nstr(x, 25, min_fixed=0, max_fixed=0)
    return (text if "." in text or "e" in text else text + ".0") + "L"


def rows():
    for name, (value, slope) in FORMULAS.items():
        for text in MAGNITUDES:
            for sign in ("-", ""):
                z = exact(sign + text)
                if z == 0 and sign:
                    continue
                # e^|z| beyond any digits: the slope is even (or constant), the value takes its limit.
                far = abs(z) > 12000 and name in ("sigmoid", "centered_sigmoid", "tanh")
                if far:
                    f = {"sigmoid": mpf(z > 0), "centered_sigmoid": mp.sign(z) / 2, "tanh": mp.sign(z)}[name]
                    d = mpf(0)
                else:
                    f, d = value(z), slope(z)
                yield f'{{"{name}", {sign}{text}, {written(f)}, {written(d)}}},'


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "activations.inc"), "w", encoding="ascii") as out:
    out.write("// Made by tests/reference/generate.py: name, z, f(z), f'(z).\n// clang-format off\n")
    for row in rows():
        out.write(row + "\n")
