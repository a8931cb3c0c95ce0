#!/bin/sh
# sh tests/hostile.sh [ROUNDS [SEED]]: a hostile client sends every frame of tests/corpus, cut at every byte,
# and random mixes, ROUNDS times (default 3: each cut is then once dropped, once stalled and once gone on with
# another frame), while a good client launches. The same SEED (default 1) makes the same mixes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
sh "$root/install/deps.sh"
build mingw
trap release_wine EXIT
trap 'exit 1' HUP INT TERM
hold_wine
sh "$root/tests/support/live.sh" "$root/build/mingw/hostile.log" sh "$root/install/wine.sh" \
    "$root/build/mingw/bin/hostile.exe" --rounds "${1:-3}" --seed "${2:-1}" \
    "Z:$(printf %s "$root/tests/corpus" | tr / '\\')"
