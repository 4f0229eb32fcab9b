#!/bin/sh
# Checks that the headers of a kind, the list of them and the pages name the same: check_listed.sh KIND PROJECT, where KIND
# is activation or rule.
# check_listed.sh --self-test KIND PROJECT DIR: the check fails if a name is missing from any place, or if the list has one
# too many.
set -eu

# KIND -> others: headers of the folder that are none of the kind; sample: the name that the self-test removes;
# places: lines of FILE:PATTERN, with @ for the name. Every file must have a line that matches the pattern.
describe() {
  list=include/satur/$1/all.hpp
  places="include/satur/$1/@.hpp:struct @ 
include/satur/$1/@.hpp:name = \"@\"
$list:\"satur/$1/@.hpp\"
$list:^ *satur::@\\b"
  case $1 in
  activation)
    others='all|activation_ref|any_activation|composed|concept|named|peak_slope'
    sample=softsign
    places="$places
docs/activations.md:^| \`@[\`{]
docs/README.md:^| activations |.*\\b@\\b"
    ;;
  rule)
    others='all|any_rule|concept|equivalents|limits|presets'
    sample=z_outside
    places="$places
docs/readings.md:^| \`@{"
    ;;
  *)
    echo "no such kind: $1"
    exit 1
    ;;
  esac
}

named() { printf '%s\n' "$1" | sed "s/@/$2/g"; } # TEXT NAME

check() { # KIND PROJECT
  describe "$1"
  names=$(cd "$2/include/satur/$1" && printf '%s\n' *.hpp | sed 's|\.hpp$||' | grep -Ev "^($others)\$")
  failures=0
  for name in $names; do
    while IFS= read -r place; do
      file=${place%%:*}
      grep -q "${place#*:}" "$2/$file" || {
        printf '%s: %s is missing: %s\n' "$file" "$name" "${place#*:}"
        failures=1
      }
    done <<PLACES
$(named "$places" "$name")
PLACES
  done
  listed=$(grep -c '^ *satur::' "$2/$list")
  found=$(echo "$names" | wc -l)
  [ "$listed" -eq "$found" ] || { echo "$list lists $listed, the folder holds $found"; failures=1; }
  [ "$failures" -eq 0 ] || return 1
  echo "$found headers of kind $1, each in $(echo "$places" | wc -l) places"
}

must_fail() { # KIND DIR WORDS
  if output=$(check "$1" "$2"); then
    echo "not noticed: $3"
    exit 1
  fi
  case $output in *"$3"*) ;; *)
    echo "expected '$3' in: $output"
    exit 1
    ;;
  esac
}

self_test() { # KIND PROJECT DIR
  describe "$1"
  copy() {
    rm -rf "$dir"
    mkdir -p "$dir/include/satur" "$dir/docs"
    cp -r "$2/include/satur/$1" "$dir/include/satur/"
    cp "$2"/docs/*.md "$dir/docs/"
  }
  dir=$3/listed_self_test_$1
  copy "$1" "$2"
  check "$1" "$dir" >/dev/null
  while IFS= read -r place; do
    copy "$1" "$2"
    file=${place%%:*}
    sed -i "\\#${place#*:}#s#\\b$sample\\b#removed#g" "$dir/$file"
    must_fail "$1" "$dir" "$file: $sample is missing: ${place#*:}"
  done <<PLACES
$(named "$places" "$sample")
PLACES
  copy "$1" "$2"
  sed -i "s/^\( *\)satur::$sample\b/\1satur::one_too_many,\n&/" "$dir/$list"
  must_fail "$1" "$dir" "$list lists"
  rm -rf "$dir"
  echo "a name that is missing from any of $(echo "$places" | wc -l) places is noticed, and so is one too many"
}

case ${1-} in
--self-test) self_test "$2" "$3" "$4" ;;
*) check "${1:?check_listed.sh KIND PROJECT}" "${2:?check_listed.sh KIND PROJECT}" ;;
esac
