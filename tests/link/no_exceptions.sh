#!/bin/sh
# no_exceptions.sh PROGRAM: it runs, and with an argument it prints the message of an error and aborts.
set -u
words='satur::z_beyond: threshold is -1; allowed: a finite number >= 0, such as 5'
output=$("$1" 2>&1) && [ "$output" = healthy ] || {
  echo "without an error: $output"
  exit 1
}
errors=$("$1" error 2>&1 >/dev/null)
status=$?
[ $status -eq 134 ] || {
  echo "the program ended with $status, not by abort()"
  exit 1
}
case $errors in
"$words"*) ;;
*)
  echo "stderr was: $errors"
  exit 1
  ;;
esac
