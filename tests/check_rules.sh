#!/bin/sh
# Checks that the headers of rules, the list of them and the table of the docs name the same: check_rules.sh PROJECT
# check_rules.sh --self-test PROJECT DIR removes one name from each in turn.
set -eu

check() { # PROJECT
  names=$(cd "$1/include/satur/rule" && ls ./*.hpp | sed 's|^\./||; s|\.hpp$||' | grep -Ev '^(all|any_rule|concept|equivalents|limits|presets)$')
  failures=0
  for name in $names; do
    grep -q "struct $name " "$1/include/satur/rule/$name.hpp" || { echo "$name.hpp: no struct $name"; failures=1; }
    grep -q "name = \"$name\"" "$1/include/satur/rule/$name.hpp" || { echo "$name.hpp: its name is another"; failures=1; }
    grep -q "\"satur/rule/$name.hpp\"" "$1/include/satur/rule/all.hpp" || { echo "rule/all.hpp: $name is missing"; failures=1; }
    grep -q "^ *satur::$name\b" "$1/include/satur/rule/all.hpp" || { echo "rule/all.hpp: library_rule lacks $name"; failures=1; }
    grep -q "^| \`$name{" "$1/docs/readings.md" || { echo "docs/readings.md: $name has no row"; failures=1; }
  done
  [ "$failures" -eq 0 ] || return 1
  echo "$(echo "$names" | wc -l) rules, each in three places"
}

if [ "$1" = --self-test ]; then
  project=$2 dir=$3/rules_self_test
  for mistake in \
    's/^#include .*z_outside.*//: include/satur/rule/all.hpp' \
    's/^ *satur::z_outside.*//: include/satur/rule/all.hpp' \
    's/name = "z_outside"/name = "z_beyond"/: include/satur/rule/z_outside.hpp' \
    's/^| `z_outside.*//: docs/readings.md'; do
    rm -rf "$dir"
    mkdir -p "$dir/docs"
    cp -r "$project/include" "$dir/"
    cp "$project/docs/readings.md" "$dir/docs/"
    sed -i "${mistake%: *}" "$dir/${mistake##*: }"
    if check "$dir" >/dev/null; then
      echo "not noticed: $mistake"
      exit 1
    fi
  done
  rm -rf "$dir"
  echo "a name missing from any of the three places is noticed"
else
  check "$1"
fi
