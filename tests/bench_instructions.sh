#!/bin/sh
# Counts the instructions for decoding, deciding and encoding one request, with callgrind in the optimised
# native build. The counts are the same on every run, so versions can be compared. Compares them with
# tests/bench/instructions.txt, which --keep rewrites.
#   sh tests/bench_instructions.sh [--keep | --json FILE]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
reference=$root/tests/bench/instructions.txt
keep= json=
case ${1-} in
--keep) keep=1 ;;
--json) json=$2 ;;
'') ;;
*) die "reading the arguments" "Usage: sh tests/bench_instructions.sh [--keep | --json FILE]" ;;
esac

command -v valgrind >/dev/null || {
    [ "$(id -u)" = 0 ] || die "finding valgrind" "Install the package valgrind."
    say "installing valgrind" >&2
    quietly apt-get -q update || die "apt-get update" "Look at the machine's package sources and network."
    DEBIAN_FRONTEND=noninteractive quietly apt-get -q install -y --no-install-recommends valgrind ||
        die "installing valgrind" "Look at the machine's package sources."
}
sh "$root/install/deps.sh" >&2
build bench-native instructions >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# count PIECE TIMES: prints the instructions of the whole program.
count() {
    quietly valgrind --tool=callgrind --callgrind-out-file="$work/out" \
        "$root/build/bench-native/bin/instructions" "$1" "$2" ||
        die "counting $1" "The lines above are valgrind's."
    sed -n 's/^summary: //p' "$work/out"
}

compiler=$(sed -n 's/^CMAKE_C_COMPILER:[^=]*=//p' "$root/build/bench-native/CMakeCache.txt")
compiler=$("$compiler" --version | head -n 1)
kept_compiler=$(sed -n 's/^# //p' "$reference" 2>/dev/null | tail -n 1)
printf '\n### instructions\n\nOf one request, by callgrind (%s; the reference is of %s).\n\n' "$compiler" \
    "${kept_compiler:-nothing}"
printf '| %-8s | %12s | %12s | %6s |\n| --- | ---: | ---: | ---: |\n' what instructions reference ratio
: >"$work/new"
for piece in decode decide encode; do
    few=$(count $piece 100)
    many=$(count $piece 300)
    each=$(((many - few) / 200))
    was=$(sed -n "s/^$piece //p" "$reference" 2>/dev/null || true)
    ratio=$(awk "BEGIN { printf \"%.3f\", $each / ${was:-$each} }")
    printf '| %-8s | %12s | %12s | %6s |\n' $piece $each "${was:--}" "$ratio"
    echo "$piece $each" >>"$work/new"
done
if [ -n "$json" ]; then
    awk 'BEGIN { printf "{" }
         { printf "%s\"%s\": %s", sep, $1, $2; sep = ", " }
         END { print "}" }' "$work/new" >"$json"
fi
if [ -n "$keep" ]; then
    echo "# Instructions of one request: tests/bench_instructions.sh --keep wrote this, with" >"$reference"
    echo "# $compiler" >>"$reference"
    cat "$work/new" >>"$reference"
fi
