#!/bin/sh
# wine.sh PROGRAM.EXE [ARGUMENT...] runs a Windows program in the project's own prefix: its input, output and
# exit code are passed through. wine.sh --prepare only makes the prefix (once; some 15 seconds).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

wine=/usr/lib/wine/wine64
[ -x "$wine" ] || wine=$(command -v wine64) || die "finding wine64" "Run  sh install/deps.sh  first."

export WINEPREFIX="$wine_prefix" WINEARCH=win64 WINEDEBUG="${WINEDEBUG:--all}"
unset DISPLAY WAYLAND_DISPLAY

prepare() {
    mkdir -p "$cache"
    lock "$wine_prefix.lock"
    trap unlock EXIT
    trap 'exit 1' HUP INT TERM
    if [ ! -f "$wine_prefix/windows-10" ]; then
        say "making the Wine prefix" >&2
        # No questions about Mono and Gecko, which nothing here needs.
        WINEDLLOVERRIDES='mscoree,mshtml=' quietly "$wine" wineboot --init ||
            die "making the Wine prefix $wine_prefix" "Remove it and try again."
        quietly "$wine" winecfg -v win10 ||
            die "setting the Wine prefix to Windows 10" "Remove $wine_prefix and try again."
        : >"$wine_prefix/windows-10"
    fi
    trap - EXIT HUP INT TERM
    unlock
}

[ -f "$wine_prefix/windows-10" ] || prepare
[ "${1-}" != --prepare ] || exit 0
[ $# -gt 0 ] || die "running a program" "Usage: wine.sh PROGRAM.EXE [ARGUMENT...]"

# The first program starts Wine's services, which inherit its standard error and outlive it: whoever reads
# that from a pipe would wait for them. So they are started by a program that has none. See hold_wine in
# lib.sh.
[ -n "${SPAWN_BROKER_WINE_IS_UP-}" ] || "$wine" cmd /c exit </dev/null >/dev/null 2>&1 || true
exec "$wine" "$@"
