#!/usr/bin/env bash
# Fuzzes what reads bytes of others, and the passes over z, and writes what came out into docs/trust.md:
# tests/fuzz.sh [--print] [--again] [--runs N] [TARGET…]
#   idx         the example's reader of IDX files      json_lines   read_json_lines
#   monitor     load_monitor, and what is done with a loaded monitor
#   observe     observe, forward, apply and a monitor's forward: sizes, strides, types, levels, special values
# Each runs N inputs (10000000) by libFuzzer, under the address and undefined-behavior sanitizers, and ends at the first finding,
# whose input is in build/fuzz. A target that is not named keeps its row. What was found is a test of the suite. An hour.
# Inputs of earlier calls that reached something new are begun with. --again: runs what an earlier call built.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null

all=(idx json_lines monitor observe)
runs=10000000
print=no
again=no
while [ $# -gt 0 ]; do
  case $1 in
  --print) print=yes ;;
  --again) again=yes ;;
  --runs) runs=$2 && shift ;;
  *) break ;;
  esac
  shift
done
targets=("$@")
if [ $# -eq 0 ]; then targets=("${all[@]}"); fi
require_known target "${all[*]}" "${targets[@]}"
need build ci
work=$root/build/fuzz
mkdir -p "$work"
flags=(-std=c++20 -O2 -g1 -I"$root/include" -I"$root/tests" -I"$root/examples")
# shellcheck disable=SC2054 # commas of one option
sanitizers=(-fsanitize=fuzzer,address,undefined,float-cast-overflow -fno-sanitize=null,object-size,vptr -fno-sanitize-recover=all)

compile() { # NAME FLAG…
  local name=$1
  shift
  if [ "$again" = yes ] && [ -x "$work/$name" ]; then return; fi
  say "building $name"
  quietly "$work/$name-build.txt" clang++-14 "${flags[@]}" "$@" "$root/tests/fuzz/$name.cpp" -o "$work/$name"
}

# Words of a text are found by the comparisons that the program makes; for numbers and sizes that costs more than it finds. How
# often a loop ran is no news in a pass, whose sizes are chosen by bytes.
options_of() { # TARGET: sets coverage and options
  coverage=()
  options=(-max_len=4096)
  case $1 in
  monitor) coverage=(-fno-sanitize-coverage=trace-cmp) options=(-max_len=16384 -entropic=0) ;;
  observe) coverage=(-fno-sanitize-coverage=trace-cmp) options=(-max_len=512 -entropic=0 -use_counters=0 -reduce_inputs=0) ;;
  esac
}

compile seeds && "$work/seeds" "$work/seeds-of" || exit
failures=0
for target in "${targets[@]}"; do
  options_of "$target"
  if ! compile "$target" "${sanitizers[@]}" ${coverage[@]+"${coverage[@]}"}; then
    failures=$((failures + 1))
    continue
  fi
  mkdir -p "$work/$target-corpus"
  say "fuzzing $target: $runs inputs (log: build/fuzz/$target.txt)"
  outcome='no finding'
  nice -n "${SATUR_NICE:-19}" "$work/$target" -runs="$runs" "${options[@]}" -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix="$work/$target-" "$work/$target-corpus" "$work/seeds-of/$target" >"$work/$target.txt" 2>&1 || {
    outcome="FAILED: build/fuzz/$target.txt"
    failures=$((failures + 1))
    tail -n 40 "$work/$target.txt" >&2
  }
  stat() { sed -n "s/^stat::$1: *//p" "$work/$target.txt"; }
  # shellcheck disable=SC2016 # Markdown
  printf '| `%s` | %s | %s | %s | %s |\n' "$target" "$(stat number_of_executed_units)" \
    "$(sed -n 's/^#[0-9]*[[:space:]]*DONE *cov: \([0-9]*\).*/\1/p' "$work/$target.txt")" "$(stat average_exec_per_sec)" "$outcome" >"$work/$target.md"
done

{
  printf '| target | inputs | branches reached | inputs a second | outcome |\n|---|---|---|---|---|\n'
  for target in "${all[@]}"; do cat "$work/$target.md" 2>/dev/null; done
} >"$work/table.md"
if [ "$print" = yes ]; then cat "$work/table.md"; else write_results "$root/docs/trust.md" "$work/table.md" fuzz; fi
exit $((failures > 0))
