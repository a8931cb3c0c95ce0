#!/bin/sh
# msi.sh BUILD: packs what is built there, installs it under Wine, uses it, upgrades it and removes it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/install/lib.sh"
build=$1
product="$wine_prefix/drive_c/Program Files/Spawn Broker"
data="$wine_prefix/drive_c/ProgramData/SpawnBroker"
work=$(mktemp -d)

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    [ ! -f "$work/out" ] || cat "$work/out" >&2
    exit 1
}

# Output goes into a file: what a program starts may hold it.
windows() { timeout 120 sh "$root/install/wine.sh" "$@" >"$work/out" 2>&1 </dev/null; }
ctl() { windows "$product/bin/spawnctl.exe" "$@"; }
# says PART PROGRAM...: it succeeds and its output has PART.
says() {
    says_part=$1
    shift
    "$@" || fail "exit code $? of: $*"
    grep -qF -- "$says_part" "$work/out" || fail "$* does not say: $says_part"
}
path_of_all() {
    windows reg query 'HKLM\System\CurrentControlSet\Control\Session Manager\Environment' /v PATH
}

clean_up() {
    ctl service uninstall --purge || true
    release_wine
    rm -rf "$work" "$product" "$data"
}
[ -n "${SPAWN_BROKER_WINE_IS_UP-}" ] || hold_wine # else the service would end with each program
if [ -d "$product" ]; then ctl service uninstall --purge || true; fi # an earlier run was ended
rm -rf "$product" "$data"
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

for version in 1.0.0 1.0.1; do
    sh "$root/install/msi.sh" --built "$build" $version "$work/$version.msi" >"$work/out" 2>&1 || fail "packing $version"
done

say "install"
windows msiexec /i "Z:$work/1.0.0.msi" /qn || fail "installing"
for file in bin/spawnbroker.exe bin/spawn_broker.dll include/spawn_broker.h lib/libspawn_broker.a \
    lib/cmake/spawn_broker/spawn_broker-config.cmake share/doc/spawn_broker/docs/operations.md \
    share/doc/spawn_broker/client/examples/plugin_host/host.c; do
    [ -f "$product/$file" ] || fail "$file was not installed"
done
says 'state        running' ctl service status
says "C:\\Program Files\\Spawn Broker\\bin" path_of_all
says 'first of all' ctl run -- cmd.exe /c echo first of all
says '0 errors' ctl doctor

say "docs/first-launch.md, command by command"
awk '/^## / { exit } /^<!-- not run/ { skip = 1 } /^```/ { if (open) skip = 0; open = !open }
    open && !skip && sub(/^> spawnctl /, "")' "$root/docs/first-launch.md" >"$work/commands"
[ -s "$work/commands" ] || fail "it has none"
while read -r command; do
    # shellcheck disable=SC2086
    (cd "$work" && ctl $command) || fail "exit code $? of: spawnctl $command"
done <"$work/commands"

say "upgrade"
windows msiexec /i "Z:$work/1.0.1.msi" /qn || fail "upgrading"
says 'state        running' ctl service status
says 'after that' ctl run -- cmd.exe /c echo after that
says 'first of all' ctl audit list --wide
windows reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall' /s || fail "the list of products"
[ "$(grep -c 'DisplayName .*Spawn Broker' "$work/out")" = 1 ] || fail "not one Spawn Broker in the list of products"
grep -q 'DisplayVersion .*1\.0\.1' "$work/out" || fail "not the new version in the list of products"

say "remove"
cp "$product/bin/spawnctl.exe" "$work/"
windows msiexec /x "Z:$work/1.0.1.msi" /qn || fail "removing"
[ ! -e "$product/bin" ] || fail "there are still programs: $(find "$product")"
if windows "$work/spawnctl.exe" service status; then fail "the service runs on"; fi
grep -q '^not registered' "$work/out" || fail "the service is registered still"
path_of_all && ! grep -q 'Spawn Broker' "$work/out" || fail "it is in PATH still"
[ -f "$data/audit.db" ] || fail "the audit did not stay"
say "installed, upgraded and removed"
