#!/bin/sh
# Checks that the headers of activations, the umbrella, the list in it and the two tables of the docs name the same:
# check_activations.sh PROJECT; check_activations.sh --self-test PROJECT DIR removes one name from each in turn.
set -eu

check() { # PROJECT
  names=$(cd "$1/include/satur/activation" && ls ./*.hpp | sed 's|^\./||; s|\.hpp$||' | grep -Ev '^(all|activation_ref|any_activation|composed|concept|named|peak_slope)$')
  failures=0
  for name in $names; do
    grep -q "struct $name " "$1/include/satur/activation/$name.hpp" || { echo "$name.hpp: no struct $name"; failures=1; }
    grep -q "\"satur/activation/$name.hpp\"" "$1/include/satur/activation/all.hpp" || { echo "activation/all.hpp: $name is missing"; failures=1; }
    grep -q "^ *satur::$name\b" "$1/include/satur/activation/all.hpp" || { echo "activation/all.hpp: all_activations lacks $name"; failures=1; }
    grep -q "^| \`$name[\`{]" "$1/docs/activations.md" || { echo "docs/activations.md: $name has no row"; failures=1; }
    grep "^| activations |" "$1/README.md" | grep -q "\b$name\b" || { echo "README.md: $name is missing"; failures=1; }
  done
  listed=$(grep -c '^ *satur::' "$1/include/satur/activation/all.hpp")
  found=$(echo "$names" | wc -l)
  [ "$listed" -eq "$found" ] || { echo "activation/all.hpp lists $listed, the folder holds $found"; failures=1; }
  [ "$failures" -eq 0 ] || return 1
  echo "$found activations, each in five places"
}

if [ "$1" = --self-test ]; then
  project=$2 dir=$3/activations_self_test
  for mistake in \
    's/^#include .*softsign.*//: include/satur/activation/all.hpp' \
    's/^ *satur::softsign.*//: include/satur/activation/all.hpp' \
    's/softsign//g: docs/activations.md' \
    's/softsign//g: README.md'; do
    rm -rf "$dir"
    mkdir -p "$dir/docs"
    cp -r "$project/include" "$dir/"
    cp "$project/docs/activations.md" "$dir/docs/"
    cp "$project/README.md" "$dir/"
    sed -i "${mistake%: *}" "$dir/${mistake##*: }"
    if check "$dir" >/dev/null; then
      echo "not noticed: softsign removed by $mistake"
      exit 1
    fi
  done
  rm -rf "$dir"
  echo "a name missing from any of the four places is noticed"
else
  check "$1"
fi
