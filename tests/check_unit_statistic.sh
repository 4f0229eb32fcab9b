#!/bin/sh
# Proves the recipe of docs/extending/unit_statistic.md: a copy of satur's headers takes the page's block after
# <!-- patch -->, and a program finds the new statistic in a pass, a merge, a window with decay and a saved file.
#   check_unit_statistic.sh INCLUDE_DIR PAGE PROGRAM.cpp COMPILER; 77 if there is no patch
set -eu
command -v patch >/dev/null || { echo "there is no patch"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$1" "$work/include"
awk '/^<!-- patch -->/ { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside { print }' "$2" >"$work/change"
[ -s "$work/change" ] || { echo "$2: no block after <!-- patch -->"; exit 1; }
patch -d "$work" -p1 --no-backup-if-mismatch --fuzz=0 <"$work/change"
"$4" -std=c++20 -O1 -DSATUR_NO_DISPATCH "-I$work/include" "$3" -o "$work/program"
"$work/program"
