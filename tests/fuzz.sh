#!/bin/sh
# sh tests/fuzz.sh [SECONDS [TARGET...]]: runs every parser under libFuzzer with the address and
# undefined-behaviour sanitizers, SECONDS for each (default 60), and prints how many inputs it tried. A target
# is a name for which build/native/fuzz has a .corpora file: frame, message, line ... Inputs that reach new
# code stay in build/native/fuzz/run for the next run. An input that fails is kept, and its path is printed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

seconds=${1:-60}
[ $# -eq 0 ] || shift
case $seconds in '' | *[!0-9]*) die "reading SECONDS: \"$seconds\"" \
    "Give a whole number: sh tests/fuzz.sh 300 line filter" ;; esac

sh "$root/install/deps.sh"
build native

fuzz=$root/build/native/fuzz
if [ $# -eq 0 ]; then
    for file in "$fuzz"/*.corpora; do
        file=${file##*/}
        set -- "$@" "${file%.corpora}"
    done
fi

total=0
failed=
for target; do
    [ -f "$fuzz/$target.corpora" ] ||
        die "fuzzing $target" \
            "There is no such target; there are: $(cd "$fuzz" && ls -- *.corpora |
                sed 's/\.corpora$//' | tr '\n' ' ')"
    run=$fuzz/run/$target
    mkdir -p "$run/corpus"
    # shellcheck disable=SC2046
    if (cd "$run" && nice "$root/build/native/bin/fuzz_$target" -max_total_time="$seconds" \
        -print_final_stats=1 \
        -timeout=30 -rss_limit_mb=4096 -artifact_prefix="$run/" corpus $(cat "$fuzz/$target.corpora")) \
        >"$run/log" 2>&1; then
        result=ok
    else
        result=FAILED
        failed="$failed $target"
        tail -n 40 "$run/log"
        printf 'kept: %s\n' "$(sed -n 's/^.*Test unit written to //p' "$run/log")"
    fi
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$run/log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$run/log" | tail -n 1)
    printf '%-8s %12s inputs  %6s edges  %s\n' "$target" "${inputs:-?}" "${covered:-?}" "$result"
    total=$((total + ${inputs:-0}))
done
printf '%-8s %12s inputs of %d targets, %s seconds each\n' "in all" "$total" $# "$seconds"
[ -z "$failed" ] || die "fuzzing:$failed" \
    "Each input that failed is kept as said above; put it into tests/fuzz/TARGET with the cure."
