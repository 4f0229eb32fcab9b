#!/bin/sh
# The single headers that cmake/single_header.sh makes: tests/single_header.sh ROOT WORK COMPILER [--run]
#   each header of satur is in them once, adapt/ is not, and nothing of satur is included; the one without xtensor compiles
#   --run   compiles and runs a consumer and the quickstart with it, and a consumer with the one of everything
set -eu
root=$1 work=$2/single compiler=$3 run=${4-}
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror'

must() { # WHAT COMMAND…
  what=$1
  shift
  "$@" || {
    echo "single header: $what"
    exit 1
  }
}
in_it() { sed -n 's|^// ---- \(satur/.*[.]hpp\) ----$|\1|p' "$1" | LC_ALL=C sort; }

rm -rf "$work"
mkdir -p "$work/satur"
sh "$root/cmake/single_header.sh" "$work/satur_single.hpp"
sh "$root/cmake/single_header.sh" --core "$work/satur_core_single.hpp"
(cd "$root/include" && find satur -name '*.hpp' ! -path 'satur/adapt/*' | LC_ALL=C sort) >"$work/headers.txt"
in_it "$work/satur_single.hpp" >"$work/in_it.txt"
must 'other headers than those of include/' diff "$work/headers.txt" "$work/in_it.txt"
in_it "$work/satur_core_single.hpp" >"$work/in_core.txt"
must 'a header twice, without xtensor' test -z "$(uniq -d "$work/in_core.txt")"
must 'headers are missing without xtensor' test "$(grep -c / "$work/in_core.txt")" -gt 300
for header in "$work"/*.hpp; do
  must "$header includes what is in it" test -z "$(grep -n '^ *# *include [<"]satur/' "$header")"
  must "$header: #pragma once" test "$(grep -c '^#pragma once' "$header")" -eq 1
done
must 'xtensor in the one without it' test -z "$(grep -n '^ *# *include <x\(tensor\|flens\|tl\)' "$work/satur_core_single.hpp")"

# A program that was written for the headers of the folder finds the single one behind their names.
for header in activation diagnostic observe version; do
  printf '#include "satur_core_single.hpp"\n' >"$work/satur/$header.hpp"
done
printf '#include "satur_single.hpp"\n' >"$work/satur/satur.hpp"
version=$(sed -n 's/^#define SATUR_VERSION_[MP][A-Z]* *//p' "$root/include/satur/version.hpp" | paste -sd. -)
build() { # SOURCE OPTION…
  source=$1
  shift
  # shellcheck disable=SC2086 # several options
  "$compiler" -std=c++20 $warnings -I"$work" "-DEXPECTED_VERSION=\"$version\"" -DSATUR_NO_DISPATCH "$root/$source" "$@"
}
must 'it does not compile' build tests/consumer/core.cpp -fsyntax-only
if [ "$run" = --run ]; then
  must 'a consumer does not compile' build tests/consumer/core.cpp -o "$work/core"
  must 'a consumer fails' "$work/core"
  must 'the quickstart does not compile' build examples/01_quickstart.cpp -o "$work/quickstart"
  must 'the quickstart fails' "$work/quickstart" >"$work/quickstart.txt"
  must 'a consumer of everything does not compile' build tests/consumer/all.cpp -o "$work/all" -lopenblas
  must 'a consumer of everything fails' "$work/all"
fi
echo 'single headers: each header once, compiled'
