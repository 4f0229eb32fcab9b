#!/usr/bin/env bash
# Programs of users with flags that change what their numbers are, or take something away: tests/consumers.sh [--print] [PART…]
#   fast      a run of counters.cpp with -ffast-math, by every compiler, at -O2 and -O3, for this machine and with -flto: all of
#             its counters are those of a build without it, and a monitor that one of them saved is the same to the other
#   plain     no_exceptions.cpp, which includes every header, with -fno-exceptions -fno-rtti: it runs, and each wrong call
#             ends it with its message
# $COMPILERS: others than g++, clang++-14 and clang++-16. Without a part and --print it writes the outcome into docs/trust.md.
# 15 minutes of processor time; what a compiler needs and is not there is named.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null

print=no
if [ "${1-}" = --print ]; then
  print=yes
  shift
fi
wanted=("$@")
if [ $# -eq 0 ]; then wanted=(fast plain); fi
require_known part 'fast plain' "${wanted[@]}"
read -ra compilers <<<"${COMPILERS:-g++ clang++-14 clang++-16}"
work=$root/build/consumers
sources=$root/tests/consumer
rows=$work/rows.txt
failures=0
mkdir -p "$work"
need build test ci bridges
read -ra eigen <<<"$(pkg-config --cflags eigen3 | sed 's/-I/-isystem /g')"
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Wno-nonnull -Werror)

compile() { # PROGRAM COMPILER FLAG…: a program of tests/consumer; its name may have a dash and a variant
  local program=$1 compiler=$2
  shift 2
  case $compiler in g++*) set -- -Wno-restrict "$@" ;; esac # GCC bug 105651
  "$compiler" -std=c++20 "${warnings[@]}" "$@" "-I$root/include" "-I$work" "${eigen[@]}" \
    "$sources/${program%%-*}.cpp" -lopenblas -o "$work/$program" >"$work/$program.txt" 2>&1
}
row() { # COMPILER FLAGS OUTCOME
  printf '| %s | `%s` | %s |\n' "$1" "$2" "$3" >>"$rows"
  case $3 in
  *FAILED*)
    failures=$((failures + 1))
    say "$1 $2: $3"
    ;;
  esac
}

# ---- -ffast-math -------------------------------------------------------------------------------------------------------

same_counters() { # PROGRAM: runs it, and compares what it prints with what the plain one prints
  "$work/$1" --save "$work/$1.satur" >"$work/$1.out" 2>"$work/$1.err" || { # it compares them with its numbers, too
    echo "FAILED: $(head -n 1 "$work/$1.err")"
    return
  }
  cmp -s "$work/counters-plain.out" "$work/$1.out" || {
    echo "FAILED: other counters, see build/consumers/$1.out"
    return
  }
  local to
  for to in plain "${1#counters-}"; do # each reads what the other saved
    "$work/counters-$to" --load "$work/counters-$([ "$to" = plain ] && echo "${1#counters-}" || echo plain).satur" >"$work/loaded.out" &&
      head -n "$(wc -l <"$work/loaded.out")" "$work/counters-plain.out" | cmp -s - "$work/loaded.out" || {
      echo "FAILED: other counters in a monitor that the other build saved"
      return
    }
  done
  echo "the same $(grep -ow '[0-9]*' "$work/$1.out" | wc -l) counters"
}
fast() {
  local compiler flags number=0 program
  compile counters-plain g++ -O2 && "$work/counters-plain" --save "$work/counters-plain.satur" >"$work/counters-plain.out" || {
    row g++ -O2 "FAILED: the plain build, see build/consumers/counters-plain.txt"
    return
  }
  for compiler in "${compilers[@]}"; do
    for flags in '-O2 -ffast-math' '-O3 -ffast-math' '-O3 -ffast-math -march=native' '-O2 -ffast-math -flto'; do
      case "$compiler $flags" in
      clang*-O3*native | clang*14*-flto) continue ;; # the passes of every instruction set are in each build
      esac
      number=$((number + 1))
      program=counters-$number
      # shellcheck disable=SC2086 # several flags
      if ! compile $program "$compiler" $flags -DSATUR_FAST_MATH_ACKNOWLEDGED; then
        if grep -q 'LLVMgold\|invalid linker' "$work/$program.txt"; then
          row "$compiler" "$flags" 'not tried: there is no linker for it'
        else
          row "$compiler" "$flags" "FAILED: $(grep -m 1 error "$work/$program.txt")"
        fi
      else
        row "$compiler" "$flags" "$(same_counters "$program")"
      fi
    done
  done
}

# ---- -fno-exceptions -fno-rtti -----------------------------------------------------------------------------------------

messages=(
  'satur::z_beyond: threshold is -1; allowed: '
  'satur::forward: y has shape (3); expected (2)'
  'satur::load_monitor: '
  'satur::read_json_lines: lines: line 1, byte 10: expected '
  'satur::write_csv: '
  'satur::format_limits: scale is 0; allowed: '
  'satur::dense::forward: x has shape (2, 5); expected (batch, 6)'
  'satur::stop_when: column is no column; allowed: '
)
ends_as_documented() { # PROGRAM
  local folder=$work/$1.d output number status
  rm -rf "$folder" && mkdir -p "$folder"
  output=$("$work/$1" "$folder" 2>&1)
  [ "$output" = healthy ] || {
    echo "FAILED: $output"
    return
  }
  for number in "${!messages[@]}"; do
    output=$( (ulimit -c 0 && "$work/$1" "$folder" "$number") 2>&1 >/dev/null)
    status=$?
    if [ $status -ne 134 ] || [ "${output#"${messages[number]}"}" = "$output" ] || [ "$(wc -l <<<"$output")" -ne 1 ]; then
      echo "FAILED: wrong call $number ended with $status and '$output'"
      return
    fi
  done
  echo "runs; ${#messages[@]} wrong calls end it with their messages"
}
plain() {
  local compiler number=0
  (cd "$root/include" && find satur -name '*.hpp' ! -path 'satur/adapt/*' | LC_ALL=C sort && echo satur/adapt/eigen.hpp) |
    sed 's/.*/#include <&>/' >"$work/every_header.inc"
  for compiler in "${compilers[@]}"; do
    number=$((number + 1))
    if compile no_exceptions-$number "$compiler" -O1 -fno-exceptions -fno-rtti; then
      row "$compiler" '-fno-exceptions -fno-rtti' "$(ends_as_documented no_exceptions-$number)"
    else
      row "$compiler" '-fno-exceptions -fno-rtti' "FAILED: $(grep -m 1 error "$work/no_exceptions-$number.txt")"
    fi
  done
}

printf '| compiler | flags | outcome |\n|---|---|---|\n' >"$rows"
for wish in "${wanted[@]}"; do "$wish"; done
cat "$rows"
if [ $print = no ] && [ $# -eq 0 ]; then write_results "$root/docs/trust.md" "$rows" consumers; fi
[ $failures -eq 0 ]
