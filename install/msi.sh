#!/bin/sh
# msi.sh [--built DIR] [VERSION [FILE]]: builds everything and packs it as an MSI for 64-bit Windows, on
# Debian. Without arguments: the project's version, and build/spawn-broker-VERSION-x64.msi. --built: what is
# in that build directory.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

built=
if [ "${1-}" = --built ]; then
    [ $# -ge 2 ] || die "packing" "--built needs a directory."
    built=$2
    shift 2
fi
version=${1:-$(sed -n 's/^project(spawn_broker VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")}
file=${2:-$root/build/spawn-broker-$version-x64.msi}

if [ -z "$built" ]; then
    sh "$root/install/deps.sh"
    build mingw
    built=$root/build/mingw
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

say "packing $file"
quietly cmake --install "$built" --prefix "$work/tree" --strip ||
    die "installing into $work/tree" "The lines above are CMake's."
# heat GROUP FIND-ARGUMENT...: lists the files as a group of components.
heat() {
    heat_group=$1
    shift
    (cd "$work/tree" && find . -type f "$@" | LC_ALL=C sort |
        wixl-heat -p ./ --component-group "$heat_group" --var var.Tree --directory-ref INSTALLDIR --win64) \
        >"$work/$heat_group.wxs" || die "listing the files of $heat_group" "The lines above are wixl-heat's."
}
heat Documents -path './share/*'
heat Development ! -path './bin/*' ! -path './share/*'
cp "$root/install/spawn_broker.wxs" "$work/"
# wixl takes relative paths only.
(cd "$work" && quietly wixl --arch x64 -D Tree=tree -D Version="$version" -D Win64=yes -o package.msi \
    spawn_broker.wxs Documents.wxs Development.wxs) || die "packing" "The lines above are wixl's."

# [~] is Windows Installer's NUL, which separates the names in a list.
privileges=$(sed -n 's/^ *X("\(Se[A-Za-z]*Privilege\)").*/\1/p' "$root/service/win32/service_settings.h" |
    awk '{ printf "%s%s", (NR > 1 ? "[~]" : ""), $0 }')
[ -n "$privileges" ] || die "reading the service's privileges" \
    "service/win32/service_settings.h has none that is understood."
sed "/^--/d; s/@PRIVILEGES@/$privileges/" "$root/install/spawn_broker.sql" >"$work/statements"
while IFS= read -r statement; do
    quietly msibuild "$work/package.msi" -q "$statement" || die "completing the package" "It was: $statement"
done <"$work/statements"
mv "$work/package.msi" "$file"
say "ready: $file"
