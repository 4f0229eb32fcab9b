#!/usr/bin/env bash
# Trains a network and shows what happens to its neurons: examples/run.sh [OPTION…]
# Installs and builds what is missing first; the options go to the program (--help lists them). SATUR_PRESET chooses
# another preset than release.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/scripts.sh"

need build
BUILD_NAME=examples build "${SATUR_PRESET:-release}" -DSATUR_BUILD_TESTS=OFF -DSATUR_BUILD_EXAMPLES=ON -- satur_train
exec "$root/build/examples/examples/satur_train" "$@"
