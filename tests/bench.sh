#!/bin/sh
# Measures how long launches take on this machine: every way of launching side by side, optimised, in one run.
# docs/performance.md explains the tables.
#   sh tests/bench.sh [--short] [--rounds NUMBER] [--seed NUMBER] [--records NUMBER] [--out DIRECTORY]
#   [PART...]
# PART is instructions, audit, or a part that  sh tests/bench.sh --help  lists. Without a PART, all parts run.
# Prints the tables on standard output and progress on standard error. Writes OUT/bench.md and the JSON files
# bench.json, instructions.json, writes.jsonl and filters.jsonl. OUT is by default the cache's bench/, which
# also keeps the databases.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
out=$cache/bench
options= parts= records=1000000 instructions= audit= short=
all=1
while [ $# -gt 0 ]; do
    case $1 in
    --short) short=1 options="$options $1" ;;
    --rounds | --seed) options="$options $1 $2"; shift ;;
    --records) records=$2; shift ;;
    --out) out=$2; shift ;;
    --help) parts=--help all= ;;
    -*) die "reading the arguments" "The first lines of $0 say what they are." ;;
    instructions) instructions=1 all= ;;
    audit) audit=1 all= ;;
    *) parts="$parts $1" all= ;;
    esac
    shift
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
windows_out="Z:$(printf %s "$out" | tr / '\\')"

sh "$root/install/deps.sh" >&2
: >"$out/bench.md"
if [ -n "$all$instructions" ]; then
    sh "$root/tests/bench_instructions.sh" --json "$out/instructions.json" | tee -a "$out/bench.md"
fi
if [ -n "$all$parts" ]; then
    build bench-mingw bench >&2
    trap release_wine EXIT
    trap 'exit 1' HUP INT TERM
    hold_wine
    say "launching; nothing else should run on this machine meanwhile" >&2
    # shellcheck disable=SC2086
    sh "$root/install/wine.sh" "$root/build/bench-mingw/bin/bench.exe" $options --json \
        "$windows_out\\bench.json" \
        --data "$windows_out" --records "$records" $parts </dev/null >"$out/launches.md" || {
        cat "$out/launches.md"
        die "measuring launches" "The lines above say what came out of order."
    }
    tee -a "$out/bench.md" <"$out/launches.md"
    release_wine
fi
if [ -n "$all$audit" ]; then
    [ -z "$short" ] || records=1000
    sh "$root/tests/bench_audit.sh" "$records" "$out"
fi
