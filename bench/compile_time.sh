#!/usr/bin/env bash
# What satur costs the compiler, written into bench/README.md: bench/compile_time.sh [--print]
# User time of one core, the best of three runs that take turns, and its ratio to the same compiler's
# `-fsyntax-only` of a file that only includes xtensor/xmath.hpp. CXX chooses another compiler than g++; --print shows the
# table instead of writing it. Nothing else need be idle: it is user time, not the clock's.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
compiler=${CXX:-g++}
flags=(-std=c++20 -I "$root/include" -I "$root/examples")
here=-DSATUR_NO_DISPATCH # one instruction set, as examples/run.sh builds its program
if "$compiler" -march=native -E -x c++ /dev/null >/dev/null 2>&1; then here="$here -march=native"; fi

# What the target satur::compiled defines for these flags: compiling needs no more of it.
served=SATUR_COMPILED_FOR_$(printf '#include <satur/config.hpp>\nSATUR_COMPILED_TAG\n' | "$compiler" "${flags[@]}" -E -P -x c++ - | tail -n 1)

# What is measured: its name in the table, the file that it needs, its source, its own flags, the goal as a ratio or in
# seconds (s).
rows=(
  "\`xtensor/xmath.hpp\` alone|-|xtensor/xmath.hpp|-fsyntax-only|"
  "\`satur/activation.hpp\` alone|include/satur/activation.hpp|satur/activation.hpp|-fsyntax-only|"
  "\`satur/observe.hpp\` alone|include/satur/observe.hpp|satur/observe.hpp|-fsyntax-only|0.8"
  "\`satur/diagnostic.hpp\` alone|include/satur/diagnostic.hpp|satur/diagnostic.hpp|-fsyntax-only|1.2"
  "\`satur/report/tensorboard.hpp\` alone|include/satur/report/tensorboard.hpp|satur/report/tensorboard.hpp|-fsyntax-only|0.8"
  "\`satur/satur.hpp\` alone|include/satur/satur.hpp|satur/satur.hpp|-fsyntax-only|"
  "\`examples/01_quickstart.cpp\`|examples/01_quickstart.cpp|examples/01_quickstart.cpp|-O2 -c|2"
  "\`examples/04_any_loop.cpp\`|examples/04_any_loop.cpp|examples/04_any_loop.cpp|-O2 -c|8"
  "\`examples/04_any_loop.cpp\`, with \`satur::compiled\`|include/satur/activation/named.hpp|examples/04_any_loop.cpp|-O2 -D$served=1 -c|3.5"
  "\`examples/train.cpp\`, for the machine that builds it|examples/train.cpp|examples/train.cpp|-O1 $here -c|25 s"
)

source_of() { # SOURCE: the file to compile; a header's only includes it
  case $1 in
  *.cpp) printf '%s\n' "$root/$1" ;;
  *)
    printf '#include <%s>\n' "$1" >"$folder/${1//\//_}.cpp"
    printf '%s\n' "$folder/${1//\//_}.cpp"
    ;;
  esac
}

TIMEFORMAT=%U
for run in 1 2 3; do
  for index in "${!rows[@]}"; do
    IFS='|' read -r name needs source own goal <<<"${rows[index]}"
    if [ "$needs" != - ] && [ ! -f "$root/$needs" ]; then continue; fi
    file=$(source_of "$source")
    say "run $run: ${name//\`/}"
    # shellcheck disable=SC2086 # own is a list of flags
    { time "$compiler" "${flags[@]}" $own "$file" -o "$folder/object.o" 2>"$folder/errors.txt"; } 2>>"$folder/$index.times" ||
      { cat "$folder/errors.txt" >&2 && exit 1; }
  done
done

{
  printf '%s; xtensor %s\n\n' "$("$compiler" --version | head -n 1)" "$(
    printf '#include <xtensor/xtensor_config.hpp>\nXTENSOR_VERSION_MAJOR.XTENSOR_VERSION_MINOR.XTENSOR_VERSION_PATCH\n' |
      "$compiler" -E -P -x c++ - | tail -n 1 | tr -d ' '
  )"
  printf '| file | flags | seconds, best of 3 | ratio to xmath | goal |\n|---|---|---|---|---|\n'
  base=$(sort -n "$folder/0.times" | head -n 1)
  for index in "${!rows[@]}"; do
    IFS='|' read -r name needs source own goal <<<"${rows[index]}"
    if [ -f "$folder/$index.times" ]; then
      best=$(sort -n "$folder/$index.times" | head -n 1)
      ratio=$(awk -v best="$best" -v base="$base" 'BEGIN { printf "%.2f", best / base }')
    else
      best=absent
      ratio=
    fi
    printf "| %s | \`%s\` | %s | %s | %s |\n" "$name" "$own" "$best" "$ratio" "$goal"
  done
} >"$folder/table.txt"

if [ "${1-}" = --print ]; then
  cat "$folder/table.txt"
else
  write_results "$root/bench/README.md" "$folder/table.txt" compile
fi
