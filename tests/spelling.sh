#!/usr/bin/env bash
# The spelling of pages, comments and messages, in American English: tests/spelling.sh [--write | --self-test]
# Names of the field, of people and of code are in tests/spelling.txt: --write adds every word that aspell does not know, to be
# read before it is committed. What stands in code blocks and between backquotes is not looked at. Seconds.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null
known=$root/tests/spelling.txt

if ! command -v aspell >/dev/null; then
  echo 'skipped: aspell is not installed (Debian: aspell, aspell-en)'
  exit 0
fi

if ! git -C "$root" rev-parse >/dev/null 2>&1; then
  echo 'skipped: this is no clone, so the files of the project are not known'
  exit 0
fi

prose() { # FILE…: what people read of it
  local file
  for file in "$@"; do
    case $file in
    *.md)
      awk '/^ *```/ { code = !code; next }
        !code { gsub(/`[^`]*`/, " "); gsub(/\]\([^)]*\)/, "] "); gsub(/<!--.*-->/, " "); gsub(/https?:[^ )]*/, " "); print }' "$file"
      ;;
    *.hpp | *.cpp) # comments, and literals of more than one word; of tests the names, whose other texts may be wrong on purpose
      awk -v tests="$([[ $file == tests/* ]] && echo 1)" '{
          line = $0
          if (match(line, /(^|[ \t;{}(),])\/\/.*/)) { comment = substr(line, RSTART); line = substr(line, 1, RSTART - 1) } else comment = ""
          while ((!tests || $0 ~ /_CASE|SUBCASE/) && match(line, /"[^"]* [^"]*"/)) { comment = comment " " substr(line, RSTART + 1, RLENGTH - 2); line = substr(line, RSTART + RLENGTH) }
          gsub(/`[^`]*`/, " ", comment); gsub(/https?:[^ )]*/, " ", comment); gsub(/\\[a-z]/, " ", comment); print comment
        }' "$file"
      ;;
    *) awk '/^[ \t]*# / { gsub(/`[^`]*`/, " "); print }' "$file" ;;
    esac
  done
}
# Words of lower case, perhaps with a capital: what has digits, underscores or several capitals is a name.
words() { tr -c "A-Za-z0-9_'.:/+=<>%-" '\n' | grep -E "^[A-Za-z][a-z']+[.:]?$" | sed "s/[.:]\$//; s/'s\$//; s/'\$//" | LC_ALL=C sort -u; }
unknown() { # FILE…
  prose "$@" | words | aspell list --lang=en_US --encoding=utf-8 2>/dev/null | LC_ALL=C sort -u |
    LC_ALL=C comm -23 - <(LC_ALL=C sort -u "$known")
}

if [ "${1-}" = --self-test ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # shellcheck disable=SC2016 # Markdown
  printf 'A wrogn word.\n```\nnto this\n```\n`nor thsi`\n' >"$work/a.md"
  printf 'int colr = 0; // the colour of it\nchar const* s = "a mesage here";\n' >"$work/a.cpp"
  found=$(unknown "$work/a.md" "$work/a.cpp" | paste -sd ' ')
  if [ "$found" != 'colour mesage wrogn' ]; then
    echo "found '$found' instead of 'colour mesage wrogn'"
    exit 1
  fi
  echo 'wrong words are found'
  exit
fi

cd "$root"
mapfile -t files < <(git ls-files -- '*.md' '*.hpp' '*.cpp' '*.sh' '.ci/run' '*.cmake' '*CMakeLists.txt' '*.py')
wrong=$(unknown "${files[@]}")
if [ -z "$wrong" ]; then
  echo "the spelling of ${#files[@]} files is right"
elif [ "${1-}" = --write ]; then
  LC_ALL=C sort -u - "$known" <<<"$wrong" >"$known.new"
  mv "$known.new" "$known"
  say "added $(wc -l <<<"$wrong") words to tests/spelling.txt: read them"
else
  for word in $wrong; do
    printf '%s: ' "$word"
    git grep -nwF -m 1 -e "$word" -- "${files[@]}" | sed -n 1p
  done
  say 'mend these, or add them to tests/spelling.txt'
  exit 1
fi
