#!/bin/sh
# The broker is stopped in every way while it is busy, ROUNDS times (default 50): by the service manager,
# before a shutdown, by Ctrl+C, Ctrl+Break and the end of its input, every other time with the database locked
# by somebody else. Prints what became of the launches.
#   sh tests/shutdown.sh [ROUNDS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/long.sh"
long_test test_shutdown "${1:-50}"
