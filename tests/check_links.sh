#!/bin/sh
# Checks what the pages point at: check_links.sh PROJECT
#   [text](file), [text](file#heading), [text](#heading), ![text](picture): the file and the heading are there
#   `satur/….hpp`, `tests/….sh` and other paths of the project in code spans: the file is there
# Addresses (https:) are not opened.
# check_links.sh --self-test PROJECT DIR: each kind of broken link is found, and a good one is not.
# shellcheck disable=SC2016 # backquotes of Markdown
set -eu

check() { # PROJECT
  cd "$1"
  find . \( -name build -o -name .git \) -prune -o -name '*.md' -print | LC_ALL=C sort | awk '
    function exists(path) {
      if (!(path in known)) known[path] = system("test -e \"" path "\"") == 0
      return known[path]
    }
    function folder(path) { sub(/[^\/]*$/, "", path); return path }
    function plain(path) { # a/../b is b, ./b is b
      while (sub(/^\.\//, "", path)) ;
      gsub(/\/\.\//, "/", path)
      while (match(path, /[^\/.][^\/]*\/\.\.\//)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
      return path
    }
    function slug(heading) {
      sub(/^#+ */, "", heading)
      gsub(/`/, "", heading)
      heading = tolower(heading)
      gsub(/[^a-z0-9 _-]/, "", heading)
      gsub(/ /, "-", heading)
      return heading
    }
    function complain(what) { print page ":" number ": " what; failures = 1 }
    { pages[++count] = plain($0) }
    END {
      for (p = 1; p <= count; ++p) { # headings first: a link may point forward
        page = pages[p]; code = 0
        while ((getline line < page) > 0) {
          if (line ~ /^ *```/) code = !code
          if (!code && line ~ /^#+ /) {
            name = slug(line)
            heading[page "#" name (seen[page, name] ? "-" seen[page, name] : "")] = 1
            ++seen[page, name]
          }
        }
        close(page)
      }
      for (p = 1; p <= count; ++p) {
        page = pages[p]; code = number = 0
        while ((getline line < page) > 0) {
          ++number
          if (line ~ /^ *```/) code = !code
          if (code) continue
          # They name what is no more.
          spans = page ~ /^(CHANGELOG|docs\/migration)\.md$/ ? "" : line
          while (match(spans, /`[^`]+`/)) {
            span = substr(spans, RSTART + 1, RLENGTH - 2)
            spans = substr(spans, RSTART + RLENGTH)
            sub(/^\.\//, "", span)
            sub(/ .*$/, "", span) # the command of a line
            if (span !~ /^[A-Za-z0-9_.\/-]+\.(hpp|cpp|sh|md|cmake|txt|svg|py)$/ || span !~ /\//) continue
            if (span ~ /^build\//) continue
            ++names
            if (!exists(span) && !exists("include/" span) && !exists("include/satur/" span) && !exists(folder(page) span) &&
                span ~ /^(satur|include|tests|examples|docs|cmake|bench)\//)
              complain("names `" span "`, which is not in the repository")
          }
          gsub(/`[^`]*`/, "`", line) # what is code is no link
          while (match(line, /\]\([^)]*\)/)) {
            target = substr(line, RSTART + 2, RLENGTH - 3)
            line = substr(line, RSTART + RLENGTH)
            if (target ~ /^[a-z]+:/) continue
            ++links
            part = target
            sub(/#.*$/, "", part)
            path = part == "" ? page : plain(folder(page) part)
            if (!exists(path)) complain("links to " target ", which is not in the repository")
            else if (target ~ /#/) {
              name = target
              sub(/^[^#]*#/, "", name)
              if (path ~ /\.md$/ && !((path "#" name) in heading)) complain("links to " target ", and " path " has no such heading")
            }
          }
        }
        close(page)
      }
      if (failures) exit 1
      print links " links and " names " names of files in " count " pages, all there"
    }'
}

if [ "$1" = --self-test ]; then
  dir=$3/links_self_test
  rm -rf "$dir"
  mkdir -p "$dir/docs" "$dir/include/satur"
  : >"$dir/include/satur/a.hpp"
  printf '# One\n\n## What it *is*: `f(z)`\n' >"$dir/docs/a.md"
  for bad in '[a](docs/lost.md)' '[a](docs/a.md#two)' '[a](#two)' '![a](docs/a.svg)' '`satur/lost.hpp`' '`tests/lost.sh`'; do
    printf '# Page\n%s\n' "$bad" >"$dir/README.md"
    if (check "$dir") >/dev/null; then
      echo "not noticed: $bad"
      exit 1
    fi
  done
  printf '# Page\n[a](docs/a.md#what-it-is-fz) [b](#page) [c](https://example.org/x) `satur/a.hpp` `[d](e)`\n```\n[f](g)\n```\n' >"$dir/README.md"
  (check "$dir")
  rm -rf "$dir"
else
  check "$1"
fi
