#!/bin/sh
# What the audit costs, measured on this machine: durable records a second by group size, and how long the
# last 50 of LAUNCHES launches (default 10,000,000: some 15 minutes and 8 GB to make, once) take by each
# filter.
#   sh tests/bench_audit.sh [LAUNCHES [DIRECTORY]]
# The database of that many launches stays in DIRECTORY (default: the cache). Tables on standard output; JSON
# lines in DIRECTORY.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
launches=${1:-10000000}
directory=${2:-$cache/bench}
mkdir -p "$directory"

sh "$root/install/deps.sh"
build bench-mingw audit_writes
build bench-native audit_writes audit_filters

trap release_wine EXIT
trap 'exit 1' HUP INT TERM
hold_wine
say "durable records, natively"
"$root/build/bench-native/bin/audit_writes" "$directory" 3 "$directory/writes.jsonl"
say "durable records, through Wine"
sh "$root/install/wine.sh" "$root/build/bench-mingw/bin/audit_writes.exe" \
    "Z:$(printf %s "$directory" | tr / '\\')" 3
say "filters, natively"
"$root/build/bench-native/bin/audit_filters" "$directory" "$launches" "$directory/filters.jsonl"
