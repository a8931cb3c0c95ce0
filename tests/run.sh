#!/bin/sh
# Runs all tests: the portable parts natively under the sanitizers, everything else as Windows programs
# through Wine. Takes no arguments. First installs and fetches what is missing.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

sh "$root/install/deps.sh"

# The 32-bit client has no tests of its own yet: only its build is tested.
for preset in native mingw mingw32; do
    build "$preset"
done

trap release_wine EXIT
trap 'exit 1' HUP INT TERM
hold_wine

failed=
# Returns whether all tests that failed in the last run of a preset printed nothing. Now and then Wine does
# not start a program at all.
nothing_said() {
    awk '/Testing: / { printed = 0; at = 0 }
         /^Output:$/ { at = 1; next }
         at == 1 { at = 2; next }
         /^<end of output>$/ { at = 3 }
         at == 2 && NF { printed = 1 }
         /^Test Failed\.$/ { failed++; silent += !printed }
         END { exit !(failed && silent == failed) }' "$root/build/$1/Testing/Temporary/LastTest.log"
}
run() {
    say "testing $1"
    log=$root/build/$1/Testing/summary.log
    (cd "$root" && ctest --preset "$@" --no-label-summary --repeat after-timeout:2 --output-log "$log") &&
        return
    if nothing_said "$1"; then
        say "testing again what did not start"
        (cd "$root" && ctest --preset "$1" --rerun-failed --output-log "$log.again") && return
    fi
    failed="$failed $1"
}
# Wine 8's server can exit under a running test, which then hangs (docs/windows-quirks.md). So a test that ran
# out of time is tried once more; a check that failed is not. A prefix runs one program at a time.
run native --parallel "$(nproc)"
run mingw
# Lists the tests that this machine could not try.
skipped() {
    sed -n 's/^.*Test *#[0-9]*: \([^ ]*\) .*\*\*\*Skipped.*$/\1/p' "$root/build/$1/Testing/summary.log"
}
for preset in native mingw; do
    say "$preset: $(skipped $preset | wc -l) skipped, which this machine cannot try"
    skipped $preset | sed 's/^/    /'
done
# Adds up both presets. A test that was tried again counts as in its last try.
count() {
    cat "$root/build/native/Testing/summary.log" "$root/build/mingw/Testing/summary.log" | grep -c "$1"
}
printf 'tests: %d passed, %d failed, %d skipped\n' "$(count ' Passed ')" \
    "$(count '^[[:space:]]*[0-9]* - .*(\(Failed\|Timeout\|Not Run\)')" "$(count '\*\*\*Skipped')"
[ -z "$failed" ] || die "tests of:$failed" "The output of each failed test is above."
