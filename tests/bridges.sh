#!/usr/bin/env bash
# Proves the bridges to other libraries on this machine: tests/bridges.sh [BRIDGE…]
#   eigen       matrices, maps, blocks and expressions of Eigen, and the example 09
#   armadillo   matrices of Armadillo as contiguous memory
#   mpi         all_reduce on 1, 2, 3 and 4 ranks, and the example 11 on 1, 2 and 4
#   torch       tensors of libtorch, an unchanged model watched, and the example 10
# A library that is missing makes its step fail. The bridge to Eigen alone is in the tests of every build too.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source cmake/scripts.sh
exec </dev/null

all=(eigen armadillo mpi torch)
wanted=("$@")
if [ $# -eq 0 ]; then wanted=("${all[@]}"); fi

bridge() { # TESTS TARGET…: builds the targets and runs the tests whose names match
  local tests=$1
  shift
  BUILD_NAME=bridges build release -DSATUR_BUILD_TESTS=ON -DSATUR_TEST_BRIDGES=ON -DSATUR_TEST_HOUSE=OFF -- "$@" &&
    suite bridges --no-tests=error -R "$tests"
}

need build test bridges
for wish in "${wanted[@]}"; do
  case $wish in
  eigen) step eigen bridge '^(adapt_eigen|example_09_)' satur_test_adapt_eigen satur_09_eigen_loop ;;
  armadillo) step armadillo bridge '^adapt_armadillo$' satur_test_adapt_armadillo ;;
  mpi) step mpi bridge '^(adapt_mpi|example_11_)' satur_test_adapt_mpi satur_11_data_parallel ;;
  torch) step torch bridge '^(adapt_torch|example_10_)' satur_test_adapt_torch satur_10_libtorch_loop ;;
  *)
    say "no bridge '$wish'; there are: ${all[*]}"
    exit 2
    ;;
  esac
done
close_steps
