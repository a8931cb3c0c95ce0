#!/bin/sh
# apart.sh COMMAND... runs a test that terminates programs while they create others. Wine can leave such a new
# process behind, which never runs and never exits (docs/windows-quirks.md). A reader of the test's output
# would wait for it. So the output goes through a file, and every process that still has the file open
# afterwards is killed.
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
