#!/usr/bin/env bash
# Fuzzes what reads bytes of others, and the passes over z: tests/fuzz.sh [--runs N] [TARGET…]
#   idx         the example's reader of IDX files      json_lines   read_json_lines
#   monitor     load_monitor, and what is done with a loaded monitor
#   observe     observe, forward, apply and a monitor's forward: sizes, strides, types, levels, special values
# Each runs N inputs (10000000) by libFuzzer, under the address and undefined-behavior sanitizers, and ends at the first finding,
# whose input is in build/fuzz. The last lines are a table. What was found is a test of the suite.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null

runs=10000000
if [ "${1-}" = --runs ]; then
  runs=$2
  shift 2
fi
targets=("$@")
if [ $# -eq 0 ]; then targets=(idx json_lines monitor observe); fi
need build ci
work=$root/build/fuzz
mkdir -p "$work"
flags=(-std=c++20 -O1 -g1 -I"$root/include" -I"$root/tests" -I"$root/examples")

compile() { # NAME FLAG…
  local name=$1
  shift
  say "building $name"
  quietly "$work/$name-build.txt" clang++-14 "${flags[@]}" "$@" "$root/tests/fuzz/$name.cpp" -o "$work/$name"
}

compile seeds && "$work/seeds" "$work/seeds-of" || exit
failures=0
printf '| target | inputs | inputs kept | a second | outcome |\n|---|---|---|---|---|\n' >"$work/table.md"
for target in "${targets[@]}"; do
  if ! compile "$target" -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all; then
    failures=$((failures + 1))
    continue
  fi
  mkdir -p "$work/$target-corpus"
  say "fuzzing $target: $runs inputs (log: build/fuzz/$target.txt)"
  outcome=passed
  nice -n 19 "$work/$target" -runs="$runs" -max_len=4096 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix="$work/$target-" "$work/$target-corpus" "$work/seeds-of/$target" >"$work/$target.txt" 2>&1 || {
    outcome="FAILED: build/fuzz/$target.txt"
    failures=$((failures + 1))
    tail -n 40 "$work/$target.txt" >&2
  }
  stat() { sed -n "s/^stat::$1: *//p" "$work/$target.txt"; }
  # shellcheck disable=SC2016 # Markdown
  printf '| `%s` | %s | %s | %s | %s |\n' "$target" "$(stat number_of_executed_units)" \
    "$(find "$work/$target-corpus" -type f | wc -l)" "$(stat average_exec_per_sec)" "$outcome" >>"$work/table.md"
done
cat "$work/table.md"
exit $((failures > 0))
