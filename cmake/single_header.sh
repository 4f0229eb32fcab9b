#!/bin/sh
# Writes satur as one header: cmake/single_header.sh [--core] FILE
#   everything but satur/adapt/; needs xtensor, xtensor-blas and a BLAS, as satur/satur.hpp does
#   --core   what needs the standard library alone: no tensors, layers, losses and optimizers
# Each header comes once, after those that it includes. What it includes of others (the standard library, xtensor) stays.
set -eu

core=0
if [ "${1-}" = --core ]; then
  core=1
  shift
fi
out=${1:?single_header.sh [--core] FILE}
root=$(cd "$(dirname "$0")/.." && pwd)

mkdir -p "$(dirname "$out")"
(cd "$root/include" && find satur -name '*.hpp' | LC_ALL=C sort) | awk -v root="$root" -v core=$core '
  function fail(message) {
    print "single_header.sh: " message >"/dev/stderr"
    failed = 1
    exit 1
  }
  function included(line) { # the header of satur that this line includes, or ""
    if (!match(line, /^[ \t]*#[ \t]*include[ \t]*[<"]satur\/[^>"]*[>"]/)) return ""
    line = substr(line, RSTART, RLENGTH)
    sub(/^[^<"]*[<"]/, "", line)
    sub(/[>"]$/, "", line)
    return line
  }
  function put(header,    file, line, text, other, got) { # those that it includes, then itself
    if (done[header]) return
    if (open[header]) fail(header " includes itself")
    open[header] = 1
    file = root "/include/" header
    text = ""
    while ((got = (getline line < file)) > 0) {
      other = included(line)
      if (other != "") {
        if (other ~ /^satur\/adapt\// || (core && other ~ /^satur\/(tensor|layer|loss|optimizer)[.\/]/)) fail(header ": includes " other)
        pending[header] = pending[header] other "\n"
      } else if (line !~ /^#pragma once/) {
        text = text line "\n"
      }
    }
    if (got < 0) fail(file " cannot be read")
    close(file)
    put_all(pending[header])
    print "\n// ---- " header " ----\n"
    printf "%s", text
    done[header] = 1
  }
  function put_all(list,    n, headers, i) {
    n = split(list, headers, "\n")
    for (i = 1; i < n; ++i) put(headers[i])
  }

  /^satur\/adapt\// { next }
  core && /^satur\/(tensor|layer|loss|optimizer|satur)[.\/]/ { next }
  { wanted = wanted $0 "\n" }
  END {
    if (failed) exit 1
    while ((getline line < (root "/include/satur/version.hpp")) > 0)
      if (line ~ /^#define SATUR_VERSION_(MAJOR|MINOR|PATCH) /) { split(line, words, " "); version = version (version == "" ? "" : ".") words[3] }
    close(root "/include/satur/version.hpp") # it is read again, as a header
    print "// satur " version " as one header" (core ? ", without tensors, layers, losses and optimizers" : "") ", made by cmake/single_header.sh"
    print "// from include/: do not edit it. In one program use either this header or those of the folder satur/, not both in one file."
    print "//"
    while ((getline line < (root "/LICENSE")) > 0) print "//" (line == "" ? "" : " " line)
    print "#pragma once"
    put_all(wanted)
  }
' >"$out.part" || {
  rm -f "$out.part"
  exit 1
}
mv "$out.part" "$out"
