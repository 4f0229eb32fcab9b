#!/bin/sh
# Checks tests/public_names.sh against a compiler: every name that clang finds in namespace satur is in the list.
# public_names_agree.sh CLANG INCLUDE_DIR
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <satur/%s.hpp>\n' satur testing tensor >"$work/all.cpp"
"$1" -std=c++20 -I"$2" -DSATUR_NO_DISPATCH -fsyntax-only -Xclang -ast-list "$work/all.cpp" >"$work/ast"
sh "$(dirname "$0")/public_names.sh" "$2" | cut -f 1 | sort -u >"$work/listed"
# Namespaces, and parameters of templates and functions, are no names of the library.
others='act|formats|in|init|layer|math|out|process|random|readings|recentre|row|rule|rules|shape|svg|testing|text|theory|units|v[0-9]+_[a-z]+'
grep '^satur::' "$work/ast" | grep -v detail | sed 's/^satur:://' |
  grep -E '^((testing|theory|math|text|svg|rules|formats|readings)::)?[a-z][a-z_0-9]+$' | grep -vxE "$others" | sort -u >"$work/found"
[ "$(wc -l <"$work/found")" -gt 500 ] || { echo "$1 lists too few names"; exit 1; }
comm -13 "$work/listed" "$work/found" >"$work/missing"
if [ -s "$work/missing" ]; then
  echo "in namespace satur, but not in tests/public_names.sh:"
  cat "$work/missing"
  exit 1
fi
