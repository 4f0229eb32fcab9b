#!/bin/sh
# Compares the tables of names in docs/reference.md with the headers: reference_page.sh ROOT; with --write in front of
# ROOT it writes them. A table stands between <!-- names: FAMILY --> and <!-- end of names -->; a family is a folder of
# headers, or a header. reference_page.sh --self-test ROOT WORK: a name that is added or taken away is noticed.
set -eu

tables() { # ROOT: the page as it should be
  sh "$(dirname "$0")/public_names.sh" "$1/include" | awk -F '\t' -v page="$1/docs/reference.md" '
    { family = $3; sub(/^satur\//, "", family); sub(/(\.hpp)?\/.*|\.hpp$/, "", family) }
    $3 ~ /deprecated\.hpp$/ { next } # docs/migration.md has them
    !((family, $1) in row) { names[family] = names[family] " " $1 }
    !((family, $1) in row) || ($4 != "" && text[family, $1] == "") { # of several declarations the first with a comment
      text[family, $1] = $4
      row[family, $1] = "| `" $1 "` | " $2 " | [" substr($3, 7) "](../include/" $3 ") | " $4 " |"
    }
    END {
      while ((getline line < page) > 0) {
        if (line == "<!-- end of names -->") hidden = 0
        if (!hidden) print line
        if (line ~ /^<!-- names: /) {
          hidden = 1
          family = line
          gsub(/^<!-- names: | -->$/, "", family)
          shown[family] = 1
          print "| name | kind | header | what it is |"
          print "|---|---|---|---|"
          n = split(names[family], all, " ")
          for (i = 1; i <= n; ++i) print row[family, all[i]]
        }
      }
      for (family in names) if (!(family in shown)) { print "no table: <!-- names: " family " -->"; exit 1 }
    }'
}

check() { # ROOT WORK
  tables "$1" >"$2/reference.md" || { tail -n 1 "$2/reference.md"; return 1; }
  diff "$1/docs/reference.md" "$2/reference.md" || { echo "docs/reference.md: sh tests/reference_page.sh --write ."; return 1; }
}

case $1 in
--write)
  tables "$2" >"$2/docs/reference.md.new"
  mv "$2/docs/reference.md.new" "$2/docs/reference.md"
  ;;
--self-test)
  work=$3/reference_page
  rm -rf "$work"
  mkdir -p "$work/docs"
  cp -R "$2/include" "$work/include"
  cp "$2/docs/reference.md" "$work/docs/"
  check "$work" "$work" >/dev/null || { echo "the page does not fit before anything is changed"; exit 1; }
  header=$work/include/satur/activation/relu.hpp
  sed 's/^struct relu /struct rectifier /' "$2/include/satur/activation/relu.hpp" >"$header"
  if check "$work" "$work" >/dev/null; then echo "a name that is gone was not noticed"; exit 1; fi
  cp "$2/include/satur/activation/relu.hpp" "$header"
  mkdir "$work/include/satur/novel"
  printf 'namespace satur { inline namespace SATUR_ABI {\n/// New.\nstruct novelty {};\n}} // namespace satur::SATUR_ABI\n' \
    >"$work/include/satur/novel/novelty.hpp"
  if check "$work" "$work" >/dev/null; then echo "a family without a table was not noticed"; exit 1; fi
  rm -r "$work/include/satur/novel"
  printf 'namespace satur { inline namespace SATUR_ABI {\n/// New.\ntemplate <class T>\n  requires(sizeof(T) > 1)\nvoid novelty(T x) {\n}\n}} // namespace satur::SATUR_ABI\n' \
    >"$work/include/satur/observe/novelty.hpp"
  check "$work" "$work" | grep -q novelty || { echo "a name that is new was not noticed"; exit 1; }
  rm -r "$work"
  ;;
*)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  check "$1" "$work"
  ;;
esac
