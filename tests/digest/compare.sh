#!/usr/bin/env bash
# Compares the library's results with stored ones: builds and runs tests/digest, and compares the digest with that
# stored for this compiler, tests/digest/<compiler>-<major version>.txt.
#   compare.sh              all instruction sets that the processor has, and a build with SATUR_NO_DISPATCH
#   compare.sh --quick      the build with SATUR_NO_DISPATCH alone: one instruction set, a third of the time
#   compare.sh --write      stores the digest of both builds anew
#   compare.sh --files STORED NOW...   compares files
#   compare.sh --self-test  checks the comparison itself
# The compiler is $CXX, or else cmake's choice. Fails if numbers or stored bytes differ, or if a line is new or missing.
# A text that differs is reported but is not a failure: text may change.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

# One digest from those of several builds. A line that two builds have must be the same in both.
join() { # DIGEST...
  awk '
    /^# levels/ { for (i = 3; i <= NF; ++i) if (!($i in known)) { known[$i] = 1; levels = levels " " $i } next }
    /^# best/ { if (best == "" || $3 != "baseline") best = $3; next }
    /^#/ {
      if (compiler != "" && compiler != $0) {
        print "builds of two compilers: " compiler ", " $0 >"/dev/stderr"
        bad = 1
      }
      compiler = $0
      next
    }
    {
      key = $1 " " $2 " " $3
      if (key in line && line[key] != $0) {
        print "two builds differ:\n  " line[key] "\n  " $0 >"/dev/stderr"
        bad = 1
      }
      line[key] = $0
    }
    END {
      print compiler "\n# levels" levels "\n# best " best
      for (key in line) print line[key] | "LC_ALL=C sort"
      close("LC_ALL=C sort")
      exit bad
    }' "$@"
}

compare() { # STORED NOW
  awk -F ' [|] ' -v most=60 '
    function column(name, a, b) { if (a != b) { what = what (what == "" ? "" : " and ") name; return 1 } return 0 }
    function report(message) { if (++reported <= most) print message }
    FNR == 1 { ++file }
    /^# levels/ && file == 2 { n = split($0, words, " "); for (i = 3; i <= n; ++i) has[words[i]] = 1; next }
    /^# best/ { split($0, words, " "); best[file] = words[3]; next }
    /^#/ { next }
    file == 1 { stored[$1] = $0; order[++lines] = $1; next }
    { now[$1] = $0; order_now[++lines_now] = $1 }
    END {
      for (i = 1; i <= lines; ++i) {
        key = order[i]
        split(key, words, " ")
        level = words[3]
        if (level != "-" && !(level in has)) { ++skipped[level]; continue }
        if (!(key in now)) { ++missing; report(key ": missing"); continue }
        split(stored[key], was); split(now[key], is)
        what = ""
        numbers += column("numbers", was[2], is[2])
        bytes += column("stored bytes", was[3], is[3])
        text += column("text", was[4], is[4])
        if (what == "") { ++same; continue }
        report(key ": " what (what == "text" ? " differs" : " differ") \
               (was[5] != is[5] ? " (" was[5] " -> " is[5] ")" : ""))
      }
      for (i = 1; i <= lines_now; ++i) {
        key = order_now[i]
        if (key in stored) continue
        split(key, words, " ")
        if (words[3] == best[2] && best[1] != best[2]) { ++other_best; continue }
        ++added
        report(key ": new, not in the stored digest")
      }
      if (reported > most) print "... and " reported - most " more"
      for (level in skipped) print level ": not here, " skipped[level] " stored lines skipped"
      if (other_best) print best[2] ": the best level here, not where it was stored: " other_best " lines not compared"
      printf "digest: %d lines agree; %d differ in numbers, %d in stored bytes, %d in text; %d missing, %d new\n", \
             same, numbers, bytes, text, missing, added
      exit numbers + bytes + missing + added > 0
    }' "$1" "$2"
}

self_test() {
  local folder status failures=0
  folder=$(mktemp -d)
  printf '%s\n' '# gcc-12' '# levels baseline avx2' '# best avx2' 'a float avx2 | 1 | 2 | 3 | mean 4' 'b - - | 5 | - | 6' \
    'c float avx512 | 7 | - | -' >"$folder/stored"
  check() { # NAME STATUS PATTERN SED
    sed "$4" "$folder/stored" >"$folder/now"
    status=0
    compare "$folder/stored" "$folder/now" >"$folder/out" || status=$?
    if [ "$status" -ne "$2" ] || ! grep -q -- "$3" "$folder/out"; then
      echo "self-test: $1: status $status, not $2, or no line '$3':"
      cat "$folder/out"
      failures=$((failures + 1))
    fi
  }
  check same 0 '^digest: 2 lines agree; 0 differ in numbers, 0 in stored bytes, 0 in text; 0 missing, 0 new$' ''
  check level 0 '^avx512: not here, 1 stored lines skipped$' ''
  check numbers 1 '^a float avx2: numbers differ (mean 4 -> mean 5)$' 's/| 1 |\(.*\)mean 4/| 9 |\1mean 5/'
  check bytes 1 '^a float avx2: stored bytes differ$' 's/| 2 |/| 9 |/'
  check text 0 '^b - -: text differs$' 's/| 6/| 9/'
  check two 1 '^a float avx2: numbers and text differ$' 's/| 1 | 2 | 3/| 8 | 2 | 9/'
  check missing 1 '^b - -: missing$' '/^b/d'
  check new 1 '^d float avx2: new' 's/^c float avx512/d float avx2/'
  check other_level 1 '^a float avx2: missing$' 's/^a float avx2/a float baseline/'
  check other_best 0 '^baseline: the best level here' 's/^# best avx2/# best baseline/;s/^c float avx512/e - baseline/'
  if ! join "$folder/stored" "$folder/stored" >/dev/null; then
    echo "self-test: builds that agree were refused"
    failures=$((failures + 1))
  fi
  sed 's/| 5 |/| 9 |/' "$folder/stored" >"$folder/now"
  if join "$folder/stored" "$folder/now" >/dev/null 2>&1; then
    echo "self-test: builds that differ were joined"
    failures=$((failures + 1))
  fi
  rm -r "$folder"
  [ "$failures" -eq 0 ] && echo "self-test: passed"
}

build() { # NAME COMPILER-FLAG... : prints the program's digest into NAME.txt of this compiler's folder
  local name=$1 folder=$builds/$1
  shift
  # By default a compiler may fuse a product and a sum, which changes the last digits of the records'
  # sums at the levels that have such an instruction: g++ at -O3 does it, and at -O1 it does not.
  cmake -S "$root" -B "$folder" -DSATUR_TEST_HOUSE=OFF -DSATUR_TEST_VARIANTS=OFF -DSATUR_BUILD_EXAMPLES=OFF \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS="-ffp-contract=off $*" >"$builds/$name.log"
  cmake --build "$folder" --target satur_digest -j "${SATUR_JOBS:-$(nproc)}" >"$builds/$name.log" || {
    cat "$builds/$name.log"
    return 1
  }
  # Some functions of the C library give other last digits with fused multiply-adds, so these are disabled here.
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2 OPENBLAS_NUM_THREADS=1 \
    "$folder/tests/satur_digest" >"$builds/$name.txt"
}

case ${1-} in
--self-test)
  self_test
  exit
  ;;
--files)
  status=0
  joined=$(mktemp)
  join "${@:3}" >"$joined" && compare "$2" "$joined" || status=$?
  rm "$joined"
  exit "$status"
  ;;
'' | --quick | --write) ;;
*) sed -n 's/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed -n '2,9p' >&2; exit 2 ;;
esac

builds=$root/build/digest/$(basename "${CXX:-default}")
mkdir -p "$builds"
digests=("$builds/one_level.txt")
build one_level -DSATUR_NO_DISPATCH
if [ "${1-}" != --quick ]; then
  build all_levels
  digests+=("$builds/all_levels.txt")
fi
now=$builds/now.txt
join "${digests[@]}" >"$now"
stored=$here/$(sed -n '1s/^# //p' "$now").txt
if [ "${1-}" = --write ]; then
  cp "$now" "$stored"
  echo "stored: $stored"
elif [ -f "$stored" ]; then
  compare "$stored" "$now"
else
  echo "$stored is not there: no digest was stored for this compiler; compare.sh --write stores one" >&2
  exit 1
fi
