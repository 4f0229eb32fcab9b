#!/usr/bin/env bash
# Proves the bridges to other libraries on this machine: tests/bridges.sh [--print] [--root DIR] [BRIDGE…]
#   eigen       matrices, maps, blocks and expressions of Eigen, and the example 09
#   armadillo   matrices of Armadillo as contiguous memory
#   mpi         all_reduce on 1, 2, 3 and 4 ranks, and the example 11 on 1, 2 and 4
#   torch       tensors of libtorch, an unchanged model watched, and the example 10; with g++ and clang 14
# and writes what came out into docs/bridges.md, in the rows of these bridges (--print: shows it instead). 5 minutes.
# --root: the test and the example of libtorch in the Debian sid too that debootstrap puts into DIR (3 GB; as root), which
# has libtorch 2. A library that is missing makes its step fail. The bridge to Eigen alone is in the tests of every build.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source cmake/scripts.sh
exec </dev/null

all=(eigen armadillo mpi torch)
place=
print=no
while [ $# -gt 0 ]; do
  case $1 in
  --print) print=yes ;;
  --root) place=$(realpath -m "$2") && shift ;;
  *) break ;;
  esac
  shift
done
wanted=("$@")
if [ $# -eq 0 ]; then wanted=("${all[@]}"); fi
require_known bridge "${all[*]}" "${wanted[@]}"
page=$root/docs/bridges.md
work=$root/build/bridges-results
mkdir -p "$work"

version_of() { # PACKAGE, of Debian here
  dpkg-query -W -f='${Version}' "$1" 2>/dev/null | sed 's/^[0-9]*://; s/[+-].*//' || true
}
compiler_name() { "$@" --version | head -n 1 | sed 's/.*clang version \([0-9.]*\).*/clang++ \1/; s/^g++.* \([0-9.]*\)$/g++ \1/'; }

# The row of these; others stay as an earlier call found them.
row() { # LIBRARY VERSION COMPILER OUTCOME LOG: what doctest and ctest said is in the log
  local tests assertions
  tests=$(sed -n 's/^.*test cases: *\([0-9]*\).*/\1/p' "$5" | awk '{ n += $1 } END { print n + 0 }')
  assertions=$(sed -n 's/^.*assertions: *\([0-9]*\).*/\1/p' "$5" | awk '{ n += $1 } END { print n + 0 }')
  printf '| %s | %s | %s | %s | %s | %s |\n' "$1" "${2:--}" "$3" "$tests" "$assertions" "$4" >>"$work/rows.md"
}

bridge() { # LIBRARY PACKAGE PRESET COMPILER TESTS TARGET…: builds the targets and runs the tests whose names match
  local library=$1 package=$2 preset=$3 compiler=$4 tests=$5 outcome=passed name=bridges-$3
  shift 5
  : >"$root/build/log/$name-ctest.txt"
  BUILD_NAME=$name build "$preset" -DSATUR_BUILD_TESTS=ON -DSATUR_TEST_BRIDGES=ON -DSATUR_TEST_HOUSE=ON -- "$@" &&
    suite "$name" --no-tests=error -V -R "$tests" || outcome=FAILED
  row "$library" "$(version_of "$package")" "$(compiler_name "$compiler")" $outcome "$root/build/log/$name-ctest.txt"
  [ $outcome = passed ]
}

in_root() { chroot "$place" sh -c "$*"; }
torch_in_root() {
  local log=$root/build/log/bridges-root.txt outcome=passed libraries='-ltorch -ltorch_cpu -lc10'
  local flags='-std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror -Iinclude -isystem /usr/include/torch/csrc/api/include'
  if [ ! -e "$place/usr/bin/apt-get" ]; then
    say "making $place"
    quietly "$root/build/log/bridges-debootstrap.txt" debootstrap --variant=minbase sid "$place" http://deb.debian.org/debian || return
  fi
  if ! in_root 'command -v g++ && test -d /usr/include/torch && test -d /usr/include/doctest' >/dev/null; then
    quietly "$root/build/log/bridges-apt.txt" in_root 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
      --no-install-recommends g++ libtorch-dev doctest-dev && apt-get clean' || return
  fi
  rm -rf "$place/satur-torch"
  mkdir -p "$place/satur-torch"
  cp -r include tests/adapt/torch.cpp tests/main.cpp examples/10_libtorch_loop.cpp "$place/satur-torch/"
  in_root "cd /satur-torch && g++ $flags -O1 -DSATUR_NO_DISPATCH torch.cpp main.cpp -o test $libraries &&
    g++ $flags -O1 -DSATUR_NO_DISPATCH 10_libtorch_loop.cpp -o example $libraries && ./test && ./example" >"$log" 2>&1 || {
    outcome=FAILED
    cat "$log"
  }
  row 'libtorch of Debian sid' "$(in_root "dpkg-query -W -f='\${Version}' libtorch-dev" | sed 's/[+-].*//')" "$(compiler_name in_root g++)" $outcome "$log"
  [ $outcome = passed ]
}

clang_14() { # what g++'s compilation does not see
  bridge libtorch libtorch-dev clang clang++-14 '^adapt_torch$' satur_test_adapt_torch satur_header_checks_torch
}

need build test bridges ci
: >"$work/rows.md"
for wish in "${wanted[@]}"; do
  case $wish in
  eigen) step eigen bridge Eigen libeigen3-dev gcc g++ '^(adapt_eigen|example_09_.*)$' satur_test_adapt_eigen satur_09_eigen_loop ;;
  armadillo) step armadillo bridge Armadillo libarmadillo-dev gcc g++ '^adapt_armadillo$' satur_test_adapt_armadillo ;;
  mpi) step mpi bridge 'Open MPI' libopenmpi-dev gcc g++ '^(adapt_mpi.*|example_11_.*)$' satur_test_adapt_mpi satur_11_data_parallel ;;
  torch)
    step torch bridge libtorch libtorch-dev gcc g++ '^(adapt_torch|example_10_.*)$' satur_test_adapt_torch satur_10_libtorch_loop
    step 'torch, clang 14' clang_14
    if [ -n "$place" ]; then step 'torch, Debian sid' torch_in_root; fi
    ;;
  esac
done

# A row is told by its library and the compiler's name.
printf '| library | version | compiler | test cases | assertions | outcome |\n|---|---|---|---|---|---|\n' >"$work/bridges.md"
key() { awk -F'|' '{ split($4, compiler, " "); print $2 "|" compiler[1] }'; }
{
  sed -n '/^<!-- bridges -->$/,/^<!-- \/bridges -->$/p' "$page" | grep '^| ' | grep -v '^| library' |
    while IFS= read -r line; do
      if ! key <"$work/rows.md" | grep -qxF "$(printf '%s\n' "$line" | key)"; then printf '%s\n' "$line"; fi
    done
  cat "$work/rows.md"
} | LC_ALL=C sort -V >>"$work/bridges.md"
if [ "$print" = yes ]; then cat "$work/bridges.md"; else write_results "$page" "$work/bridges.md" bridges; fi
close_steps
