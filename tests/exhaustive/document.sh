#!/usr/bin/env bash
# Tries every float and 2 * 10^7 doubles on every activation, and writes what it found into docs/accuracy.md:
# tests/exhaustive/document.sh [STRIDE [DOUBLES]]. All floats (stride 1) take some 20 minutes of two cores.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/scripts.sh"

need build test
BUILD_NAME=exhaustive build release -DSATUR_BUILD_TESTS=ON -DSATUR_BUILD_EXAMPLES=OFF -DSATUR_TEST_HOUSE=OFF -- satur_exhaustive
results=$(mktemp)
trap 'rm -f "$results"' EXIT
if "$root/build/exhaustive/tests/satur_exhaustive" "${1-1}" "${2-10000000}" >"$results"; then status=0; else status=1; fi
write_results "$root/docs/accuracy.md" "$results"
exit $status
