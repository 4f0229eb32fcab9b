#!/usr/bin/env bash
# Draws the pictures of README.md and docs/: examples/studies/pictures.sh [--check] [NAME…]
#   collapse   docs/pictures/collapse.svg: the run of examples/run.sh, and the same with the cure that it advises
#   saturation docs/pictures/saturation.svg: a sigmoid, its slope, and y(1 - y) in float
#   weights    docs/pictures/weights.svg: what larger weights and more layers do to the slope
#   a study    docs/studies/NAME.svg, at its default size
# Without a name: all of them, some minutes. NAMES is a file of names, one a line, for gain_sweep; its picture is left
# out without it. --check draws into build/pictures and says which stored pictures differ. The sums of a run have other
# last bits on another processor, so numbers of a picture may move: it fails if one moves by more than 12 (pixels), if
# text other than numbers differs, or if README.md has other figures than a run that gives the stored picture.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../cmake/scripts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/scripts.sh"

check=
if [ "${1-}" = --check ]; then
  check=1
  shift
fi
names=("$@")
if [ $# -eq 0 ]; then
  names=(collapse saturation weights)
  for study in "$root"/examples/studies/*.cpp; do names+=("$(basename "$study" .cpp)"); done
fi
work=$root/build/pictures
mkdir -p "$work"

collapse() { # SVG
  local runs=$root/build/examples/examples log=$work/collapse
  need build
  BUILD_NAME=examples build "${SATUR_PRESET:-release}" -DSATUR_BUILD_TESTS=OFF -DSATUR_BUILD_EXAMPLES=ON -- satur_train satur_look
  local sick="$work/By default: four sigmoid layers.satur" cured="$work/Its cure: the same with relu.satur"
  OPENBLAS_NUM_THREADS=1 quietly "$log-sick.txt" "$runs/satur_train" --save "$sick"
  # The cure is what the run itself advises: its last command.
  local advice
  advice=$(sed -n 's|^  ./examples/run.sh||p' "$log-sick.txt" | tail -n 1)
  # shellcheck disable=SC2086 # options
  OPENBLAS_NUM_THREADS=1 quietly "$log-cured.txt" "$runs/satur_train" $advice --save "$cured"
  quietly "$log-look.txt" "$runs/satur_look" "$sick" "$cured" --svg "$1"
}

figures_of_collapse() { # what README.md must say of the runs
  printf '%s\n' "examples/run.sh$(sed -n 's|^  ./examples/run.sh||p' "$work/collapse-sick.txt" | tail -n 1)"
  sed -n 's/^Done after.*: \([0-9.]* %\) of the test data right.*/\1/p' "$work/collapse-sick.txt" "$work/collapse-cured.txt"
  sed -n 's/^Done after.*(chance: \([0-9.]* %\)).*/\1/p' "$work/collapse-sick.txt"
}

drawn_by_an_example() { # NAME SVG
  need build
  BUILD_NAME=examples build "${SATUR_PRESET:-release}" -DSATUR_BUILD_TESTS=OFF -DSATUR_BUILD_EXAMPLES=ON -- "satur_$1_picture"
  quietly "$work/$1.txt" "$root/build/examples/examples/satur_$1_picture" "$2"
}

study() { # NAME SVG
  local options=()
  if [ "$1" = gain_sweep ]; then options=(--data "$NAMES"); fi
  quietly "$root/build/log/study-$1.txt" "$root/examples/studies/run.sh" "$1" --svg "$2" ${options[@]+"${options[@]}"}
}

number='-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?'
moved() { # A B: by how much a number differs at most; fails if something else differs
  cmp -s <(sed -E "s/$number/#/g" "$1") <(sed -E "s/$number/#/g" "$2") &&
    paste <(grep -oE -e "$number" "$1") <(grep -oE -e "$number" "$2") |
    awk '{ d = $1 - $2; d = d < 0 ? -d : d; most = d > most ? d : most } END { printf "%.1f\n", most }'
}

failures=0
for name in "${names[@]}"; do
  stored=docs/studies/$name.svg
  case $name in collapse | saturation | weights) stored=docs/pictures/$name.svg ;; esac
  if [ "$name" = gain_sweep ] && [ -z "${NAMES-}" ]; then
    say "left out: $stored needs NAMES, a file of names"
    continue
  fi
  drawn=$root/$stored
  if [ -n "$check" ]; then drawn=$work/$name.svg; fi
  case $name in
  collapse) collapse "$drawn" ;;
  saturation | weights) drawn_by_an_example "$name" "$drawn" ;;
  *) study "$name" "$drawn" ;;
  esac
  if [ -z "$check" ]; then
    say "drawn: $stored"
  elif cmp -s "$drawn" "$root/$stored"; then
    say "the same: $stored"
    if [ "$name" = collapse ]; then
      while read -r figure; do
        if ! grep -qF -e "$figure" "$root/README.md"; then
          say "README.md does not say $figure, as the runs of $stored do"
          failures=1
        fi
      done < <(figures_of_collapse)
    fi
  elif by=$(moved "$drawn" "$root/$stored") && awk -v by="$by" 'BEGIN { exit by > 12 }'; then
    say "the same but for numbers that move by at most $by: $stored"
  else
    say "DIFFERS: $stored is not what is drawn now, ${drawn#"$root"/}"
    failures=1
  fi
done
exit $failures
