#!/bin/sh
# Puts small bugs into a copy of the tree, one at a time, and runs the tests that should notice each. The
# tables are tests/mutate/*.txt; table.cmake describes them.
#   sh tests/mutate.sh native      bugs that native tests notice: minutes
#   sh tests/mutate.sh [all]       also those that need Windows programs: hours
#   sh tests/mutate.sh wine        only those that need Windows programs
#   sh tests/mutate.sh NAME...     single bugs
# Prints a line for each, then the counts, and writes the same to build/mutate/results.tsv. Exits with 1 if a
# bug survived, could not be applied or did not compile, or if a test fails without a bug. The copy and its
# build are in build/mutate, or in the directory SB_MUTATE, and are used again.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
third_party=${SB_THIRD_PARTY:-$cache}
mutate=${SB_MUTATE:-$root/build/mutate}
tree=$mutate/tree
results=$mutate/results.tsv
tab=$(printf '\t')

table() { cmake -DROOT="$1" -DDO="$2" -DNAME="${3-}" -P "$root/tests/mutate/table.cmake" 2>&1; }

# Brings the copy up to date. What the last run changed is made new, so that it is compiled again. Bugs
# are taken out again with what was copied here, so that the source may change while this runs.
copy_tree() {
    mkdir -p "$tree"
    (cd "$root" && tar cf - --exclude=./build --exclude=./.git .) | (cd "$tree" && tar xf -)
    [ ! -f "$mutate/changed" ] || while read -r file; do touch "$tree/$file"; done <"$mutate/changed"
    rm -f "$mutate/changed"
}

# Without sanitizers, which are for bugs that nobody planted.
configure() {
    (cd "$tree" && quietly cmake --preset "$1" -DSB_THIRD_PARTY="$third_party" -DSB_SANITIZE=OFF \
        -DCMAKE_C_COMPILER_LAUNCHER="sh;$root/tests/mutate/launcher.sh;${CMAKE_C_COMPILER_LAUNCHER-}")
}

preset_of() { [ "$1" = native ] && echo native || echo mingw; }

# Prints the targets of the tests. A target depends on the other files that its test needs.
targets_of() {
    for test in "$@"; do
        case $test in
        *:*) echo "${test%:*}" ;;
        attack_*) echo test_attacks ;;
        test_report_page) echo report_pages ;;
        test_audit_full_disk) echo test_audit_faults ;;
        *_local) echo "${test%_local}" ;;
        imports) echo spawnbroker spawnctl spawn_broker ;;
        *) echo "$test" ;;
        esac
    done | sort -u
}

# make PRESET TEST...: builds what these tests need.
make() {
    make_preset=$1
    shift
    # shellcheck disable=SC2046
    (cd "$tree" && cmake --build --preset "$make_preset" --target $(targets_of "$@") -- -j"$(nproc)") \
        >"$mutate/build.log" 2>&1 </dev/null
}

# try PRESET TEST...: runs these tests until one fails.
try() {
    try_preset=$1
    shift
    pattern=
    for test in "$@"; do
        case $test in
        *:*) section "$test" || return 1 ;;
        *) pattern="$pattern$test|" ;;
        esac
    done
    [ -n "$pattern" ] || return 0
    (cd "$tree" && ctest --preset "$try_preset" -R "^(${pattern%|})\$" --stop-on-failure) \
        >"$mutate/test.log" 2>&1 </dev/null
}

# section TEST:SECTION: runs one section of a Windows test, which is quicker than the whole test.
section() {
    section_code=0
    timeout 120 sh "$root/install/wine.sh" "$tree/build/mingw/bin/${1%:*}.exe" "${1#*:}" \
        >"$mutate/test.log" 2>&1 </dev/null || section_code=$?
    case $section_code in
    0 | 77) return ;; # 77: all checks passed, and a part was skipped
    124) echo "***Timeout" ;;
    *) echo "***Failed: exit code $section_code" ;;
    esac >>"$mutate/test.log"
    return 1
}

# Whether the failed test said nothing: now and then Wine does not start a program at all.
silent() {
    ! grep -qE '^[^ ]*:[0-9]+: |Assertion|ERROR: |^- .*wanted|\*\*\*Timeout' "$mutate/test.log"
}

# What the failed test said first, on one line.
said() {
    awk '/^- / { about = substr($0, 3) }
         /\*\*\*Timeout/ { first = "ran out of time" (about ? " in: " about : "") }
         /^[^ ]*:[0-9]+: / { print; exit } /Assertion|ERROR: |^- .*wanted/ { print; exit }
         /\*\*\*(Failed|Exception)/ && !first { first = $0 }
         END { if (first) print first }' "$mutate/test.log" | head -n 1 | tr '\t' ' \
             ' | sed 's/^.*\/tests\///' | cut -c1-150
}

# judges PRESET TEST...: prints those that pass without any bug, which alone can judge. Each is tried when it
# is needed first, and once more if it fails.
judges() {
    judges_preset=$1
    shift
    for test in "$@"; do
        if ! grep -q "^$test " "$mutate/baseline"; then
            state=good
            make "$judges_preset" "$test" || state=bad
            try "$judges_preset" "$test" || try "$judges_preset" "$test" || state=bad
            echo "$test $state" >>"$mutate/baseline"
        fi
        ! grep -q "^$test good\$" "$mutate/baseline" || echo "$test"
    done
}

# verdict NAME KIND TESTS-OR-REASON: prints the verdict and the test's message.
verdict() {
    [ "$2" != equivalent ] || { printf 'equivalent\t%s' "$3"; return; }
    preset=$(preset_of "$2")
    # shellcheck disable=SC2086
    judges=$(judges "$preset" $3)
    [ -n "$judges" ] || { printf 'not judged\tits tests fail without it: %s' "$3"; return; }

    file=$(table "$tree" file "$1")
    cp "$tree/$file" "$mutate/original"
    file=$(table "$tree" apply "$1") || { printf 'does not apply\t%s' "$(echo "$file" | tr '\n\t' '  ')"; \
        return; }
    printf '%s\n' "$file" >>"$mutate/changed"
    # shellcheck disable=SC2086
    if ! (export SB_MUTANT=1; make "$preset" $judges); then
        printf 'does not compile\t%s' "$(grep -m1 'error' "$mutate/build.log" | cut -c1-150)"
    elif try "$preset" $judges || { silent && try "$preset" $judges; }; then
        printf 'SURVIVED\t%s' "$3"
    else
        printf 'noticed\t%s' "$(said)"
    fi
    cp "$mutate/original" "$tree/$file"
}

mkdir -p "$mutate"
lock "$mutate/lock"
release() { unlock; release_wine; }
trap release EXIT
trap 'exit 1' HUP INT TERM
table "$root" check || die "the tables of mutants" "The lines above say which of them do not fit the source."
table "$root" list >"$mutate/all"
case ${1-all} in
all) cp "$mutate/all" "$mutate/chosen" ;;
native) awk -F"$tab" '$2 != "wine"' "$mutate/all" >"$mutate/chosen" ;;
wine) awk -F"$tab" '$2 == "wine"' "$mutate/all" >"$mutate/chosen" ;;
*)
    : >"$mutate/chosen"
    for name in "$@"; do
        awk -F"$tab" -v name="$name" '$1 == name' "$mutate/all" >>"$mutate/chosen"
        grep -q "^$name$tab" "$mutate/chosen" || die "choosing mutants" "There is none with the name $name."
    done
    ;;
esac
copy_tree
! grep -q "${tab}wine$tab" "$mutate/chosen" || hold_wine
for kind in native wine; do
    ! grep -q "${tab}$kind$tab" "$mutate/chosen" || configure "$(preset_of $kind)" ||
        die "configuring the copy" "The lines above are CMake's."
done

: >"$mutate/baseline"
: >"$results"
while IFS=$tab read -r name kind how; do
    begun=$(date +%s)
    line=$(verdict "$name" "$kind" "$how")
    printf '%s\t%s\t%s\t%s\n' "$name" "$kind" "${line%%"$tab"*}" "${line#*"$tab"}" >>"$results"
    printf '%-40s %-16s %4ds  %s\n' "$name" "${line%%"$tab"*}" $(($(date +%s) - begun)) "${line#*"$tab"}"
done <"$mutate/chosen"

echo
awk -F"$tab" '{ n[$3]++ } END { for (v in n) printf "%5d %s\n", n[v], v }' "$results" | sort -rn
good=$(awk -F"$tab" '$3 == "noticed" || $3 == "equivalent"' "$results" | wc -l)
bad_tests=$(sed -n 's/ bad$//p' "$mutate/baseline" | tr '\n' ' ')
[ -z "$bad_tests" ] || say "these tests fail without any bug, and judge nothing: $bad_tests"
[ "$good" -eq "$(wc -l <"$results")" ] && [ -z "$bad_tests" ]
