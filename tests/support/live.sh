#!/bin/sh
# live.sh LOG COMMAND... runs a long test and shows what it says as it says it, through the file LOG: what
# Wine leaves behind keeps its output open (docs/windows-quirks.md), and whoever reads that from a pipe would
# wait for it.
set -u
log=$1
shift
mkdir -p "$(dirname "$log")"
: >"$log"
"$@" >"$log" 2>&1 </dev/null &
pid=$!
trap 'kill "$pid" 2>/dev/null; exit 1' HUP INT TERM
tail -n +1 -f --pid="$pid" "$log"
wait "$pid"
