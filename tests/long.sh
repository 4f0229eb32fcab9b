#!/usr/bin/env bash
# Checks for now and then that take longer than .ci/run may: three hours on two cores. tests/long.sh [STEP…]
#   gcc          every test for all instruction sets, at -O3, each test file and each header compiled alone, so that a missing #include shows
#   clang-14     the same, with messages, headers and consumers
#   clang-16     the same, for this machine and with xtensor on xsimd, examples too
#   sanitizers   the same under the address and undefined-behavior sanitizers, and for one under that of threads: tests/sanitizers.sh
#   soak         one monitor through 1e9 numbers: tests/soak.sh
#   single       programs with the single headers of cmake/single_header.sh, by g++ and clang 14
#   studies      every study of examples/studies: the trends that it claims hold
#   pictures     the stored pictures are what their programs draw now: examples/studies/pictures.sh --check
#   consumers    programs with -ffast-math, and without exceptions and run-time types: tests/consumers.sh --print
#   mutants      mistakes in what was added last, noticed by the tests or not: tests/mutants.sh --print
#   exhaustive   every float through every activation: tests/exhaustive/document.sh, which writes docs/accuracy.md
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source cmake/scripts.sh
exec </dev/null

all=(gcc clang-14 clang-16 sanitizers soak single studies pictures consumers mutants exhaustive)
wanted=("$@")
if [ $# -eq 0 ]; then wanted=("${all[@]}"); fi
require_known step "${all[*]}" "${wanted[@]}"

whole() { # NAME PRESET [-D…]
  local name=long-$1 preset=$2
  shift 2
  BUILD_NAME=$name build "$preset" -DSATUR_BUILD_TESTS=ON -DSATUR_TEST_EVERYTHING=ON "$@" && suite "$name"
}

studies() {
  local source name failures=0
  for source in examples/studies/*.cpp; do
    name=$(basename "$source" .cpp)
    if quietly "build/log/study-$name.txt" ./examples/studies/run.sh "$name"; then
      tail -n 2 "build/log/study-$name.txt"
    else
      failures=1
    fi
  done
  return $failures
}

single() {
  local compiler
  for compiler in g++ clang++-14; do
    sh tests/single_header.sh . build/long-single "$compiler" --run || return
  done
}

need build test ci
for wish in "${wanted[@]}"; do
  case $wish in
  gcc) step 'g++, every test for all instruction sets' whole gcc gcc '-DCMAKE_CXX_FLAGS_RELEASE=-O3 -DNDEBUG' -DSATUR_TEST_LEAVE_OUT= -DSATUR_TEST_TOGETHER=1 -- all satur_header_checks ;;
  clang-14) step 'clang 14, every test for all instruction sets' whole clang-14 clang -- all satur_header_checks ;;
  clang-16) step 'clang 16, this machine and xsimd' whole clang-16 clang-16 -DSATUR_TEST_HOUSE=OFF ;;
  sanitizers) step 'sanitizers' ./tests/sanitizers.sh --print --levels ;;
  soak) step 'a long run' ./tests/soak.sh --print ;;
  single) step 'the single headers' single ;;
  studies) step 'the studies' studies ;;
  pictures) step 'the stored pictures' ./examples/studies/pictures.sh --check ;;
  consumers) step 'flags of consumers' ./tests/consumers.sh --print ;;
  mutants) step 'mutants' ./tests/mutants.sh --print ;;
  exhaustive) step 'every float' ./tests/exhaustive/document.sh ;;
  esac
done
close_steps
