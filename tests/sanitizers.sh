#!/usr/bin/env bash
# The whole suite under sanitizers, and what came out into docs/trust.md: tests/sanitizers.sh [--print] [SANITIZER…]
#   address   bad memory, leaks, undefined behavior, failed assertions of the standard library
#   thread    data races; without the tests with OpenMP, whose runtime the sanitizer does not see wait
# By clang 14, each test for one instruction set, and for all of them where it is about instruction sets. .ci/run leaves out
# what handles no memory; nothing is left out here. Half an hour each on two cores.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source cmake/scripts.sh
exec </dev/null

all=(address thread)
print=no
if [ "${1-}" = --print ]; then print=yes && shift; fi
wanted=("$@")
if [ $# -eq 0 ]; then wanted=("${all[@]}"); fi
work=build/sanitized
mkdir -p "$work"

whole() { # NAME TEXT [-D…] [-- CTEST OPTION…]
  local name=$1 text=$2 start=$SECONDS options=() outcome=passed log
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  if [ $# -gt 0 ]; then shift; fi
  log=build/log/sanitized-$name-ctest.txt
  BUILD_NAME=sanitized-$name build sanitizers -DSATUR_TEST_HOUSE=OFF -DSATUR_BUILD_EXAMPLES=OFF "${options[@]}" &&
    suite "sanitized-$name" --no-tests=error "$@" || outcome="FAILED: $log"
  # shellcheck disable=SC2016 # Markdown
  printf '| %s | %s | %s | %s | %s |\n' "$text" "$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log")" \
    "$(find "build/sanitized-$name/Testing/Temporary" -name LastTest.log -exec sed -n 's/^\[doctest\] assertions: *\([0-9]*\) .*/\1/p' {} + |
      awk '{ n += $1 } END { printf "%d\n", n }')" "$(((SECONDS - start) / 60)) min" "$outcome" >"$work/$name.md"
  [ "$outcome" = passed ]
}

need build test ci
for wish in "${wanted[@]}"; do
  case $wish in
  address) step 'address and undefined behavior, the whole suite' whole address 'address, leaks, undefined behavior' ;;
  # An uninstrumented library (BLAS, the C++ runtime) is trusted: its own waits are not seen.
  thread) step 'thread, the whole suite' whole thread 'thread' -DSATUR_TEST_LEAVE_OUT=openmp \
    '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -fsanitize=thread -fno-omit-frame-pointer' ;;
  *)
    say "no sanitizer '$wish'; there are: ${all[*]}"
    exit 2
    ;;
  esac
done
{
  printf '| sanitizer | programs | assertions | time, 2 cores | outcome |\n|---|---|---|---|---|\n'
  for wish in "${all[@]}"; do cat "$work/$wish.md" 2>/dev/null; done
} >"$work/table.md"
if [ "$print" = yes ]; then cat "$work/table.md"; else write_results docs/trust.md "$work/table.md" sanitizers; fi
close_steps
