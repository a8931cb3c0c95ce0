#!/bin/sh
# Makes terminal.svg again: runs the commands of README.md beside this against a broker of their own, and
# draws what they print. Takes no arguments.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/install/lib.sh"

sh "$root/install/deps.sh"
build mingw
temp=$(mktemp -d)
trap 'release_wine; rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT TERM
hold_wine

# Said on a terminal in colour; here the colours are given by what a line is.
(cd "$root" && timeout 120 sh install/wine.sh build/mingw/bin/test_docs_run.exe --say . none 0 \
    docs/pictures/README.md) \
    </dev/null >"$temp/said" 2>&1 || die "running the commands" "$(tail -n 5 "$temp/said")"
# But for the width, and for where the database of this run was.
sed -n 's/^said: //p' "$temp/said" | tr -d '\r' | grep -v -e '^> set ' -e '^[A-Z]:.*audit\.db$' \
    >"$temp/text" || die "running the commands" "They said nothing."

awk -f "$root/docs/pictures/terminal.awk" "$temp/text" >"$root/docs/pictures/terminal.svg"
say "docs/pictures/terminal.svg: $(wc -c <"$root/docs/pictures/terminal.svg") bytes"
