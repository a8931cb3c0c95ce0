#!/bin/sh
# Every call that can fail on the path of a launch is made to fail in turn: each imported function of Windows,
# each call of SQLite, each allocation; the first time that it is called, the second, and so on. Prints how
# many functions, calls and faults, and what came of them. ROUNDS: with so many errors each, of 4 (default 1);
# a round takes some minutes.
#   sh tests/faults.sh [ROUNDS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/long.sh"
long_test test_faults "${1:-1}"
