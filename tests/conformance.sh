#!/usr/bin/env bash
# Checks every activation of satur and of other libraries, value and slope, and writes docs/conformance.md:
# tests/conformance.sh [--print] [--inputs N] [--only REGEX]
#   --print      shows the figures, and leaves the page as it is
#   --inputs N   about how many z are tried of each function; 2^20 if not given
#   --only       programs whose name matches (satur, neon, torch, eigen, …); the others stay as an earlier call found them
#   --self-test  checks how the page is written, and nothing else
# A library that is not there is named in the page. Fails if a row of satur is outside of its contract, or if a program
# does not compile or run.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
exec </dev/null
here=$root/tests/conformance

part() { awk -v part="$1" -f "$here/page.awk" "${@:2}"; } # PART LINES…

self_test() {
  local folder
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' RETURN
  { part summary "$here/page/lines.txt" && echo && part tables "$here/page/lines.txt"; } >"$folder/page.md" &&
    diff "$here/page/expected.md" "$folder/page.md" || return
  if part ours "$here/page/lines.txt" >"$folder/ours.txt"; then
    echo 'a false zero of satur is accepted'
    return 1
  fi
  diff "$here/page/ours.txt" "$folder/ours.txt" || return
  grep -v '	gelu	' "$here/page/lines.txt" | part ours || return # what is right is accepted
  if echo 'Segmentation fault' | part tables 2>/dev/null || part ours /dev/null >/dev/null; then
    echo 'what is no line, or no line at all, is accepted'
    return 1
  fi
  work=$folder program absent 'no library' satur /nowhere/header.h libnothing-dev
  if ! part summary "$folder/absent.txt" | grep -Fqx -- '- Not on this page: no library: not installed (Debian: libnothing-dev).'; then
    echo 'a library that is not there is not named'
    return 1
  fi
}

inputs=$((1 << 20))
only=.
print=no
self=no
while [ $# -gt 0 ]; do
  case $1 in
  --self-test) self=yes ;;
  --print) print=yes ;;
  --inputs) inputs=$2 && shift ;;
  --only) only=$2 && shift ;;
  *)
    say "no option '$1'"
    exit 2
    ;;
  esac
  shift
done

work=$root/build/conformance
log=$work/log
failures=0
compiler=${CXX:-g++}

failed() { # WHAT LOG
  failures=$((failures + 1))
  say "failed: $1 (${2#"$root"/})"
}
package() { dpkg-query -W -f='${Version}' "$1" 2>/dev/null || echo 'version unknown'; } # NAME: its version
missing() { printf 'missing\t%s\t%s\n' "$2" "$3" >"$work/$1.txt"; }                     # PROGRAM LIBRARY REASON

# Compiles tests/conformance/SOURCE.cpp and runs it: its lines are in $work/PROGRAM.txt.
#   program NAME LIBRARY SOURCE HEADER PACKAGE FLAG…; HEADER says whether the library is there
program() {
  local name=$1 library=$2 source=$here/$3.cpp header=$4 package=$5
  shift 5
  order+=("$name")
  if ! [[ $name =~ $only ]]; then return; fi
  if [ -n "$header" ] && [ ! -e "$header" ]; then
    missing "$name" "$library" "not installed (Debian: $package)"
    return
  fi
  say "compiling $name"
  # apart from linking, so that ccache can help
  if ! {
    ${launcher:+"$launcher"} "${cxx:-$compiler}" -std=c++20 -O2 -w "-DCONFORMANCE_PACKAGE_VERSION=\"$(package "$package")\"" \
      -I"$root/include" -c "$source" -o "$work/$name.o" "$@" && "${cxx:-$compiler}" "$work/$name.o" -o "$work/$name" "$@"
  } >"$log/$name.txt" 2>&1; then
    missing "$name" "$library" 'its program does not compile here'
    failed "$name compiles" "$log/$name.txt"
    return
  fi
  say "running $name"
  if ! ${runner:+"$runner"} "$work/$name" "$inputs" >"$work/$name.lines" 2>"$log/$name-run.txt"; then
    missing "$name" "$library" 'its program ends with an error here'
    failed "$name runs" "$log/$name-run.txt"
    return
  fi
  mv "$work/$name.lines" "$work/$name.txt"
}

order=()
if [ "$self" = yes ]; then
  self_test
  exit
fi
need build conformance
mkdir -p "$log"
launcher=$(command -v ccache)
includes=/usr/include
for type in float double; do program satur_$type "satur, $type" satur '' '' -DCONFORMANCE_NUMBER=$type; done
for type in float double; do
  if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
    # long double is computed in software there
    cxx=aarch64-linux-gnu-g++ runner=qemu-aarch64 inputs=$((inputs / 16)) \
      program neon_$type "satur, NEON, $type" satur '' '' -static -DCONFORMANCE_NUMBER=$type
  else
    order+=("neon_$type")
    missing "neon_$type" "satur, NEON, $type" 'no compiler for it (Debian: g++-aarch64-linux-gnu, qemu-user)'
  fi
done
program torch libtorch torch $includes/torch/csrc/api/include/torch/torch.h libtorch-dev \
  -I$includes/torch/csrc/api/include -ltorch -ltorch_cpu -lc10
program onednn oneDNN onednn $includes/dnnl.hpp libdnnl-dev -ldnnl
program xnnpack XNNPACK xnnpack $includes/xnnpack.h libxnnpack-dev -lXNNPACK -lpthreadpool
program dlib dlib dlib $includes/dlib/cuda/tensor_tools.h libdlib-dev -ldlib
program tiny_dnn tiny-dnn tiny_dnn $includes/tiny_dnn/activations/activation_function.h tiny-dnn
program tiny_dnn_double tiny-dnn tiny_dnn $includes/tiny_dnn/activations/activation_function.h tiny-dnn -DCNN_USE_DOUBLE
program eigen Eigen eigen $includes/eigen3/Eigen/Core libeigen3-dev -I$includes/eigen3
program xtensor xtensor xtensor $includes/xtensor/xmath.hpp libxtensor-dev
program xtensor_xsimd 'xtensor with xsimd' xtensor $includes/xsimd/xsimd.hpp libxsimd-dev -DXTENSOR_USE_XSIMD -march=native

lines=()
for name in "${order[@]}"; do
  if [ -e "$work/$name.txt" ]; then lines+=("$work/$name.txt"); fi
done
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
{
  printf '%s; %s, -O2; about %d inputs a row.\n\n' "${processor:-unknown processor}" "$($compiler --version | head -n 1)" "$inputs"
  part summary "${lines[@]}"
} >"$work/summary.md" && part tables "${lines[@]}" >"$work/tables.md" || failures=$((failures + 1))
part ours "${lines[@]}" >&2 || failures=$((failures + 1))
if [ "$print" = yes ]; then
  cat "$work/summary.md" "$work/tables.md"
else
  write_results "$root/docs/conformance.md" "$work/summary.md" summary
  write_results "$root/docs/conformance.md" "$work/tables.md" tables
fi
if [ "$failures" -gt 0 ]; then
  say "$failures failures"
  exit 1
fi
