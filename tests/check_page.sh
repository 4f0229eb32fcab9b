#!/bin/sh
# Checks that a program prints the page's blocks after <!-- output -->, one after another: check_page.sh PAGE PROGRAM
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^<!-- output -->/ { found = 1 } found && /^```/ { if (inside) found = 0; inside = !inside; next } inside { print }' "$1" >"$work/shown"
[ -s "$work/shown" ] || { echo "$1: no block after <!-- output -->"; exit 1; }
"$2" >"$work/output"
diff "$work/shown" "$work/output" || { echo "$1: this differs from what $2 prints"; exit 1; }
echo "the page shows what its program prints"
