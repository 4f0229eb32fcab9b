#!/usr/bin/env python3
"""Writes rows.inc, the table of exact values that tests/rowwise compares with.

Run by hand after a change (needs python3 and mpmath, takes a second):
    python3 tests/reference/generate_rows.py

Each row of numbers z, all exact in float: softmax, log_softmax, logsumexp, 1 - (largest p), entropy in nats, and the sum of
p (1 - p); the textbook formulas at 400 digits, written with 25. A number below 1e-4900 is written as 0.
"""
import os

from mpmath import mp, mpf, nstr

mp.dps = 400

ROWS = [
    ["0x0p+0"],
    ["0x1.8p+1", "0x1.8p+1"],
    ["0x1p+0", "0x1p+1", "0x1.8p+1", "0x1p+2"],
    ["0x0p+0", "0x1.333334p-3", "-0x1.99999ap-4", "0x1.0p-20", "-0x1.0p-20"],
    ["0x1.ep+5", "0x0p+0", "0x0p+0"],
    ["0x1.388p+13", "-0x1.388p+13", "0x1.3878p+13"],
    ["-0x1.388p+13", "-0x1.387cp+13", "-0x1.3884p+13"],
    ["0x1.2cp+6", "0x1.4p+1", "-0x1.9p+4", "0x1.18p+5", "-0x1.4p+4", "0x1.2bp+6"],
    ["0x1.4p+4", "-0x1.52p+6", "-0x1.5cp+6", "0x1.3p+3"],
    ["0x1p+1", "-0x1.9p+9", "-0x1.628p+9", "-0x1.6cp+9", "-0x1.738p+9"],
    ["0x1.2ced32p+126", "-0x1.2ced32p+126", "0x1.2ced32p+126"],
    ["0x1.a36e2ep-14", "-0x1.4f8b58p-17", "0x1.0c6f7ap-20", "0x1p-149"],
] + [[hex_of for hex_of in (float((k * 37 % 41 - 20) / 4).hex() for k in range(41))]]


def written(x):
    if abs(x) < mpf(10) ** -4900:
        return "0.0L"
    text = nstr(x, 25, min_fixed=0, max_fixed=0)
    return (text if "." in text or "e" in text else text + ".0") + "L"


def listed(xs):
    return "{" + ", ".join(xs) + "}"


def tail(x):
    return mpf(0) if x < -12000 else mp.exp(x)


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rows.inc"), "w", encoding="ascii") as out:
    out.write("// Made by tests/reference/generate_rows.py: z, softmax, log_softmax, logsumexp, 1 - max p, entropy, sum p (1 - p).\n")
    out.write("// clang-format off\n")
    for row in ROWS:
        z = [mpf(float.fromhex(t)) for t in row]
        m = max(z)
        e = [tail(x - m) for x in z]
        s = sum(e)
        p = [x / s for x in e]
        log_s = mp.log(s)
        logs = [(x - m) - log_s for x in z]
        top = z.index(m)
        rest = sum(x for i, x in enumerate(p) if i != top)
        entropy = -sum(a * b for a, b in zip(p, logs))
        slope = sum(x * sum(y for k, y in enumerate(p) if k != i) for i, x in enumerate(p))
        out.write("{" + ", ".join([listed(row), listed(map(written, p)), listed(map(written, logs)), written(m + log_s),
                                   written(rest), written(entropy), written(slope)]) + "},\n")
