#!/bin/sh
# Makes every call on the path of a launch that can fail, fail in turn: each imported function of Windows,
# each call of SQLite, and each allocation; its first call, its second, and so on. Prints the number of
# functions, calls and faults, and the results. ROUNDS, from 1 to 4 (default 1), is the number of errors for
# each call; a round takes some minutes.
#   sh tests/faults.sh [ROUNDS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/long.sh"
long_test test_faults "${1:-1}"
