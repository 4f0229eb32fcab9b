#!/bin/sh
# Each header alone: alone.sh CLANG PROJECT DIR [FLAG…]
# A header may only use what it includes. Clang compiles all of them as the parts of one module, where a part sees nothing
# of another that it does not include, neither a name nor a macro: seconds, where a file for each takes minutes. It
# needs clang 16: clang 14 does not take the headers of libstdc++ so. What is in printed.txt prints after its own header alone.
# alone.sh --self-test CLANG DIR: a missing #include of each kind is detected.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

module_map() { # PROJECT DIR PRINTED FILE: the headers as the parts of a module, and this file
  echo 'module satur {'
  echo "  module \"$4\" { header \"$4\" export * }"
  (cd "$1/include" && find satur -name '*.hpp' ! -path 'satur/adapt/*' | LC_ALL=C sort) |
    while IFS= read -r header; do echo "  module \"$header\" { header \"$1/include/$header\" export * }"; done
  while read -r header type; do
    name=$(echo "$header $type" | tr -c 'a-z0-9\n' _)
    printf '#include <%s>\ninline void print_%s(std::ostream& out, satur::%s const& x) { out << x; }\n' \
      "$header" "$name" "$type" >"$2/$name.hpp"
    echo "  module \"$name\" { header \"$2/$name.hpp\" export * }"
  done <"$3"
  echo '}'
}

check() { # CLANG PROJECT DIR PRINTED [FLAG…]
  clang=$1 project=$2 dir=$3 printed=$4
  shift 4
  mkdir -p "$dir" || return 1
  # Clang 16 cannot merge two copies of the concepts in <ranges>: it is a part too.
  ranges=$(echo '#include <ranges>' | "$clang" -std=c++20 -x c++ -E - | sed -n 's|^# 1 "\(.*/ranges\)".*|\1|p') || return 1
  module_map "$project" "$dir" "$printed" "$ranges" >"$dir/satur.modulemap" || return 1
  "$clang" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror "$@" -I"$project/include" \
    -fmodules -fmodule-name=satur -Xclang -fmodules-local-submodule-visibility -Xclang -emit-module \
    -x c++ -c "$dir/satur.modulemap" -o "$dir/satur.pcm"
}

if [ "$1" = --self-test ]; then
  project=$3/alone_self_test
  rm -rf "$project"
  mkdir -p "$project/include/satur"
  head='#pragma once'
  printf '%s\n#include <vector>\n#define SATUR_A v0\nnamespace satur { struct a { std::vector<int> x; }; }\n' "$head" >"$project/include/satur/a.hpp"
  printf '%s\n#include "satur/a.hpp"\nnamespace satur { struct b : a {}; }\n' "$head" >"$project/include/satur/b.hpp"
  : >"$project/printed.txt"
  check "$2" "$project" "$project/work" "$project/printed.txt"
  while IFS= read -r fault; do
    printf '%s\n%s\n' "$head" "$fault" >"$project/include/satur/c.hpp"
    if check "$2" "$project" "$project/work" "$project/printed.txt" >/dev/null 2>&1; then
      echo "not noticed: $fault"
      exit 1
    fi
  done <<'FAULTS'
namespace satur { struct c : a {}; }
namespace satur { inline std::vector<int> c; }
namespace satur { inline int c = [] { int SATUR_A = 1; return v0; }(); }
FAULTS
  rm "$project/include/satur/c.hpp"
  echo 'satur/b.hpp b' >"$project/printed.txt"
  if check "$2" "$project" "$project/work" "$project/printed.txt" >/dev/null 2>&1; then
    echo 'not noticed: a type that does not print'
    exit 1
  fi
  rm -rf "$project"
else
  clang=$1 project=$2 dir=$3
  shift 3
  check "$clang" "$project" "$dir" "$here/printed.txt" "$@"
  echo "$(grep -c "\"$project/include/" "$dir/satur.modulemap") headers compile alone"
fi
