#!/usr/bin/env bash
# Draws the pictures of docs/studies.md by running the studies at their default size: examples/studies/pictures.sh [NAME…]
# Without a name: all of them, some minutes. NAMES is a file of names, one a line, for gain_sweep.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/scripts.sh"

names=("$@")
if [ $# -eq 0 ]; then
  for study in "$root"/examples/studies/*.cpp; do names+=("$(basename "$study" .cpp)"); done
fi
for name in "${names[@]}"; do
  options=()
  if [ "$name" = gain_sweep ] && [ -n "${NAMES-}" ]; then options=(--data "$NAMES"); fi
  quietly "$root/build/log/study-$name.txt" "$root/examples/studies/run.sh" "$name" --svg "$root/docs/studies/$name.svg" \
    ${options[@]+"${options[@]}"}
  say "drawn: docs/studies/$name.svg"
done
