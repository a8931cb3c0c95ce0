#!/bin/sh
# What tests/trixie.sh runs in its chroot.
set -eu
. "$root/install/lib.sh"
say "$(/usr/lib/wine/wine64 --version), Debian $(cat /etc/debian_version)"
trap release_wine EXIT
hold_wine
cd "$root/build/mingw"
ctest --output-on-failure --timeout 120 --repeat after-timeout:2 -E "$tools" "$@"
