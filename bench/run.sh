#!/usr/bin/env bash
# Runs the benchmarks and writes their figures into bench/README.md: bench/run.sh [--print] [SECTION…]
# Without a section all of them, some twenty minutes; nothing else should run meanwhile. --print shows the figures instead.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
export OPENBLAS_NUM_THREADS=1

sections=(forward small instructions activations_float activations_double readings formats units threads torch torch_watch torch_layers step
  mlp lstm attention conv memory monitor reports theory initializers saturated compile)
print=no
if [ "${1-}" = --print ]; then
  print=yes
  shift
fi
wanted=("$@")
if [ $# -eq 0 ]; then wanted=("${sections[@]}"); fi
require_known section "${sections[*]}" "${wanted[@]}"

need build bench

# On a processor that it does not know, OpenBLAS takes its oldest kernels: a training step would take four times as long
# and flatter all that is measured against it.
kernels=$(OPENBLAS_VERBOSE=2 LD_PRELOAD=libopenblas.so.0 /bin/true 2>&1 | sed -n 's/^Core: //p')
if [ -z "${OPENBLAS_CORETYPE-}" ] && [ "$kernels" = Prescott ]; then
  if grep -q -m1 avx512bw /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=SkylakeX
  elif grep -q -m1 avx2 /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=Haswell
  fi
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

program() { printf '%s/build/bench-%s/bench/satur_bench_%s' "$root" "$1" "$2"; } # PRESET NAME
run() {                                                                           # PRESET NAME: its output is in $folder/PRESET-NAME.txt
  say "running $2, $1"
  "$(program "$1" "$2")" >"$folder/$1-$2.txt"
}

forward() {
  run native forward
  run plain forward
  cat "$folder/native-forward.txt"
  printf '\nThe same with plain -O2:\n\n'
  sed -n 1p "$folder/plain-forward.txt"
  printf '\n| n | forward, ns an element | speed, as share of native |\n|---|---|---|\n'
  paste -d'~' <(grep '^| [0-9]' "$folder/native-forward.txt") <(grep '^| [0-9]' "$folder/plain-forward.txt") |
    awk -F'~' '{
      split($1, native, "|"); split(native[3], ns, " "); split($2, plain, "|"); split(plain[3], plain_ns, " ")
      printf "|%s| %s | %.2f |\n", native[2], plain_ns[1], ns[1] / plain_ns[1] }'
}

activations() { # TYPE
  run native "activations_$1"
  run plain "activations_$1"
  # The last column: how fast the plain build's forward is.
  paste -d'~' "$folder/native-activations_$1.txt" "$folder/plain-activations_$1.txt" | awk -F'~' '
    /^\| `/ { split($1, native, "|"); split($2, plain, "|"); printf "%s %.2f |\n", $1, native[7] / plain[7]; next }
    /^\| activation/ { print $1 " speed of plain -O2 |"; next }
    /^\|---/ { print $1 "---|"; next }
    { print $1 }'
}

figures() { # SECTION
  case $1 in
  forward) forward ;;
  instructions) "$root/bench/instructions.sh" "$(program plain instructions)" ;;
  activations_float) activations float ;;
  activations_double) activations double ;;
  compile) "$root/bench/compile_time.sh" --print ;;
  saturated | memory) # without flags, as most users build; xsimd allocates where nobody counts
    run plain "$1"
    cat "$folder/plain-$1.txt"
    ;;
  *)
    run native "$1"
    cat "$folder/native-$1.txt"
    ;;
  esac
}

compiled() { # PRESET SECTION…: the program of each section, built
  local preset=$1 section targets=()
  shift
  for section in "$@"; do targets+=("satur_bench_$section"); done
  if [ ${#targets[@]} -gt 0 ]; then BUILD_NAME=bench-$preset build "$preset" -DSATUR_BUILD_BENCH=ON -DSATUR_BUILD_TESTS=OFF -DSATUR_BUILD_EXAMPLES=OFF -- "${targets[@]}"; fi
}
native=()
plain=()
for section in "${wanted[@]}"; do
  case $section in
  compile) ;;
  instructions | saturated | memory) plain+=("$section") ;;
  forward | activations_*) native+=("$section") plain+=("$section") ;;
  torch* | threads) # what they need may be missing: then the figures that are there stay
    if [ "$section" = threads ] || [ -d /usr/include/torch ]; then native+=("$section"); fi
    ;;
  *) native+=("$section") ;;
  esac
done
compiled native ${native[@]+"${native[@]}"}
compiled plain ${plain[@]+"${plain[@]}"}

for section in "${wanted[@]}"; do
  case $section in
  torch* | threads) if [ ! -x "$(program native "$section")" ]; then continue; fi ;;
  esac
  figures "$section" >"$folder/figures.txt"
  if [ "$print" = yes ]; then
    printf '\n### %s\n\n' "$section"
    cat "$folder/figures.txt"
  else
    write_results "$root/bench/README.md" "$folder/figures.txt" "$section"
  fi
done
