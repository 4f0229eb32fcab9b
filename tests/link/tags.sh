#!/bin/sh
# Files that are compiled with different flags share no inline function of satur, and link and run as one program. If
# they shared one, the linker would take either: the program would stop on a processor without AVX where one file was
# compiled with -mavx.
#   tags.sh <source folder> <build folder> <compiler>
set -eu
source=$1
build=$2/tags
compiler=$3
rm -rf "$build"
mkdir -p "$build"

# name, then the flags; the first is what the others must not replace
cat >"$build/flags" <<'FLAGS'
base
plain -DSATUR_NO_LANES
static -DSATUR_NO_DISPATCH
openmp -fopenmp
fastmath -ffast-math -DSATUR_FAST_MATH_ACKNOWLEDGED
finitemath -ffinite-math-only -DSATUR_FAST_MATH_ACKNOWLEDGED
noexceptions -fno-exceptions
xsimd -DXTENSOR_USE_XSIMD
fast_openmp -ffast-math -fopenmp -DSATUR_FAST_MATH_ACKNOWLEDGED
FLAGS
case $(uname -m) in
x86_64) cat >>"$build/flags" <<'FLAGS' ;;
popcnt -mpopcnt
lzcnt -mlzcnt
bmi -mbmi
bmi2 -mbmi2
sse3 -msse3
ssse3 -mssse3
sse4 -msse4.1
sse4_2 -msse4.2
avx -mavx
avx2_nofma -mavx2 -mno-fma
fma -mfma
avx2 -mavx2 -mfma
avx512f -mavx512f -mfma
avx512 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma
FLAGS
esac

while read -r name flags; do
  # shellcheck disable=SC2086 # the flags are words
  "$compiler" -std=c++20 -O0 -w $flags -I"$source/include" -DNAME="$name" -c "$source/tests/link/tag.cpp" -o "$build/$name.o"
  nm -C "$build/$name.o" | sed -n 's/.* T* *\(satur::v0[a-z0-9_]*\)::math::active_level.*/\1/p' | sort -u >"$build/tag"
  if [ "$(wc -l <"$build/tag")" != 1 ]; then
    echo "tags.sh: no tag in what is compiled with $name ($flags)" >&2
    exit 1
  fi
  sed "s/\$/ $name/" "$build/tag" >>"$build/tags"
  nm "$build/$name.o" | sed -n 's/^[0-9a-f]* [WVu] \(.*satur.*\)/\1/p' | sort -u >>"$build/functions"
done <"$build/flags"

status=0
sort "$build/tags" | while read -r tag name; do
  echo "$tag: $name"
done
if sort "$build/tags" | cut -d ' ' -f 1 | uniq -d | grep .; then
  echo "tags.sh: these flags have one tag" >&2
  status=1
fi
# Outside of the tags on purpose: the one setting of a process, and the types that are thrown.
if sort "$build/functions" | uniq -d | c++filt | grep -vE 'satur::process::|satur::(shape|file)_error'; then
  echo "tags.sh: these functions are in files of different flags" >&2
  status=1
fi

# What replaces a function is the object that comes first.
cat >"$build/main.cpp" <<'MAIN'
extern "C" int level_base();
extern "C" bool digits_base();
extern "C" bool digits_noexceptions();
extern "C" bool digits_fastmath();
int main() { return level_base() >= 0 && digits_base() && digits_noexceptions() && digits_fastmath() ? 0 : 1; }
MAIN
objects=$(sed 's/ .*//' "$build/flags" | sort -r | sed "s|.*|$build/&.o|")
# shellcheck disable=SC2086
"$compiler" -std=c++20 -O0 $objects "$build/main.cpp" -o "$build/program"
"$build/program" || status=1
exit $status
