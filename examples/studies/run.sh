#!/usr/bin/env bash
# Builds and runs one study, which writes its page: examples/studies/run.sh NAME [OPTION…]
# Without a name it lists them. The options go to the program (--help lists them); the page is build/studies/NAME.html
# unless --html says otherwise. SATUR_PRESET chooses another preset than release.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/scripts.sh"

folder=$root/examples/studies
name=${1-}
if [ ! -f "$folder/$name.cpp" ]; then
  say "usage: examples/studies/run.sh NAME [OPTION…], with one of these names:"
  for study in "$folder"/*.cpp; do
    printf '  %-16s %s\n' "$(basename "$study" .cpp)" "$(sed -n '1s|^// *||p' "$study")" >&2
  done
  exit 2
fi
shift

need build
BUILD_NAME=examples build "${SATUR_PRESET:-release}" -DSATUR_BUILD_TESTS=OFF -DSATUR_BUILD_EXAMPLES=ON -- "satur_study_$name"
exec "$root/build/examples/examples/studies/satur_study_$name" --html "$root/build/studies/$name.html" "$@"
