#!/usr/bin/env bash
# Looks for data races: builds every test that starts threads with -fsanitize=thread and runs it. tests/threads.sh [COMPILER]
#   what docs/machines.md says may run at the same time does so without a race; a race that is put in is found
# The tests with OpenMP are not among them: ThreadSanitizer does not see how its runtime waits for threads.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source cmake/scripts.sh
exec </dev/null
compiler=${1:-g++}
out=build/threads
mkdir -p "$out"
need build test

command=("$compiler" -std=c++20 -O1 -g -fsanitize=thread -DSATUR_NO_DISPATCH -DDOCTEST_CONFIG_SUPER_FAST_ASSERTS
  "-DSATUR_TESTS_DIR=\"$PWD/tests\"" -Iinclude -Itests -Iexamples)
if command -v ccache >/dev/null; then command=(ccache "${command[@]}"); fi
alone=()
if setarch -R true 2>/dev/null; then alone=(setarch -R); fi # some kernels place memory where the sanitizer needs it

program() { # NAME SOURCE
  quietly "build/log/threads-$1-build.txt" "${command[@]}" "$2" "$out/main.o" -pthread -o "$out/$1" &&
    TSAN_OPTIONS=halt_on_error=0 quietly "build/log/threads-$1.txt" "${alone[@]}" "$out/$1" &&
    tail -n 3 "build/log/threads-$1.txt" | sed -n 's/^\[doctest\] assertions/assertions/p'
}

# Two threads record into one plain monitor, which is not allowed.
race() {
  cat >"$out/race.cpp" <<'SOURCE'
#include "satur/diagnostic.hpp"
#include <thread>
#include <vector>
int main() {
  satur::monitor mon;
  mon["fc"].observe(satur::tanh{}, std::vector<double>{1.0});
  auto const record = [&mon] { mon["fc"].observe(satur::tanh{}, std::vector<double>{1.0}); };
  std::thread other(record);
  record();
  other.join();
}
SOURCE
  "${command[@]}" "$out/race.cpp" -pthread -o "$out/race" || return 1
  if "${alone[@]}" "$out/race" >"build/log/threads-race.txt" 2>&1 || ! grep -q 'data race' "build/log/threads-race.txt"; then
    say "the sanitizer does not find a race that is there: build/log/threads-race.txt"
    return 1
  fi
}

mkdir -p build/log
step 'the main program of the tests' "${command[@]}" -c tests/main.cpp -o "$out/main.o"
step 'a race that is there' race
for source in $(grep -l '<thread>' tests/{monitor,record,report}/*.cpp); do
  name=${source#tests/}
  name=${name%.cpp}
  step "$name" program "${name//\//_}" "$source"
done
close_steps
