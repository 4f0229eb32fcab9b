#!/usr/bin/env bash
# Builds and runs the whole test suite: tests/run.sh [CTEST OPTION…], for instance tests/run.sh -R activation
# Installs what is missing first.
set -euo pipefail
# shellcheck source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"

need build test
BUILD_NAME=tests build "${SATUR_PRESET:-release}" -DSATUR_BUILD_TESTS=ON -DSATUR_BUILD_EXAMPLES=ON
exec ctest --test-dir "$root/build/tests" --output-on-failure -j "$cores" "$@"
