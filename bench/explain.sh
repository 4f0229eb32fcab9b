#!/usr/bin/env bash
# The scoreboard of the explanations: bench/explain.sh [OPTION…], the options of bench/explain/explain.cpp. Without
# options: 300 healthy and 310 faulty runs, seeds 1 to 5. It needs a C++20 compiler and nothing else.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"
read -ra compiler <<<"${CXX:-c++}" # it may have options
if command -v ccache >/dev/null; then compiler=(ccache "${compiler[@]}"); fi
mkdir -p "$root/build"
"${compiler[@]}" -std=c++20 -O3 -march=native -DNDEBUG -I "$root/include" "$root/bench/explain/explain.cpp" \
  -o "$root/build/explain" -pthread
exec "$root/build/explain" "$@"
