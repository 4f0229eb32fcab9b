#!/usr/bin/env bash
# A long run: tests/soak.sh [STEPS]
#   100000 steps of one monitor, 1e9 numbers in four layers with units and histograms: the counters are exact, and the memory
#   of the process does not grow (tests/soak.cpp). Linux alone; minutes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
need build
mkdir -p "$root/build"
quietly "$root/build/log/soak-build.txt" g++ -std=c++20 -O2 -I"$root/include" "$root/tests/soak.cpp" -o "$root/build/soak"
nice -n 19 "$root/build/soak" "${1-100000}"
