#!/bin/sh
# Compiles every header that needs no xtensor as another kind of compiler sees it: as_others.sh WAY COMPILER PROJECT DIR
#   standard   without the extensions of GNU C++ (SATUR_NO_EXTENSIONS): no attribute, built-in function or asm is left in
#              what the headers become, and it compiles as standard C++
#   cuda hip   clang's pass for the host and its pass for the graphics processor; neither CUDA nor ROCm need be there
#   nvcc       the same by nvcc, which brings its own
#   edg        no lanes with another compiler that has the EDG front end
# as_others.sh --list PROJECT prints the file that includes all of them; --list PROJECT xtensor: and those that need xtensor.
# as_others.sh --self-test COMPILER PROJECT DIR: an extension that a header uses is detected.
set -eu

flags='-std=c++20 -Wall -Wextra -Werror'

every_header() { # PROJECT [xtensor]: includes of all of them
  left_out='^satur/(satur\.hpp|(tensor|layer|loss|adapt)[./])'
  if [ "${2-}" = xtensor ]; then left_out='^satur/adapt/'; fi
  (cd "$1/include" && find satur -name '*.hpp' | LC_ALL=C sort) | grep -Ev "$left_out" |
    sed 's|.*|#include <&>|'
}

gnu='__attribute__|__builtin_|__extension__|__has_builtin|__typeof|__int128|(^|[^A-Za-z0-9_])(asm|gnu::)'
asm='(^|[^A-Za-z0-9_])asm[^A-Za-z0-9_]'

without() { # WORDS FILE: no line of satur's headers in preprocessed text has one of them
  awk -v words="$1" '
    /^# [0-9]+ "/ { ours = $3 ~ /include\/satur\//; file = $3; next }
    { gsub(/__builtin_(huge_val|inf|nan)[fl]? *\(/, "(") } # HUGE_VAL and its kin, macros of the standard library
    ours && $0 ~ words { print file ": " $0; found = 1 }
    END { exit found }' "$2"
}

# A condition turns set -e off, so every step says what its failure means.
check() { # WAY COMPILER PROJECT DIR
  mkdir -p "$4"
  case $1 in
  standard)
    every_header "$3" >"$4/standard.cpp"
    "$2" -std=c++20 -DSATUR_NO_EXTENSIONS -I"$3/include" -E "$4/standard.cpp" >"$4/standard.txt" || return 1
    without "$gnu" "$4/standard.txt" || return 1
    # shellcheck disable=SC2086 # several words
    "$2" $flags -pedantic-errors -DSATUR_NO_EXTENSIONS -I"$3/include" -fsyntax-only "$4/standard.cpp" || return 1
    ;;
  cuda | hip)
    { every_header "$3" && echo 'static_assert(SATUR_HAS_LANES == 0);'; } >"$4/others.cpp"
    # Clang's own <algorithm> and <new> for such files need two macros and stdlib.h.
    way="-std=c++20 -include stdlib.h -D__host__=__attribute__((host)) -D__device__=__attribute__((device)) -x $1
      -Wno-unknown-cuda-version -nocudainc -nocudalib -I$3/include"
    for pass in host device; do
      # shellcheck disable=SC2086
      "$2" $flags $way --cuda-$pass-only -fsyntax-only "$4/others.cpp" || return 1
    done
    # shellcheck disable=SC2086
    "$2" $way --cuda-device-only -E "$4/others.cpp" >"$4/others.txt" || return 1
    without "$asm" "$4/others.txt" || return 1
    ;;
  nvcc)
    { every_header "$3" && echo 'static_assert(SATUR_HAS_LANES == 0);'; } >"$4/others.cu"
    "$2" -std=c++20 -I"$3/include" -c "$4/others.cu" -o "$4/others.o" || return 1
    ;;
  edg) # any compiler that says so
    printf '#include <satur/config.hpp>\nstatic_assert(SATUR_HAS_LANES == 0);\n' >"$4/edg.cpp"
    "$2" -std=c++20 -D__EDG__=605 -I"$3/include" -fsyntax-only "$4/edg.cpp" || return 1
    ;;
  esac
  echo "$1: $(every_header "$3" | wc -l) headers compile"
}

if [ "$1" = --self-test ]; then
  dir=$4/as_others_self_test
  for fault in 'inline int f() { return __builtin_popcount(3u); }' 'inline void f() { asm(""); }' \
    '[[gnu::cold]] void f();' 'typedef float f __attribute__((aligned(8)));'; do
    rm -rf "$dir"
    mkdir -p "$dir/include/satur"
    printf '#pragma once\n%s\n' "$fault" >"$dir/include/satur/a.hpp"
    if check standard "$2" "$dir" "$dir" >/dev/null 2>&1; then
      echo "not noticed: $fault"
      exit 1
    fi
  done
  printf '#pragma once\n// __builtin_popcount\n' >"$dir/include/satur/a.hpp"
  check standard "$2" "$dir" "$dir"
  rm -rf "$dir"
elif [ "$1" = --list ]; then
  every_header "$2" "${3-}"
else
  check "$1" "$2" "$3" "$4"
fi
