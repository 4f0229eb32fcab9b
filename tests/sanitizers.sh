#!/usr/bin/env bash
# The whole suite under sanitizers, and what came out into docs/trust.md: tests/sanitizers.sh [--print] [--levels] [SANITIZER…]
#   address   bad memory, leaks, undefined behavior, failed assertions of the standard library
#   thread    data races
# By clang 14, every test program; what is left out is in the table, with the reason. Tests that are about instruction sets run for
# all of them, the others for one; with --levels all run for all. (thread: for one, since the threads are the same.) A sanitizer
# that is not named keeps its table. On two cores: an hour for address, half of that for thread.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source cmake/scripts.sh
exec </dev/null

all=(address thread)
print=no
levels=OFF
while [ $# -gt 0 ]; do
  case $1 in
  --print) print=yes ;;
  --levels) levels=ON ;;
  *) break ;;
  esac
  shift
done
wanted=("$@")
if [ $# -eq 0 ]; then wanted=("${all[@]}"); fi
require_known sanitizer "${all[*]}" "${wanted[@]}"
work=build/sanitized
mkdir -p "$work"

# A row for each test program in LOG, the log of ctest. One that ends early has no counts.
rows() { # LOG
  awk '
    / Testing: / { sub(/^[^:]*: /, ""); name = $0; cases = assertions = "-"; reason = ""; timed = 0 }
    /^skipped: / { reason = substr($0, 10) }
    /^\[doctest\] test cases:/ { cases = $4 }
    /^\[doctest\] assertions:/ { assertions = $3 }
    /^Test time =/ { seconds = $4; timed = 1; next }
    timed && /^Test / {
      timed = 0
      outcome = reason != "" ? "not here: " reason : /^Test Passed/ ? "no finding" : "FAILED"
      if (cases == "-" && outcome == "no finding") next # a script
      printf "| `%s` | %s | %s | %.0f | %s |\n", name, cases, assertions, seconds, outcome
    }' "$1" | sort
}

whole() { # NAME TEXT -D…
  local name=$1 text=$2 start=$SECONDS outcome='no finding' log=build/sanitized-$1/Testing/Temporary/LastTest.log
  shift 2
  rm -f "$log"
  # shellcheck disable=SC2016 # for the shell that is started
  BUILD_NAME=sanitized-$name build debug -DSATUR_TEST_HOUSE=OFF -DSATUR_BUILD_EXAMPLES=OFF -DCMAKE_CXX_COMPILER=clang++-14 "$@" &&
    nm "build/sanitized-$name/tests/satur_test_array" | grep "__${name:0:1}san_init" >/dev/null && # -q would end nm early: it fails then
    "${alone[@]}" bash -c 'source cmake/scripts.sh && suite "$@"' suite "sanitized-$name" --no-tests=error || outcome=FAILED
  {
    printf '%s: %s, %d min on %d cores, %s.\n\n' "$text" "$outcome" $(((SECONDS - start) / 60)) "$cores" "$(clang++-14 --version | sed -n 's/.*\(clang version [0-9.]*\).*/\1/p')"
    printf '| program | test cases | assertions | seconds | outcome |\n|---|---|---|---|---|\n'
    if [ -e "$log" ]; then rows "$log"; fi
    if [ "$name" = thread ]; then
      # shellcheck disable=SC2016 # Markdown
      printf '| `openmp` | - | - | - | left out: the sanitizer does not see that the runtime of OpenMP waits for its threads |\n'
    fi
  } >"$work/$name.md"
  [ "$outcome" = 'no finding' ]
}

need build test ci
alone=(env)
if setarch -R true 2>/dev/null; then alone=(setarch -R); fi # some kernels place memory where the sanitizer needs it
echo 'leak:libomp.so' >"$work/not_ours.txt" # the runtime of OpenMP keeps its threads
export LSAN_OPTIONS=suppressions=$PWD/$work/not_ours.txt
for wish in "${wanted[@]}"; do
  case $wish in
  address) step 'address and undefined behavior, the whole suite' whole address 'Address, leaks and undefined behavior' "-DSATUR_TEST_EVERYTHING=$levels" ;;
  thread) step 'thread, the whole suite' whole thread 'Threads' -DSATUR_TEST_LEAVE_OUT=openmp -DSATUR_TEST_LEVELS=OFF \
    '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1 -fsanitize=thread -fno-omit-frame-pointer' ;;
  esac
done
for wish in "${all[@]}"; do
  if [ -e "$work/$wish.md" ]; then cat "$work/$wish.md" && echo; fi
done | sed '$d' >"$work/table.md"
if [ "$print" = yes ]; then cat "$work/table.md"; else write_results docs/trust.md "$work/table.md" sanitizers; fi
close_steps
