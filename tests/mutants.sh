#!/usr/bin/env bash
# Do the tests notice mistakes in what was added last? tests/mutants.sh [--print] [OPTION…]
# Draws mutants with tests/mutants/run.py in the lines that were added after the last draw (770bac2), as many in each folder, and
# writes what came of them into docs/trust.md. An hour on two cores. OPTIONs go to run.py: --jobs, --count, --shared.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null

print=no
if [ "${1-}" = --print ]; then
  print=yes
  shift
fi
need build test bridges mutants
folders=(layer loss optimizer testing format report monitor reading adapt)
mkdir -p "$root/build/mutants"
"$root/tests/mutants/run.py" --unmeasured --most 12 --limit 600 --seed 21 --count 42 --since 770bac2 --by-folder "${folders[@]/#/--only=}" \
  --table "$root/build/mutants/table.md" --result "$root/build/mutants/result.txt" "$@"
status=$?
if [ $print = no ] && [ $status -ne 2 ]; then write_results "$root/docs/trust.md" "$root/build/mutants/table.md" mutants; fi
exit $status
