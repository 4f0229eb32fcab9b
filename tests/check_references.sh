#!/bin/sh
# Checks that the files which comments of headers name are in the repository: check_references.sh PROJECT
# A name is looked for from the project's root, from include/ and include/satur/, and beside the header.
# check_references.sh --self-test PROJECT DIR: a name of a missing file is detected.
set -eu

check() { # PROJECT
  cd "$1"
  find include -name '*.hpp' | LC_ALL=C sort | awk '
    {
      header = $0
      folder = header
      sub(/[^\/]*$/, "", folder)
      while ((getline line < header) > 0) {
        if (line !~ /^[ \t]*\/\//) continue
        while (match(line, /[A-Za-z0-9_][A-Za-z0-9_\/.-]*\.(hpp|cpp|csv|md|sh|inc|cmake|json)/)) {
          name = substr(line, RSTART, RLENGTH)
          line = substr(line, RSTART + RLENGTH)
          if (line ~ /^[A-Za-z0-9_]/) continue # z.shape() is no file
          found = 0
          split("./ include/ include/satur/ " folder, places, " ")
          for (i = 1; i in places && !found; ++i) {
            path = places[i] name
            if (!(path in exists)) exists[path] = system("test -e " path) == 0
            found = exists[path]
          }
          ++names
          if (!found) { print header ": names " name ", which is not in the repository"; failures = 1 }
        }
      }
      close(header)
    }
    END {
      if (failures) exit 1
      print names " names of files in comments, all in the repository"
    }'
}

if [ "$1" = --self-test ]; then
  dir=$3/references_self_test
  rm -rf "$dir"
  mkdir -p "$dir/include/satur"
  echo '// see lost/table.csv' >"$dir/include/satur/a.hpp"
  if (check "$dir") >/dev/null; then
    echo "not noticed: lost/table.csv"
    exit 1
  fi
  echo '// see a.hpp and satur/a.hpp' >"$dir/include/satur/a.hpp"
  (check "$dir")
  rm -rf "$dir"
else
  check "$1"
fi
