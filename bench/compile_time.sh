#!/usr/bin/env bash
# How long one header takes to compile, beside one of xtensor's: median of 7 runs of g++ -O2 -c, taking turns.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
compiler=${CXX:-g++}
headers=(satur/activation.hpp satur/diagnostic.hpp xtensor/xmath.hpp satur/satur.hpp)

for header in "${headers[@]}"; do
  printf '#include <%s>\nint main() {}\n' "$header" >"$folder/${header//\//_}.cpp"
done
for _ in 1 2 3 4 5 6 7; do
  for header in "${headers[@]}"; do
    start=$(date +%s%N)
    "$compiler" -std=c++20 -O2 -I "$root/include" -c "$folder/${header//\//_}.cpp" -o "$folder/object.o"
    echo $((($(date +%s%N) - start) / 1000000)) >>"$folder/${header//\//_}.ms"
  done
done
printf '| a file with only | seconds to compile, median (minimum) |\n|---|---|\n'
for header in "${headers[@]}"; do
  sort -n "$folder/${header//\//_}.ms" | awk -v header="$header" \
    '{ ms[NR] = $1 } END { printf "| `%s` | %.2f (%.2f) |\n", header, ms[4] / 1000, ms[1] / 1000 }'
done
