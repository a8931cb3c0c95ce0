#!/bin/sh
# sh tests/hostile.sh [ROUNDS [SEED]]: a hostile client sends every frame of tests/corpus, cut at every byte,
# and random mixes, while a good client launches. ROUNDS is by default 3: then each cut connection is once
# dropped, once stalled and once continued with another frame. The same SEED (default 1) makes the same mixes.
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
