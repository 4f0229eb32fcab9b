# shellcheck shell=bash
# Shared by examples/run.sh, tests/run.sh, tests/long.sh, tests/portability/shared.sh, bench/*.sh and .ci/run; bash. Sets root and cores ($SATUR_CORES, or all), and defines
#   need GROUP…        installs the packages of these groups (cmake/packages-debian.txt) that are missing
#   build PRESET [-D…] [-- TARGET…]   configures into build/NAME (BUILD_NAME, or the preset's name) and builds
#   quietly LOG COMMAND…              runs it, and shows its output only if it fails
#   suite NAME [CTEST OPTION…]        runs the tests of build/NAME; shows the closing lines, or all if it fails
#   step NAME COMMAND…                runs one of several checks and remembers its time and outcome
#   require_known KIND "THERE…" NAME… ends the script if one of the names is not among those that are there
#   close_steps                       tells them all; fails if one has
#   write_results FILE RESULTS [MARK] puts the text of RESULTS between FILE's marks <!-- results --> and <!-- /results -->, or of MARK
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cores=${SATUR_CORES:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}

say() { printf 'satur: %s\n' "$*" >&2; }

require_known() { # KIND "THERE…" NAME…
  local kind=$1 there=$2 name
  shift 2
  for name in "$@"; do
    case " $there " in
    *" $name "*) ;;
    *)
      say "no $kind '$name'; there are: $there"
      exit 2
      ;;
    esac
  done
}

quietly() { # LOG COMMAND…
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1 </dev/null; then
    grep -v '^\[[0-9]*/[0-9]*\] ' "$log" >&2 # what went well
    say "failed: $* (the lines above are in ${log#"$root"/})"
    return 1
  fi
}

# Compilers' names differ from system to system, so outside Debian only the tools' presence is looked at.
need() { # GROUP…
  local group wanted=() missing=() package
  for group in "$@"; do
    # shellcheck disable=SC2207 # package names have no spaces
    wanted+=($(sed -n "s/^$group: *//p" "$root/cmake/packages-debian.txt"))
  done

  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
      say "this is not Debian: install what it calls ${wanted[*]}, then run this again"
      return 1
    fi
    return 0
  fi

  for package in "${wanted[@]}"; do
    case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
    *' installed') ;;
    *) missing+=("$package") ;;
    esac
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
      sudo -v || true # asks for the password while the terminal is ours
    else
      say "missing: ${missing[*]}; install them as root: apt-get install ${missing[*]}"
      say "going on with what is here"
      return 0
    fi
  fi
  say "installing ${missing[*]}"
  # An index that cannot be refreshed may still be good enough, so only the installation decides.
  quietly "$root/build/log/apt-update.txt" ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q update ||
    say "the package index could not be refreshed; trying with the one that is here"
  if ! quietly "$root/build/log/apt-install.txt" ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get -q install -y --no-install-recommends "${missing[@]}"; then
    say "could not install ${missing[*]}; going on with what is here"
  fi
}

build() { # PRESET [-D…] [-- TARGET…]
  local preset=$1 name=${BUILD_NAME:-$1} options=() targets=() target
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  if [ $# -gt 0 ]; then shift; fi
  for target in "$@"; do targets+=(--target "$target"); done
  if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER-}" ] && command -v ccache >/dev/null; then
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 # clones share what they compiled
    export CCACHE_DEPEND=1                         # headers are those that the compiler lists: no run of the preprocessor
  fi
  (
    cd "$root" && # presets are read from the working directory
      quietly "$root/build/log/$name-configure.txt" \
        cmake --preset "$preset" -B "$root/build/$name" ${options[@]+"${options[@]}"} || exit
    sed -n 's/^-- \(satur: \)/\1/p' "$root/build/log/$name-configure.txt" >&2
    say "building $name (log: build/log/$name-build.txt)"
    quietly "$root/build/log/$name-build.txt" \
      cmake --build "$root/build/$name" -j "$cores" ${targets[@]+"${targets[@]}"} -- -k 0
  )
}

write_results() { # FILE RESULTS [MARK]
  local written
  written=$(awk -v results="$2" -v mark="${3-results}" '
    $0 == "<!-- /" mark " -->" { skip = 0 }
    !skip { print }
    $0 == "<!-- " mark " -->" { print ""; while ((getline line < results) > 0) print line; print ""; skip = 1 }
  ' "$1") && printf '%s\n' "$written" >"$1" && say "written to ${1#"$root"/}"
}

closing_lines() { # LOG COMMAND… : of a test run that passes; all of one that does not
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if "$@" >"$log" 2>&1; then
    sed -n '/^[0-9]*% tests passed/,$p' "$log"
  else
    cat "$log"
    return 1
  fi
}

suite() { # NAME [CTEST OPTION…]
  local name=$1
  shift
  closing_lines "$root/build/log/$name-ctest.txt" \
    ctest --test-dir "$root/build/$name" --output-on-failure -j "$cores" "$@"
}

steps=()
failed=()
step() { # NAME COMMAND…
  local name=$1 start=$SECONDS status=passed
  shift
  printf '\n== %s\n' "$name"
  if ! "$@"; then
    failed+=("$name")
    status=FAILED
  fi
  printf '== %s: %s, %d s\n' "$name" "$status" $((SECONDS - start))
  steps+=("$(printf '%6d s  %s%s' $((SECONDS - start)) "$name" "$([ "$status" = passed ] || echo ' (FAILED)')")")
}

close_steps() {
  printf '\n'
  printf '%s\n' "${steps[@]}"
  printf '%d min %d s in all\n' $((SECONDS / 60)) $((SECONDS % 60))
  if [ ${#failed[@]} -gt 0 ]; then
    printf 'FAILED: %s\n' "${failed[@]}"
    return 1
  fi
  echo 'everything passed'
}
