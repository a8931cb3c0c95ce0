#!/bin/sh
# sh tests/soak.sh [MINUTES [SEED]]: clients come, launch, crash, stall and go for MINUTES (default 10). At
# the end of each half minute everything must be as it was after the first: the broker has no more handles,
# threads or memory, no process runs that should not, and the audit has all that clients saw and an unbroken
# chain. Prints a line each minute and a summary as JSON. The same SEED (default 1) makes the same clients.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
case ${1:-10} in *[!0-9]*) die "reading MINUTES: \"$1\"" "Give a whole number: sh tests/soak.sh 60" ;; esac
sh "$root/install/deps.sh"
build mingw
trap release_wine EXIT
trap 'exit 1' HUP INT TERM
hold_wine
sh "$root/tests/support/live.sh" "$root/build/mingw/soak.log" sh "$root/install/wine.sh" \
    "$root/build/mingw/bin/soak.exe" --seconds $((${1:-10} * 60)) --seed "${2:-1}"
