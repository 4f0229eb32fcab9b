#!/usr/bin/env bash
# Times satur with other compilers, tries it on other systems, and writes what came out into docs/portability.md (versions of
# the language and of libraries, and other processors: tests/matrix.sh):
# tests/portability.sh [--print] [--roots DIR] [--turns N] [--only REGEX] [--quick] [--again]
# [SECTION…]
#   compilers  g++ 12 to 16, clang 14 to the newest: builds and runs examples 01 to 05 and a check of every activation with
#              -O2 and for this machine, and times them in N turns (5); fails if one takes more than 1.5 times the best.
#              --quick: the times and 01 alone; --again: takes the times again, of what an earlier call built
#   others     Windows (mingw-w64, wine), libc++, clang's passes of CUDA and HIP files, nvcc, standard C++ alone
# --only: compilers whose name (g++-13-O2, clang++-23-native) matches; in the other sections rows whose first column matches,
# and the others stay as an earlier call found them.
# The compilers are those that are installed and, with --roots, those of Debian trixie and sid, which debootstrap puts into
# DIR (4 GB; as root). What is not there is named in the page. Nothing else should run while it takes times.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=portability/shared.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/portability/shared.sh"
exec </dev/null

# shellcheck disable=SC2034 # for shared.sh
sections=(compilers others)
turns=5
again=no
examples=(01_quickstart 02_large_weights 03_unit_test_your_activation 04_any_loop 05_choose_an_initializer)
programs=(times activations "${examples[@]}")
while [ $# -gt 0 ]; do
  if shared_option "$@"; then
    shift "$taken"
    continue
  fi
  case $1 in
  --turns) turns=$2 && shift ;;
  --again) again=yes ;;
  --quick) examples=(01_quickstart) programs=(times 01_quickstart) ;;
  *) break ;;
  esac
  shift
done

# ---- compilers -----------------------------------------------------------------------------------------------------------

build_programs() {
  local entry compiler place flags kind name program start source
  find_compilers
  copy_sources
  : >"$work/built.txt"
  for entry in "${found[@]}"; do
    compiler=${entry%%@*}
    place=${entry#*@}
    for kind in O2 native; do
      flags=(-std=c++20 -O2)
      if [ "$kind" = native ]; then flags+=(-march=native); fi
      name=$compiler-$kind
      if ! [[ $name =~ $only ]]; then continue; fi
      say "building with $name"
      start=$SECONDS
      for program in "${programs[@]}"; do
        source=examples/$program.cpp
        if [ -e "$root/tests/portability/$program.cpp" ]; then source=tests/portability/$program.cpp; fi
        in_place "$place" "$compiler" "${flags[@]}" "${warnings[@]}" -static -Iinclude -Iexamples -Itests "$source" \
          -o "build/portability/$program-$name" >"$log/$program-$name.txt" 2>&1 || failed "$name: $program" "$log/$program-$name.txt"
      done
      printf '%s %s %s %d %s\n' "$name" "$compiler" "$kind" "$((SECONDS - start))" "$place" >>"$work/built.txt"
      for program in "${programs[@]}"; do
        if [ "$program" = times ]; then continue; fi
        in_place "$place" "build/portability/$program-$name" >"$log/$program-$name-run.txt" 2>&1 ||
          failed "$name: $program runs" "$log/$program-$name-run.txt"
      done
    done
  done
}

compilers() {
  local place kind name program used turn compiler
  if [ "$again" = no ]; then build_programs; fi
  : >"$work/times.txt"

  # One turn of all before the next, so that a slower moment of the machine affects all.
  TIMEFORMAT=%U
  for ((turn = 0; turn < turns; ++turn)); do
    say "turn $((turn + 1)) of $turns"
    while read -r name compiler kind _ place; do
      in_place "$place" "build/portability/times-$name" 3 | sed "s/^/$name /" >>"$work/times.txt"
      for program in "${examples[@]}"; do
        { time in_place "$place" "build/portability/$program-$name" >/dev/null 2>&1; } 2>"$work/used.txt"
        used=$(tail -n 1 "$work/used.txt")
        printf '%s example %s %s %s\n' "$name" "$program" "$used" "$used" >>"$work/times.txt"
      done
    done <"$work/built.txt"
  done
  table_of_compilers || failures=$((failures + 1))
  local missing=()
  for compiler in g++-{12..16} clang++-{14..23}; do
    for kind in O2 native; do
      if ! grep -q "^$compiler-$kind " "$work/built.txt"; then missing+=("$compiler-$kind"); fi
    done
  done
  if [ ${#missing[@]} -gt 0 ]; then printf '\nNot in this table: %s.\n' "${missing[*]}" >>"$work/compilers.md"; fi
}

table_of_compilers() {
  local name compiler kind seconds place program processor
  while read -r name compiler kind seconds place; do
    printf '%s %s %s %s %s\n' "$name" "$compiler" "$([ "$kind" = O2 ] && echo '-O2' || echo '-O2,-march=native')" "$seconds" \
      "$(for program in "${programs[@]}"; do cat "$log/$program-$name.txt"; done | grep -c 'warning:')"
  done <"$work/built.txt" >"$work/rows.txt"
  processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  awk -v processor="$processor" -v turns="$turns" -v limit=1.5 '
    FILENAME ~ /rows/ { order[++rows] = $1; compiler[$1] = $2; flags[$1] = $3; seconds[$1] = $4; warnings[$1] = $5; next }
    { # NAME LEVEL WHAT VALUE FORWARD; a level and a kind of flags are compared with their own
      native = $1 ~ /native$/ ? "native" : "O2"
      for (column = 4; column <= 5; ++column) {
        key = $2 " " $3 " " column
        if (!(($1, key) in least) || $column < least[$1, key]) least[$1, key] = $column
        keys[key] = 1
      }
      kind[$1] = native
      if ($2 != "example") levels[$1, $2] = 1
    }
    END {
      for (i = 1; i <= rows; ++i) for (key in keys) if ((order[i], key) in least) {
        t = least[order[i], key]
        of = kind[order[i]] " " key
        if (!(of in best) || t < best[of]) best[of] = t
      }
      printf "%s; the least of %d turns; ns an element, the mean of all activations; x: times the best compiler, at the same flags and level.\n\n", processor, turns
      print "| compiler | flags | level | warnings | to compile, s | `apply` | `forward` | examples, x | most, x | where |"
      print "|---|---|---|---|---|---|---|---|---|---|"
      split("baseline avx2 avx512", names, " ")
      for (i = 1; i <= rows; ++i) for (l = 1; l <= 3; ++l) if ((order[i], names[l]) in levels) {
        name = order[i]
        most = 0; where = ""; value = forward = n = examples = 0
        for (key in keys) if ((name, key) in least) {
          split(key, part, " ")
          of = kind[name] " " key
          ratio = best[of] > 0 ? least[name, key] / best[of] : 1
          if (part[1] == "example") {
            # shorter ones are start-up
            if (best[of] >= 0.05) { if (ratio > examples) examples = ratio }
            continue
          }
          if (part[1] != names[l]) continue
          if (part[3] == 4) { value += least[name, key]; ++n } else forward += least[name, key]
          if (ratio > most) { most = ratio; where = part[2] (part[3] == 4 ? ", apply" : ", forward") }
        }
        if (most > limit || examples > limit) { ++above; printf "above %s: %s %s, %s %.2f, examples %.2f\n", limit, name, names[l], where, most, examples >"/dev/stderr" }
        f = flags[name]; if (!examples) examples = "-"; else examples = sprintf("%.2f", examples)
        gsub(",", " ", f)
        printf "| %s | `%s` | %s | %s | %s | %.3f | %.3f | %s | %.2f | %s |\n", compiler[name], f, names[l], warnings[name], seconds[name], value / n, forward / n, examples, most, where
      }
      printf "\n%s\n", above ? above " rows are above " limit " times the best." : "No row is above " limit " times the best."
      exit above > 0
    }' "$work/rows.txt" "$work/times.txt" >"$work/compilers.md"
}

# ---- others ----------------------------------------------------------------------------------------------------------

# The pass of a compiler that makes no program: pass_only NAME COMPILER WAY
pass_only() {
  local name=$1 compiler=$2 way=$3 outcome=compile
  if kept "$name"; then return; fi
  if ! command -v "$compiler" >/dev/null; then
    row "$name" "not there" - - -
    return
  fi
  say "$name"
  sh "$root/tests/headers/as_others.sh" "$way" "$compiler" "$root" "$work/$way" >"$log/$way.txt" 2>&1 || {
    outcome=fail
    failed "$name" "$log/$way.txt"
  }
  row "$name" "${compiler##*/} $("$compiler" --version | sed -n 's/.*\(version\|release\) \([0-9.]*\).*/\2/p' | head -n 1)" "$outcome" '-' "$(warned "$log/$way.txt")"
}

others() {
  local clang=clang++ version
  for version in 23 22 21 19 16 15 14; do
    if command -v "clang++-$version" >/dev/null; then
      clang=clang++-$version
      break
    fi
  done
  attempt_heads way
  export WINEPREFIX=$work/wine WINEDEBUG=-all
  attempt 'Windows, mingw-w64' x86_64-w64-mingw32-g++-posix "$(command -v wine64 || echo /usr/lib/wine/wine64)" -static
  attempt 'libc++' "clang++-16 -stdlib=libc++" ''
  # shellcheck disable=SC2016 # names in Markdown
  attempt 'no lanes (`SATUR_NO_LANES`)' g++ '' -DSATUR_NO_LANES
  # shellcheck disable=SC2016
  attempt 'standard C++ alone (`SATUR_NO_EXTENSIONS`)' g++ '' -pedantic-errors -DSATUR_NO_EXTENSIONS
  attempt 'standard C++ alone, clang and libc++' "clang++-16 -stdlib=libc++" '' -pedantic-errors -DSATUR_NO_EXTENSIONS
  pass_only 'CUDA, passes of clang' "$clang" cuda
  pass_only 'HIP, passes of clang' "$clang" hip
  pass_only 'CUDA, nvcc' "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)" nvcc
}

run_sections "$@"
