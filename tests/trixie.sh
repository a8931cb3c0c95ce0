#!/bin/sh
# trixie.sh [ARGUMENT OF CTEST...] runs the Windows tests of build/mingw under the Wine of Debian 13 (trixie),
# in a chroot of its own. It runs programs that are already built. Only root can make a chroot.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

built=$root/build/mingw
chroot_dir=$cache/trixie
inner_cache=$cache/trixie-cache # its Wine prefix: a prefix of a newer Wine does not serve an older one
# These need the compiler, or a tool that packs or formats.
tools='^(imports|test_installed_tree|test_msi|formatted)$'

[ "$(id -u)" = 0 ] || die "making a chroot" "Run this as root: it mounts directories."
for program in debootstrap unshare chroot flock; do
    command -v $program >/dev/null || die "finding $program" "Run  apt-get install debootstrap util-linux"
done
[ -f "$built/CTestTestfile.cmake" ] || die "finding the tests in $built" "Run  sh tests/run.sh  first."
third_party=$(sed -n 's/^SB_THIRD_PARTY:[^=]*=//p' "$built/CMakeCache.txt")

# The archive that this machine's apt uses, or the one that is named.
find_mirror() {
    apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1
}
if [ ! -d "$chroot_dir" ]; then
    mirror=${SPAWN_BROKER_MIRROR:-$(find_mirror)}
    [ -n "$mirror" ] || die "finding a Debian archive" "Set SPAWN_BROKER_MIRROR to the URL of one."
    say "making the chroot $chroot_dir (1.4 GB)"
    rm -rf "$chroot_dir.new"
    mkdir -p "$cache"
    quietly debootstrap --variant=minbase --include=wine64,cmake,ca-certificates \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie "$chroot_dir.new" "$mirror" ||
        die "making the chroot" "The lines above are debootstrap's. SPAWN_BROKER_MIRROR names an archive."
    mv "$chroot_dir.new" "$chroot_dir"
fi

# A prefix serves one run at a time. The lock is let go when the last process ends.
exec 9>"$chroot_dir.lock"
flock -n 9 || die "locking $chroot_dir.lock" "Another trixie.sh runs: wait for it, or kill -9 its unshare."

# The directories have the same names inside. All mounts and processes go with the last line.
export root cache inner_cache chroot_dir third_party tools
exec unshare --mount --pid --fork --kill-child sh -eu -c '
for directory in "$root" "$cache" ${third_party:+"$third_party"}; do
    mkdir -p "$directory" "$chroot_dir$directory"
    mount --bind "$directory" "$chroot_dir$directory"
done
mount --rbind /dev "$chroot_dir/dev"
mount -t proc proc "$chroot_dir/proc"
exec chroot "$chroot_dir" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
    root="$root" tools="$tools" \
    SPAWN_BROKER_CACHE="$inner_cache" sh -eu "$root/tests/support/trixie_inside.sh" "$@"' sh "$@"
