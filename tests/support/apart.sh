#!/bin/sh
# apart.sh COMMAND... runs a test that kills programs while they make others. Wine can leave such a process
# behind, which never runs and never ends (docs/windows-quirks.md), and whoever reads the test's output would
# wait for it: so that goes through a file, and who still has the file open afterwards is ended.
set -u
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trap 'exit 1' HUP INT TERM
code=0
"$@" >"$out" 2>&1 </dev/null || code=$?
cat "$out"
for process in /proc/[0-9]*; do
    [ "${process#/proc/}" != $$ ] || continue
    for file in "$process"/fd/[12]; do
        [ "$(readlink "$file" 2>/dev/null)" = "$out" ] || continue
        kill -9 "${process#/proc/}" 2>/dev/null
        break
    done
done
exit $code
