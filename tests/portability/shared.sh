# shellcheck shell=bash
# Shared by tests/portability.sh and tests/matrix.sh; bash. Each sets section names (sections) and its folder of build/
# (work), takes its options with shared_option, and calls run_sections. Here are: where compilers and libraries are
# (system, or roots of debootstrap), the rows of the tables, and attempt, which tries one compiler or target.
# shellcheck source-path=SCRIPTDIR source=../../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/scripts.sh"

roots=
only=.
print=no
# shellcheck disable=SC2034 # `taken` is for the caller
shared_option() { # OPTION [VALUE]: whether it is --print, --roots DIR or --only REGEX; `taken`: how many words it takes
  taken=1
  case $1 in
  --print) print=yes ;;
  --roots) roots=$(realpath -m "$2") && taken=2 ;;
  --only) only=$2 && taken=2 ;;
  *) return 1 ;;
  esac
}

mirror=http://deb.debian.org/debian
work=$root/build/$(basename "$0" .sh)
log=$work/log
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion)
failures=0

failed() { # WHAT LOG
  failures=$((failures + 1))
  say "failed: $1 ($2)"
}
# Those of the compiler's own headers are false alarms (GCC bug 105593): warned LOG…
warned() { cat "$@" 2>/dev/null | grep 'warning:' | grep -vc '^/usr/lib/gcc/'; }

# ---- where compilers are: in the system (""), or in a root of debootstrap, which holds a copy of the sources in /satur ----

places() { printf '%s\n' "" ${roots:+"$roots/trixie" "$roots/sid"}; }
in_place() { # ROOT COMMAND…, from the sources
  local place=$1
  shift
  # shellcheck disable=SC2016 # for the shell in there
  if [ -z "$place" ]; then (cd "$root" && "$@"); else chroot "$place" sh -c 'cd /satur && exec "$@"' sh "$@"; fi
}
copy_sources() { # into every root; times stay, so that builds go on
  local place
  for place in ${roots:+"$roots/trixie" "$roots/sid"}; do
    mkdir -p "$place/satur/build/${work##*/}"
    find "$place/satur" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    (cd "$root" && tar -cf - --exclude=./build --exclude=./.git .) | tar -xf - -C "$place/satur"
  done
}
make_root() { # SUITE PACKAGE…: DIR/SUITE with those of the packages that the mirror has
  local suite=$1 place=$roots/$1 package
  shift
  if [ ! -e "$place/made" ]; then
    say "making $place"
    quietly "$log/root-$suite.txt" debootstrap --variant=minbase "$suite" "$place" "$mirror" && touch "$place/made" || return
  fi
  for package in "$@"; do
    # shellcheck disable=SC2016 # for dpkg-query
    case $(chroot "$place" dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
    *' installed') continue ;;
    esac
    chroot "$place" sh -c "apt-get -q -o Acquire::Check-Valid-Until=false update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $package && apt-get clean" \
      >"$log/root-$suite-$package.txt" 2>&1 || say "no $package in $suite ($log/root-$suite-$package.txt)"
  done
}

found=() # COMPILER@ROOT
find_compilers() {
  local place compiler seen=' ' version
  if [ -n "$roots" ]; then
    make_root trixie g++-14 clang-17 clang-18
    make_root sid g++-12 g++-13 g++-14 g++-15 g++-16 clang-19 clang-21 clang-22 clang-23
  fi
  found=()
  while IFS= read -r place; do
    for compiler in "$place"/usr/bin/g++-[0-9]* "$place"/usr/bin/clang++-[0-9]*; do
      compiler=${compiler##*/}
      version=${compiler##*-}
      case $compiler in g++-*) [ "$version" -ge 12 ] ;; *) [ "$version" -ge 14 ] ;; esac 2>/dev/null || continue
      case $seen in *" $compiler "*) continue ;; esac
      if in_place "$place" "$compiler" --version >/dev/null 2>&1; then
        seen="$seen$compiler "
        found+=("$compiler@$place")
      fi
    done
  done < <(places)
  mapfile -t found < <(printf '%s\n' ${found[@]+"${found[@]}"} | sort -V)
}

# ---- tables --------------------------------------------------------------------------------------------------------------

heads() { # COLUMN…: begins the table of this section, and keeps the one before
  if [ -e "$work/$section.md" ]; then mv "$work/$section.md" "$work/$section-before.md"; else : >"$work/$section-before.md"; fi
  {
    printf '| %s ' "$@"
    printf '|\n'
    printf '|---%.0s' "$@"
    printf '|\n'
  } >"$work/$section.md"
}
# Whether this row is not asked for: then it stays as an earlier call found it.
kept() { # NAME
  if [[ $1 =~ $only ]]; then return 1; fi
  grep -F "| $1 |" "$work/$section-before.md" >>"$work/$section.md"
  return 0
}
row() { # CELL…
  {
    printf '| %s ' "$@"
    printf '|\n'
  } >>"$work/$section.md"
}
attempt_heads() { heads "$1" compiler 'every header' 'every activation, value and slope' warnings; }
in_file_name() { printf '%s' "${1//[^A-Za-z0-9_-]/-}"; } # NAME

# Compiles every header, and the check of every activation, and runs it: attempt NAME COMPILER RUNNER FLAG…
# A runner of none: the program is not run.
attempt() {
  local name=$1 compiler=$2 runner=$3 headers=compile runs shown file program count
  shift 3
  file=$(in_file_name "$name")
  program=$work/activations-$file
  if kept "$name"; then return; fi
  if ! command -v "${compiler%% *}" >/dev/null; then
    row "$name" "not there" - - -
    return
  fi
  say "$name"
  shown="${compiler%% *} $($compiler -dumpfullversion 2>/dev/null || $compiler -dumpversion)"
  sh "$root/tests/headers/as_others.sh" --list "$root" >"$work/headers.cpp"
  $compiler -std=c++20 "${warnings[@]}" "$@" -I"$root/include" -fsyntax-only "$work/headers.cpp" >"$log/$file-headers.txt" 2>&1 || {
    headers=fail
    failed "$name, headers" "$log/$file-headers.txt"
  }
  if $compiler -std=c++20 -O1 -DSATUR_NO_DISPATCH "${warnings[@]}" "$@" -I"$root/include" -I"$root/tests" "$root/tests/portability/activations.cpp" \
    -o "$program" >"$log/$file.txt" 2>&1; then
    if [ "$runner" = none ]; then
      runs='compiles'
    elif [ -n "$runner" ] && ! command -v "${runner%% *}" >/dev/null; then
      runs="compiles; no ${runner%% *}"
    elif # shellcheck disable=SC2086 # a runner has arguments
      runs=$(timeout 600 $runner "$(ls "$program.exe" 2>/dev/null || echo "$program")" 2>"$log/$file-run.txt"); then
      runs=$(printf '%s' "$runs" | tail -n 1 | tr -d '\r')
    else
      printf '%s\n' "$runs" >>"$log/$file-run.txt"
      runs="fails: $(printf '%s' "$runs" | tail -n 1 | tr -d '\r')"
      failed "$name runs" "$log/$file-run.txt"
    fi
  else
    runs=fails
    failed "$name, program" "$log/$file.txt"
  fi
  count=$(warned "$log/$file-headers.txt" "$log/$file.txt")
  if [ "$count" -ne 0 ]; then failed "$name: $count warnings" "$log/$file-headers.txt, $log/$file.txt"; fi
  row "$name" "$shown" "$headers" "$runs" "$count"
}

# ---- the sections --------------------------------------------------------------------------------------------------------

run_sections() { # SECTION…: these, or all of them; writes their tables into docs/portability.md
  local wanted=("$@")
  if [ $# -eq 0 ]; then wanted=("${sections[@]}"); fi
  require_known section "${sections[*]}" "${wanted[@]}"
  mkdir -p "$log"
  need build test portability
  for section in "${wanted[@]}"; do
    $section
    if [ "$print" = yes ]; then cat "$work/$section.md"; else write_results "$root/docs/portability.md" "$work/$section.md" "$section"; fi
  done
  if [ "$failures" -ne 0 ]; then
    say "$failures failures"
    exit 1
  fi
}
