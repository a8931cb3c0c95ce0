#!/bin/sh
# sh tests/hostile.sh [ROUNDS [SEED [MINUTES]]]: a hostile client sends every frame of tests/corpus, cut at
# every byte, and random mixes, while a good client launches. ROUNDS is by default 3: then each cut connection
# is once dropped, once stalled and once continued with another frame. 0 leaves this out. The same SEED
# (default 1) makes the same mixes. Then all attacks run at once for MINUTES (default 10; 0 leaves this out),
# while a good client launches a child every second. A table shows its longest wait, the broker's memory and
# the growth of the audit.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
for number in "${1:-3}" "${2:-1}" "${3:-10}"; do
    case $number in
    *[!0-9]*) die "reading \"$number\"" "Give whole numbers: sh tests/hostile.sh 3 1 10" ;;
    esac
done
sh "$root/install/deps.sh"
build mingw
trap release_wine EXIT
trap 'exit 1' HUP INT TERM
hold_wine
corpus="Z:$(printf %s "$root/tests/corpus" | tr / '\\')"

if [ "${1:-3}" -gt 0 ]; then
    sh "$root/tests/support/live.sh" "$root/build/mingw/hostile.log" sh "$root/install/wine.sh" \
        "$root/build/mingw/bin/hostile.exe" --rounds "${1:-3}" --seed "${2:-1}" "$corpus"
fi
if [ "${3:-10}" -gt 0 ]; then
    sh "$root/tests/support/live.sh" "$root/build/mingw/siege.log" sh "$root/install/wine.sh" \
        "$root/build/mingw/bin/siege.exe" --seconds $((${3:-10} * 60)) --seed "${2:-1}" "$corpus"
fi
