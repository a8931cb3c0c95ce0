#!/bin/sh
# msi.sh [--built DIR] [VERSION [FILE]]: builds everything and packs it as an MSI for 64-bit Windows, on Debian. Without
# arguments: the project's version, and build/spawn-broker-VERSION-x64.msi. --built: what is in that build directory.
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
(cd "$work/tree" && find . -type f ! -path './bin/*' | LC_ALL=C sort |
    wixl-heat -p ./ --component-group Rest --var var.Tree --directory-ref INSTALLDIR --win64 >"$work/rest.wxs")
cp "$root/install/spawn_broker.wxs" "$work/"
# It takes relative paths only.
(cd "$work" && quietly wixl --arch x64 -D Tree=tree -D Version="$version" -D Win64=yes -o package.msi \
    spawn_broker.wxs rest.wxs) || die "packing" "The lines above are wixl's."

# What wixl has no element for. PATH, for all users, gone again with the product, at the numbers that these actions have
# in Windows Installer's own sequence. And an older version goes before the new one comes, right after InstallInitialize:
# later, it would take the new one's service with it.
quietly msibuild "$work/package.msi" \
    -q 'CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE, `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`)' \
    -q "INSERT INTO \`Environment\` (\`Environment\`, \`Name\`, \`Value\`, \`Component_\`) VALUES ('Path', '=-*PATH', '[~];[BINDIR]', 'Tool')" \
    -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('WriteEnvironmentStrings', 5200)" \
    -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('RemoveEnvironmentStrings', 3300)" \
    -q "UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 1501 WHERE \`Action\` = 'RemoveExistingProducts'" ||
    die "completing the package" "The lines above are msibuild's."
mv "$work/package.msi" "$file"
say "ready: $file"
