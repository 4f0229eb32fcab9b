#!/usr/bin/env bash
# Tries every float and 2 * 10^7 doubles on every activation, and writes what it found into docs/accuracy.md:
# tests/exhaustive/document.sh [STRIDE [DOUBLES [ACTIVATION…]]]. All floats (stride 1) take two cores some two minutes an
# activation; with names, only their rows are made anew; without, the
# usual formulas are swept too.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/scripts.sh"

need build test
BUILD_NAME=exhaustive build release -DSATUR_BUILD_TESTS=ON -DSATUR_BUILD_EXAMPLES=OFF -DSATUR_TEST_HOUSE=OFF -- satur_exhaustive
found=$(mktemp)
results=$(mktemp)
trap 'rm -f "$found" "$results"' EXIT
if "$root/build/exhaustive/tests/satur_exhaustive" "${1-1}" "${2-10000000}" "${@:3}" >"$found"; then status=0; else status=1; fi

# The rows of the page, those that were made anew replaced, in the order of the list of activations.
page=$root/docs/accuracy.md
{
  sed -n '/^| type/,/^|---/p' "$found"
  for type in float double; do
    for name in $(sed -n 's/^ *satur::\([a-z0-9_]*\).*/\1/p' "$root/include/satur/activation/all.hpp"); do
      row="^| $type | \`$name\` "
      grep "$row" "$found" || sed -n '/<!-- results -->/,/<!-- \/results -->/p' "$page" | grep "$row" || true
    done
  done
  sed '1,/^|---/d; /^|/d' "$found"
} >"$results"
write_results "$page" "$results"

if [ $# -lt 3 ]; then
  "$root/build/exhaustive/tests/satur_exhaustive" usual "${1-1}" >"$results"
  write_results "$page" "$results" usual
  "$root/build/exhaustive/tests/satur_exhaustive" crossings >"$results"
  write_results "$page" "$results" crossings
fi
exit $status
