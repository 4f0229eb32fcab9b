#!/usr/bin/env bash
# Writes the archive of a release: cmake/release.sh [--try] [DIR]
#   DIR (build/release) gets satur-VERSION.tar.gz, which is the commit with the single headers in single/, the two single
#   headers by themselves, and SHA256SUMS. The same commit gives the same bytes.
#   It refuses changes that are not committed, a commit without the tag vVERSION, and a changelog without a dated section
#   of VERSION. --try: archives the commit as it is, for a look.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/scripts.sh"
try=no
if [ "${1-}" = --try ]; then
  try=yes
  shift
fi
out=$(realpath -m "${1-$root/build/release}")
cd "$root"
version=$(sed -n 's/^#define SATUR_VERSION_[MP][A-Z]* *//p' include/satur/version.hpp | paste -sd. -)
if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
  say "include/satur/version.hpp says '$version', expected three numbers"
  exit 1
fi

if [ "$try" = no ]; then
  if [ -n "$(git status --porcelain)" ]; then
    say 'there are changes that are not committed: commit them first'
    exit 1
  fi
  if ! git tag --points-at HEAD | grep -qx "v$version"; then
    say "the commit has no tag v$version: git tag -a v$version"
    exit 1
  fi
  if ! grep -qE "^## \[$version\] – [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md; then
    say "CHANGELOG.md has no line '## [$version] – YEAR-MONTH-DAY'"
    exit 1
  fi
fi

name=satur-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git archive --prefix="$name/" HEAD | tar -x -C "$work"
mkdir "$work/$name/single"
sh "$work/$name/cmake/single_header.sh" "$work/$name/single/satur_single.hpp"
sh "$work/$name/cmake/single_header.sh" --core "$work/$name/single/satur_core_single.hpp"
mkdir -p "$out"
tar -C "$work" --sort=name --mtime="@$(git log -1 --format=%ct)" --owner=0 --group=0 --numeric-owner \
  --mode='u=rwX,go=rX' -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
cp "$work/$name/single/"*.hpp "$out/"
(cd "$out" && sha256sum "$name.tar.gz" satur_core_single.hpp satur_single.hpp >SHA256SUMS)
say "written to $out:"
cat "$out/SHA256SUMS"
