#!/bin/sh
# Checks that the README shows the source and the output of an example:
# check_readme.sh README SOURCE PROGRAM [SNIPPET OUTPUT], the marks of the two blocks
set -eu
readme=$1 source=$2 program=$3 snippet=${4:-quickstart} output=${5:-output}
between() { # MARKER: the lines of the fenced block after <!-- MARKER
  awk -v marker="<!-- $1" '
    index($0, marker) == 1 { found = 1 }
    found && /^```/ { if (inside) exit; inside = 1; next }
    inside { print }' "$readme"
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
between "$snippet" >"$work/snippet"
between "$output" >"$work/shown"
"$program" >"$work/output"
[ -s "$work/snippet" ] || { echo "README: no snippet after <!-- $snippet"; exit 1; }
diff "$work/snippet" "$source" || { echo "README: the snippet differs from $source"; exit 1; }
diff "$work/shown" "$work/output" || { echo "README: the output differs from what $program prints"; exit 1; }
echo "README shows $source and its output"
