#!/bin/sh
# Stops the broker in every way while it is busy, ROUNDS times (default 50): by the service manager, before a
# shutdown, by Ctrl+C, by Ctrl+Break and by the end of its input. Every other time another program has the
# database locked. Prints what became of the launches.
#   sh tests/shutdown.sh [ROUNDS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/long.sh"
long_test test_shutdown "${1:-50}"
