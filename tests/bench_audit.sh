#!/bin/sh
# Measures what the audit costs on this machine: how many records a second become durable, by group size, and
# how long the last 50 of LAUNCHES launches take by each filter.
#   sh tests/bench_audit.sh [LAUNCHES [DIRECTORY]]
# LAUNCHES is by default 10,000,000, which take about 15 minutes and 8 GB to make, once. The database stays in
# DIRECTORY (default: the cache). Prints tables on standard output, and writes JSON lines to DIRECTORY.
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
