#!/usr/bin/env bash
# The version matrix: satur with other versions of the language, of its libraries, and on other processors. Writes what came
# out into docs/portability.md: tests/matrix.sh [--print] [--roots DIR] [--only REGEX] [SECTION…]
#   standards   g++ 12 to 16 and clang 14 to the newest, as C++20 and C++23: every header compiles without a warning, values
#               and slopes of every activation are right, and a monitor is saved and loaded; as C++26 the headers compile
#   libraries   the tests of what touches xtensor, Eigen and doctest, with the versions of Debian 12, trixie and sid, xtensor
#               with and without xsimd
#   processors  i386, aarch64 (NEON), big-endian and others, by Debian's cross compilers and qemu-user: values and slopes of
#               every activation are right; each loads the monitors that all others saved, and saves the same bytes
# --only: rows whose first column matches; the others stay as an earlier call found them.
# With --roots, compilers and libraries of Debian trixie and sid are used too, which debootstrap puts into DIR (5 GB; as root).
# What is not there is named in the page. An hour on two cores, without --roots a quarter of it.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=portability/shared.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/portability/shared.sh"
exec </dev/null

# shellcheck disable=SC2034 # for shared.sh
sections=(standards libraries processors)
while [ $# -gt 0 ] && shared_option "$@"; do shift "$taken"; done

release_of() { # ROOT: of its Debian
  if [ -n "$1" ]; then printf '%s' "${1##*/}"; else sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; fi
}
version_of() { # ROOT PACKAGE: without what Debian adds; or -
  local version
  # shellcheck disable=SC2016 # for dpkg-query
  version=$(in_place "$1" dpkg-query -W -f='${Version}' "$2" 2>/dev/null) || version=-
  version=${version%-*}
  version=${version%%[~+]*}
  printf '%s' "${version:--}"
}

# ---- standards -----------------------------------------------------------------------------------------------------------

# What the compiler calls this version of the language; fails if it has none: standard_of ROOT COMPILER 23 2b
standard_of() {
  local place=$1 compiler=$2 name
  shift 2
  for name in "$@"; do
    if in_place "$place" "$compiler" "-std=c++$name" -fsyntax-only -x c++ /dev/null >/dev/null 2>&1; then
      printf '%s' "-std=c++$name"
      return 0
    fi
  done
  return 1
}

# One cell: the headers and the programs with one compiler and standard: with_standard ROOT COMPILER STANDARD [PROGRAM…]
with_standard() {
  local place=$1 compiler=$2 standard=$3 name=$2$3 program built=build/matrix
  shift 3
  if ! in_place "$place" "$compiler" "$standard" "${warnings[@]}" -Iinclude -fsyntax-only "$built/headers.cpp" >"$log/$name-headers.txt" 2>&1; then
    printf 'headers fail'
    return 1
  fi
  for program in "$@"; do
    if ! in_place "$place" "$compiler" "$standard" -O1 -DSATUR_NO_DISPATCH "${warnings[@]}" -Iinclude -Itests \
      "tests/portability/$program.cpp" -o "$built/$program-$name" >"$log/$name-$program.txt" 2>&1; then
      printf '%s fails to compile' "$program"
      return 1
    fi
  done
  if [ $# -gt 0 ]; then
    {
      in_place "$place" "$built/activations-$name" &&
        in_place "$place" "$built/monitors-$name" write "$built/$name.monitor" &&
        in_place "$place" "$built/monitors-$name" read "$built/$name.monitor"
    } >"$log/$name-run.txt" 2>&1 || {
      printf 'fails: %s' "$(tail -n 1 "$log/$name-run.txt")"
      return 1
    }
  fi
  printf 'yes'
}

standards() {
  local entry compiler place cell cells standard names programs count
  heads compiler xtensor 'C++20' 'C++23' 'C++26, headers' warnings
  find_compilers
  copy_sources
  for entry in "${found[@]}"; do
    compiler=${entry%%@*}
    place=${entry#*@}
    if kept "$compiler"; then continue; fi
    say "$compiler"
    if [ "$(version_of "$place" libxtensor-dev)" = - ]; then names=; else names=xtensor; fi
    in_place "$place" sh -c "sh tests/headers/as_others.sh --list . $names >build/matrix/headers.cpp"
    cells=()
    rm -f "$log/$compiler-std"*
    for standard in 20 23 26; do
      programs=(activations monitors)
      if [ "$standard" = 23 ]; then programs+=(mdspan); fi # of the standard libraries that have it
      if [ "$standard" = 26 ]; then programs=(); fi
      case $standard in 23) names=2b ;; 26) names=2c ;; *) names=2a ;; esac
      if standard=$(standard_of "$place" "$compiler" "$standard" "$names"); then
        cell=$(with_standard "$place" "$compiler" "$standard" ${programs[@]+"${programs[@]}"}) ||
          failed "$compiler $standard" "$log/$compiler$standard-*.txt"
        cells+=("$cell")
      else
        cells+=(-)
      fi
    done
    count=$(warned "$log/$compiler-std"*)
    if [ "$count" -ne 0 ]; then failed "$compiler: $count warnings" "$log/$compiler-std*.txt"; fi
    row "$compiler" "$(version_of "$place" libxtensor-dev)" "${cells[@]}" "$count"
  done
  local missing=()
  for compiler in g++-{12..16} clang++-{14..23}; do
    grep -q "^| $compiler |" "$work/$section.md" || missing+=("$compiler")
  done
  if [ ${#missing[@]} -gt 0 ]; then printf '\nNot in this table: %s.\n' "${missing[*]}" >>"$work/$section.md"; fi
}

# ---- libraries -----------------------------------------------------------------------------------------------------------

# The folders of tests, as programs, and xsimd's own where it is used.
folders=(array initializer tensor loss optimizer layer adapt_eigen)

with_library() { # ROOT FLAGS NAME: builds the tests and runs them
  local place=$1 flags=$2 built=build/matrix/$3 targets=() folder chosen=("${folders[@]}")
  if [[ $flags = *XSIMD* ]]; then chosen+=(xsimd); fi
  for folder in "${chosen[@]}"; do targets+=("satur_test_$folder"); done
  in_place "$place" cmake -S . -B "$built" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS=${warnings[*]} $flags" \
    -DSATUR_BUILD_TESTS=ON -DSATUR_BUILD_EXAMPLES=OFF -DSATUR_TEST_HOUSE=OFF -DSATUR_TEST_LEVELS=OFF &&
    in_place "$place" cmake --build "$built" -j 1 --clean-first --target "${targets[@]}" -- -k 0 &&
    in_place "$place" ctest --test-dir "$built" --output-on-failure --no-tests=error -R "^($(
      IFS='|'
      printf '%s' "${chosen[*]}"
    ))\$"
}

libraries() {
  local place name flags outcome file compiler count
  heads libraries xsimd xtensor-blas Eigen doctest compiler 'tests, test programs' warnings
  if [ -n "$roots" ]; then
    for name in trixie sid; do
      make_root "$name" g++ cmake ninja-build libxtensor-dev libxtensor-blas-dev libxsimd-dev libopenblas-dev libeigen3-dev doctest-dev
    done
  fi
  copy_sources
  while IFS= read -r place; do
    for flags in '' '-march=native -DXTENSOR_USE_XSIMD'; do
      name="xtensor $(version_of "$place" libxtensor-dev) of Debian $(release_of "$place")${flags:+, on xsimd}"
      if kept "$name"; then continue; fi
      say "$name"
      file=$log/$(in_file_name "$name").txt
      if with_library "$place" "$flags" "libraries${flags:+-xsimd}" >"$file" 2>&1; then
        outcome="pass, $(sed -n 's/^100% tests passed.* out of //p' "$file")"
      else
        outcome=fail
        failed "$name" "$file"
      fi
      count=$(warned "$file")
      if [ "$count" -ne 0 ]; then failed "$name: $count warnings" "$file"; fi
      compiler=$(in_place "$place" g++ -dumpfullversion)
      row "$name" "$(if [ -n "$flags" ]; then version_of "$place" libxsimd-dev; else echo 'not used'; fi)" \
        "$(version_of "$place" libxtensor-blas-dev)" "$(version_of "$place" libeigen3-dev)" "$(version_of "$place" doctest-dev)" \
        "g++ $compiler" "$outcome" "$count"
    done
  done < <(places)
}

# ---- processors ----------------------------------------------------------------------------------------------------------

processor_names=() # of this call's programs that save and load monitors
declare -A runner_of=()

# attempt, and a program that saves a monitor: processor NAME COMPILER RUNNER FLAG…
processor() {
  local name=$1 compiler=$2 runner=$3 file
  file=$(in_file_name "$name")
  attempt "$@"
  shift 3
  if [[ $name =~ $only ]]; then
    rm -f "$work/monitors-$file" "$work/$file.monitor"
    if ! command -v "$compiler" >/dev/null || { [ -n "$runner" ] && ! command -v "${runner%% *}" >/dev/null; }; then return; fi
    $compiler -std=c++20 -O1 -DSATUR_NO_DISPATCH "${warnings[@]}" "$@" -I"$root/include" "$root/tests/portability/monitors.cpp" \
      -o "$work/monitors-$file" >"$log/monitors-$file.txt" 2>&1 || failed "$name, monitors" "$log/monitors-$file.txt"
    if [ "$(warned "$log/monitors-$file.txt")" -ne 0 ]; then failed "$name, monitors: warnings" "$log/monitors-$file.txt"; fi
    # shellcheck disable=SC2086 # a runner has arguments
    $runner "$work/monitors-$file" write "$work/$file.monitor" || failed "$name saves no monitor" "$work/$file.monitor"
  fi
  if [ -e "$work/$file.monitor" ]; then
    processor_names+=("$name")
    runner_of[$name]=$runner
  fi
}

# Every program reads what each has saved.
exchange() {
  local name files=() file said
  for name in "${processor_names[@]}"; do files+=("$work/$(in_file_name "$name").monitor"); done
  {
    printf '\n| processor | loads the monitors of all | its file, SHA-256 |\n|---|---|---|\n'
    for name in "${processor_names[@]}"; do
      file=$(in_file_name "$name")
      # shellcheck disable=SC2086 # a runner has arguments
      ${runner_of[$name]} "$work/monitors-$file" read "${files[@]}" >"$log/monitors-$file-read.txt" 2>&1 ||
        failed "$name reads monitors" "$log/monitors-$file-read.txt"
      said=$(tail -n 1 "$log/monitors-$file-read.txt")
      # shellcheck disable=SC2016 # Markdown
      printf '| %s | %s | `%.12s…` |\n' "$name" "$said" "$(sha256sum "$work/$file.monitor")"
    done
  } >"$work/exchange.md"
  cat "$work/exchange.md" >>"$work/$section.md"
}

processors() {
  attempt_heads processor
  processor 'x86-64' g++ '' -static
  processor 'aarch64, NEON' aarch64-linux-gnu-g++ 'qemu-aarch64' -static
  processor 'arm, hard float' arm-linux-gnueabihf-g++ 'qemu-arm' -static -Wno-psabi
  processor 'i386, x87' i686-linux-gnu-g++ '' -static
  processor 'i386, SSE2' i686-linux-gnu-g++ '' -static -msse2 -mfpmath=sse
  processor 'i386, AVX2 with FMA' i686-linux-gnu-g++ '' -static -mavx2 -mfma -mfpmath=sse
  processor 'ppc64le' powerpc64le-linux-gnu-g++ 'qemu-ppc64le' -static
  processor 'ppc64, big-endian' powerpc64-linux-gnu-g++ 'qemu-ppc64' -static
  processor 's390x, big-endian' s390x-linux-gnu-g++ 'qemu-s390x' -static
  processor 's390x, z13 vectors' s390x-linux-gnu-g++ 'qemu-s390x -cpu max' -static -march=z13
  processor 'riscv64' riscv64-linux-gnu-g++ 'qemu-riscv64' -static
  exchange
}

run_sections "$@"
