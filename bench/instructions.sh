#!/usr/bin/env bash
# Instructions an element of the fused sigmoid pass, counted by valgrind (which knows AVX2, not AVX-512):
# bench/instructions.sh PROGRAM prints a table in Markdown.
set -euo pipefail

if ! command -v valgrind >/dev/null; then
  echo "(valgrind is not installed: not counted)"
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

instructions() { # PROGRAM TIMES LEVEL
  valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$1" "$2" "$3" 2>"$folder/log" || {
    cat "$folder/log" >&2
    return 1
  }
  sed -n 's/^summary: //p;s/^totals: //p' "$folder/out" | head -n 1
}

printf '| instruction set | instructions an element |\n|---|---|\n'
for level in baseline widest; do
  once=$(instructions "$1" 1 "$level")
  often=$(instructions "$1" 21 "$level")
  if [ "$level" = widest ]; then name=AVX2; else name=SSE2; fi
  awk -v name="$name" -v once="$once" -v often="$often" 'BEGIN { printf "| %s | %.2f |\n", name, (often - once) / 20 / 16384 }'
done
