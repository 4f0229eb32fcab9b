#!/usr/bin/env bash
# Runs every benchmark and writes the figures into bench/README.md: bench/run.sh [--print]
# --print shows them instead. Takes some ten minutes; nothing else should run meanwhile.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
export OPENBLAS_NUM_THREADS=1

need build bench
for preset in native plain; do
  BUILD_NAME=bench-$preset build $preset -DSATUR_BUILD_BENCH=ON -DSATUR_BUILD_TESTS=OFF -DSATUR_BUILD_EXAMPLES=OFF
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

run() { # BUILD NAME
  say "running $2, $1"
  "$root/build/bench-$1/bench/satur_bench_$2" >"$folder/$1-$2.txt"
}
run native forward
run plain forward
run native step
run native monitor
for type in float double; do
  run native activations_$type
  run plain activations_$type
done
for optional in threads torch; do
  if [ -x "$root/build/bench-native/bench/satur_bench_$optional" ]; then run native $optional; fi
done
say "counting instructions"
"$root/bench/instructions.sh" "$root/build/bench-plain/bench/satur_bench_instructions" >"$folder/instructions.txt"
say "timing the compiler"
"$root/bench/compile_time.sh" >"$folder/compile.txt"

{
  printf '### The fused sigmoid pass, preset native\n\n'
  cat "$folder/native-forward.txt"
  printf '\n### The same with plain -O2\n\n'
  sed -n 1p "$folder/plain-forward.txt"
  printf '\n| n | forward, ns an element | speed, as share of native |\n|---|---|---|\n'
  paste -d'|' <(grep '^| [0-9]' "$folder/native-forward.txt") <(grep '^| [0-9]' "$folder/plain-forward.txt") |
    awk -F'|' '{ split($3, native, " "); split($17, plain, " "); printf "|%s| %s | %.2f |\n", $2, plain[1], native[1] / plain[1] }'
  printf '\n### Instructions an element of the fused sigmoid pass, plain -O2, counted\n\n'
  cat "$folder/instructions.txt"
  for type in float double; do
    printf '\n### Every activation, %s, preset native\n\n' "$type"
    # The last column: how fast the plain build's forward is.
    paste -d'~' "$folder/native-activations_$type.txt" "$folder/plain-activations_$type.txt" | awk -F'~' '
      /^\| `/ { split($1, native, "|"); split($2, plain, "|"); printf "%s %.2f |\n", $1, native[7] / plain[7]; next }
      /^\| activation/ { print $1 " speed of plain -O2 |"; next }
      /^\|---/ { print $1 "---|"; next }
      { print $1 }'
  done
  if [ -f "$folder/native-threads.txt" ]; then
    printf '\n### Threads and sixteen bits, preset native with OpenMP\n\n'
    cat "$folder/native-threads.txt"
  fi
  if [ -f "$folder/native-torch.txt" ]; then
    printf '\n### Against libtorch, preset native\n\n'
    cat "$folder/native-torch.txt"
  fi
  printf '\n### One training step, 784-256-256-256-10, batch 128, preset native\n\n'
  cat "$folder/native-step.txt"
  printf '\n### What a monitor costs on that step, preset native\n\n'
  cat "$folder/native-monitor.txt"
  printf '\n### Compile time\n\n'
  cat "$folder/compile.txt"
} >"$folder/results.txt"

if [ "${1-}" = --print ]; then
  cat "$folder/results.txt"
else
  write_results "$root/bench/README.md" "$folder/results.txt"
fi
