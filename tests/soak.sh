#!/usr/bin/env bash
# A long run, and what came out into docs/trust.md: tests/soak.sh [--print] [STEPS]
#   100000 steps of one monitor, 1e9 numbers in four layers with units and histograms: the counters are exact, and the memory
#   of the process does not grow (tests/soak.cpp). Then the same with a fault, which has to be seen. Linux alone; minutes.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null
print=no
if [ "${1-}" = --print ]; then print=yes && shift; fi
steps_of_run=${1-100000}
need build
work=$root/build/soak
mkdir -p "$work"
quietly "$root/build/log/soak-build.txt" g++ -std=c++20 -O2 -I"$root/include" "$root/tests/soak.cpp" -o "$work/soak" || exit

failures=0
row() { # WHAT [FAULT]: fails unless the run passes, or the fault is seen
  local what=$1 expected=0 got=0 line
  shift
  if [ $# -gt 0 ]; then expected=1; fi
  line=$(nice -n 19 "$work/soak" "$steps_of_run" "$@") || got=1
  printf '| %s %s\n' "$what" "$line" >>"$work/table.md"
  if [ "$got" != "$expected" ]; then
    say "$what: $line"
    failures=$((failures + 1))
  fi
}
printf '| run | steps | numbers | KB after a tenth | KB at the end | memory | counters |\n|---|---|---|---|---|---|---|\n' >"$work/table.md"
row 'as it is'
row 'with 8 bytes lost in each step' leak
row 'with a list that grows by a number in each step' grow
row 'with a counter that lost a number' count
if [ "$print" = yes ]; then cat "$work/table.md"; else write_results "$root/docs/trust.md" "$work/table.md" soak; fi
exit $((failures > 0))
