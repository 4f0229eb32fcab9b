#!/usr/bin/env bash
# Builds and runs the whole test suite: tests/run.sh [CTEST OPTION…], for instance tests/run.sh -R activation
# Installs what is missing first. SATUR_PRESET chooses another preset than release (cmake --list-presets).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"

need build test
name=${SATUR_PRESET:-tests}
BUILD_NAME=$name build "${SATUR_PRESET:-release}" -DSATUR_BUILD_TESTS=ON -DSATUR_BUILD_EXAMPLES=ON
exec ctest --test-dir "$root/build/$name" --output-on-failure -j "$cores" "$@"
