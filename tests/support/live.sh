#!/bin/sh
# live.sh LOG COMMAND... runs a long test and shows its output while it runs, through the file LOG. A process
# that Wine leaves behind keeps the output open (docs/windows-quirks.md), and a reader of a pipe would wait
# for it.
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
