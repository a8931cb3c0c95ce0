#!/bin/sh
# Kills the broker in the middle of launches, ROUNDS times (default 200): at random under load, and at times
# that sweep the length of one launch. Prints how many launches had run, and what was on record of them.
#   sh tests/power_cut.sh [ROUNDS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/long.sh"
long_test test_power_cut "${1:-200}"
