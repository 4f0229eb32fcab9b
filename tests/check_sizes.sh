#!/bin/sh
# Compares what the compiler reads and writes with the sizes stored in tests/sizes.txt:
#   check_sizes.sh [--store] PROJECT [COMPILER]     COMPILER is g++ if it is not given
# lines   lines of a header after preprocessing (-E -P), its own includes among them
# object  bytes of the object file of an example at -O2
# text    bytes of code and constants in that object file
# A size fails if it is more than 3 % above the stored one. --store writes today's sizes into the table.
# Sizes depend on the compiler, its version and its target: nothing is compared if they differ from the stored ones
# ("skipped: …"). Rows that end in "xtensor" depend on xtensor too and are only compared with the stored version of it.
# check_sizes.sh --self-test DIR [COMPILER]: a size that grows is detected, and so is a missing file.
set -eu

xtensor_version() {
  printf '#if __has_include(<xtensor/core/xtensor_config.hpp>)\n#include <xtensor/core/xtensor_config.hpp>\n#else
#include <xtensor/xtensor_config.hpp>\n#endif\nXTENSOR_VERSION_MAJOR.XTENSOR_VERSION_MINOR.XTENSOR_VERSION_PATCH\n' |
    "$compiler" -std=c++20 -E -P -x c++ - 2>/dev/null | tail -n 1 | tr -d ' '
}

size_of() { # KIND NAME: the size, nothing if there is no such file; fails if it does not compile
  case $1 in
  lines)
    [ -f "$project/include/$2" ] || return 0
    printf '#include <%s>\n' "$2" >"$work/header.cpp"
    "$compiler" -std=c++20 -I "$project/include" -E -P "$work/header.cpp" >"$work/lines" || return 1
    wc -l <"$work/lines" | tr -d ' '
    ;;
  object | text)
    [ -f "$project/examples/$2.cpp" ] || return 0
    [ -f "$work/$2.o" ] || "$compiler" -std=c++20 -O2 -I "$project/include" -c "$project/examples/$2.cpp" \
      -o "$work/$2.o" || return 1
    if [ "$1" = object ]; then wc -c <"$work/$2.o" | tr -d ' '; else size "$work/$2.o" | awk 'NR == 2 { print $1 }'; fi
    ;;
  *) echo "$table: unknown kind of size: $1" >&2 ;;
  esac
}

store() {
  {
    sed -n '/^#/p' "$table"
    echo "compiler $here"
    echo "xtensor $xtensor"
    grep -E '^(lines|object|text) ' "$table" | while read -r kind name stored depends; do
      size=$(size_of "$kind" "$name")
      printf '%s %s %s%s\n' "$kind" "$name" "${size:-$stored}" "${depends:+ $depends}"
    done
  } >"$work/table"
  cp "$work/table" "$table"
  echo "stored in $table"
}

check() {
  if [ "$here" != "$(sed -n 's/^compiler //p' "$table")" ]; then
    echo "skipped: the sizes are stored for $(sed -n 's/^compiler //p' "$table"), this is $here"
    return 0
  fi
  stored_xtensor=$(sed -n 's/^xtensor //p' "$table")
  : >"$work/failures"
  grep -E '^(lines|object|text) ' "$table" >"$work/rows"
  while read -r kind name stored depends; do
    if [ "$depends" = xtensor ] && [ "$xtensor" != "$stored_xtensor" ]; then
      echo "$kind $name: not compared, it is stored for xtensor $stored_xtensor and this is ${xtensor:-none}"
      continue
    fi
    if ! size=$(size_of "$kind" "$name"); then
      echo "$kind $name: it does not compile" | tee -a "$work/failures"
    elif [ -z "$size" ]; then
      echo "$kind $name: there is no such file" | tee -a "$work/failures"
    elif [ $((size * 100)) -gt $((stored * 103)) ]; then
      echo "$kind $name: $size, more than 3 % above $stored" | tee -a "$work/failures"
    elif [ $((size * 103)) -lt $((stored * 100)) ]; then
      echo "$kind $name: $size, smaller than $stored: --store keeps it there"
    else
      echo "$kind $name: $size"
    fi
  done <"$work/rows"
  [ -s "$work/rows" ] || { echo "$table: no sizes"; return 1; }
  if [ -s "$work/failures" ]; then
    echo "If it has to be so, store the new sizes: tests/check_sizes.sh --store ."
    return 1
  fi
}

run() { # COMMAND PROJECT
  project=$2
  table=$project/tests/sizes.txt
  work=$(mktemp -d)
  here="$("$compiler" -dumpfullversion) $("$compiler" -dumpmachine)"
  xtensor=$(xtensor_version) || xtensor=
  status=0
  "$1" || status=$?
  rm -rf "$work"
  return $status
}

self_test() { # DIR
  rm -rf "$1/sizes_self_test"
  mkdir -p "$1/sizes_self_test/include/satur" "$1/sizes_self_test/tests" "$1/sizes_self_test/examples"
  cd "$1/sizes_self_test"
  printf '#include <satur/a.hpp>\nint table[1000] = {1};\nint main() { return table[3]; }\n' >examples/one.cpp
  good() { # the stored sizes are today's
    awk 'BEGIN { for (i = 0; i < 1000; ++i) print "int f" i "();" }' >include/satur/a.hpp
    printf '# a comment\ncompiler none\nxtensor none\nlines satur/a.hpp 1\nobject one 1\ntext one 1 xtensor\n' >tests/sizes.txt
    run store . >stored.txt
  }
  must() { # passes|fails MESSAGE
    outcome=passes
    run check . >output.txt 2>&1 || outcome=fails
    if [ "$outcome" != "$1" ] || ! grep -q -e "$2" output.txt; then
      echo "not so: it $1 with '$2'. It $outcome:"
      cat output.txt
      exit 1
    fi
    good
  }
  good
  grep -q '^# a comment' tests/sizes.txt
  must passes '^lines satur/a.hpp: 100'
  sed -i 's/^lines .*/lines satur\/a.hpp 960/' tests/sizes.txt && must fails 'lines satur/a.hpp: 1000, more than 3 % above 960'
  sed -i 's/^lines .*/lines satur\/a.hpp 975/' tests/sizes.txt && must passes 'lines satur/a.hpp: 1000$'
  sed -i 's/^lines .*/lines satur\/a.hpp 2000/' tests/sizes.txt && must passes 'smaller than 2000'
  sed -i 's/^object .*/object one 1000/' tests/sizes.txt && must fails 'object one: .* above 1000'
  sed -i 's/^text .*/text one 10 xtensor/' tests/sizes.txt && must fails 'text one: .* above 10'
  sed -i 's/^text .*/text one 10 xtensor/; s/^xtensor .*/xtensor 0.0.1/' tests/sizes.txt && must passes 'text one: not compared'
  sed -i 's/^compiler .*/compiler 1.2.3 pdp11/' tests/sizes.txt && must passes '^skipped: the sizes are stored for 1.2.3 pdp11'
  sed -i 's/^lines .*/lines satur\/lost.hpp 9/' tests/sizes.txt && must fails 'lines satur/lost.hpp: there is no such file'
  echo '#error broken' >include/satur/a.hpp && must fails 'lines satur/a.hpp: it does not compile'
  sed -i '/^lines /d; /^object /d; /^text /d' tests/sizes.txt && must fails 'no sizes'
  echo "a size that grows is noticed, and so is a file that is missing"
}

case ${1-} in
--self-test)
  compiler=${3:-g++}
  self_test "$2"
  ;;
--store)
  compiler=${3:-g++}
  run store "${2:?check_sizes.sh --store PROJECT}"
  ;;
*)
  compiler=${2:-g++}
  run check "${1:?check_sizes.sh PROJECT}"
  ;;
esac
