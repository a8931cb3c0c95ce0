#!/bin/sh
# small_disk.sh COMMAND... runs a test with  --small DIR , a directory on its own file system of 8 MiB.
set -eu
disk=$(mktemp -d)
trap 'umount "$disk" 2>/dev/null || true; rmdir "$disk"' EXIT
trap 'exit 1' HUP INT TERM
if ! mount -t tmpfs -o size=8m,mode=700 none "$disk" 2>/dev/null; then
    echo "skipped: a small file system cannot be mounted here (it takes root)"
    exit 77
fi
# Wine's Z: is the root of the file system.
"$@" --small "Z:$(printf %s "$disk" | tr / '\\')"
