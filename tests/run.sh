#!/bin/sh
# All tests: the portable parts natively under the sanitizers, everything else as Windows programs through
# Wine. Takes no arguments; installs and fetches what is missing first.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

sh "$root/install/deps.sh"

# The 32-bit client has no tests of its own yet: that it builds is the test.
for preset in native mingw mingw32; do
    build "$preset"
done

trap release_wine EXIT
trap 'exit 1' HUP INT TERM
hold_wine

failed=
run() {
    say "testing $1"
    (cd "$root" && ctest --preset "$@" --repeat after-timeout:2) || failed="$failed $1"
}
# Wine 8's server can end under a running test, which then hangs (docs/windows-quirks.md): only what ran out of time is
# tried once more. A check that fails is not. One program of a prefix runs at a time.
run native --parallel "$(nproc)"
run mingw
[ -z "$failed" ] || die "tests of:$failed" "The output of each failed test is above."
