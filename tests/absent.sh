#!/bin/sh
# Moves a program away from a copy of the Windows build, and runs the tests that start it (their labels
# needs:PROGRAM, which CMake makes of what a test's target depends on). None of them may pass.
#   sh tests/absent.sh [PROGRAM...]   all, or these
# Prints for each test what became of it, then the tests that need no program. Ends with 1 when one passed.
# The copy is build/absent.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"
from=$root/build/mingw
copy=$root/build/absent
[ -f "$from/CTestTestfile.cmake" ] || die "finding the build" "Run  sh tests/run.sh  first."

# Without what only a build needs. The files of the tests and of an installation name the directory that they
# are in.
copy_build() {
    rm -rf "$copy"
    mkdir -p "$copy"
    (cd "$from" && tar cf - --exclude='*.obj' --exclude=_CPack_Packages .) |
        (cd "$copy" && tar xf -)
    find "$copy" \( -name CTestTestfile.cmake -o -name cmake_install.cmake \) \
        -exec sed -i "s|$from|$copy|g" {} +
}

names() { (cd "$copy" && ctest -N "$@") | sed -n 's/^ *Test *#[0-9]*: //p'; }

programs() {
    (cd "$copy" && ctest --print-labels) | sed -n 's/^ *needs://p' |
        awk '{ print ($1 == "spawnbroker" ? 0 : 1), $1 }' | sort | cut -d' ' -f2
}

# Each test of the last run with its result.
results() {
    sed -nE 's|^ *[0-9]+/[0-9]+ +Test +#[0-9]+: ([^ ]+) \.*(.*[^ ]) +[0-9.]+ sec.*$|\1 \2|p' "$1" |
        sed -E 's/\*\*\*//; s/ +/ /g'
}

trap release_wine EXIT
trap 'exit 1' HUP INT TERM
copy_build
hold_wine
passed=
[ $# -gt 0 ] || set -- $(programs)
for program in "$@"; do
    case $program in
    *_shipped) place=shipped/${program%_shipped} ;; # as installed, without the rules of the tests
    *) place=bin/$program ;;
    esac
    file=
    for name in "$place.exe" "$place.dll"; do
        [ ! -f "$copy/$name" ] || file=$name
    done
    [ -n "$file" ] || die "finding $program" "There is no $place.exe or $place.dll in $copy."
    say "without $file"
    mv "$copy/$file" "$copy/away"
    (cd "$copy" && ctest -L "^needs:$program\$" --timeout 120) \
        >"$copy/without_$program.log" 2>&1 </dev/null || true
    mv "$copy/away" "$copy/$file"
    results "$copy/without_$program.log" >"$copy/without_$program.txt"
    awk '{ name = $1; $1 = ""; printf "    %-40s%s\n", name, $0 }' "$copy/without_$program.txt"
    passed="$passed$(awk -v program="$program" '$2 == "Passed" { printf " %s(%s)", $1, program }' \
        "$copy/without_$program.txt")"
done

say "tests that need none of the programs:"
names -LE '^needs:|^part$' | tr '\n' ' ' | fold -s -w 106 | sed 's/^/    /'
echo
[ -z "$passed" ] || die "tests that need a program" "These passed without theirs:$passed"
