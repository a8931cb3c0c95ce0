#!/bin/sh
# Makes a Debian 12 machine ready to build and test: packages, the code of others (pinned by SHA-256, in the
# cache), a Wine prefix. Does nothing, and needs no network, when all of it is there.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

# What is needed: a program (or file) and the package that has it.
install_packages() {
    missing=
    while read -r thing package; do
        case $thing in
        /*) set -- $thing; [ -e "$1" ] && continue ;;
        *) command -v "$thing" >/dev/null && continue ;;
        esac
        missing="$missing $package"
    done <<END
x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
x86_64-w64-mingw32-g++ g++-mingw-w64-x86-64
i686-w64-mingw32-gcc gcc-mingw-w64-i686
/usr/lib/wine/wine64 wine64
cmake cmake
ninja ninja-build
pkg-config pkg-config
wixl wixl
msibuild msitools
clang clang
clang-format clang-format
/usr/include/openssl/evp.h libssl-dev
/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a libclang-rt-14-dev
llvm-symbolizer llvm
sqlite3 sqlite3
npm npm
node nodejs
/usr/bin/chromium chromium
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
dpkg-source dpkg-dev
xz xz-utils
patch patch
/etc/ssl/certs/ca-certificates.crt ca-certificates
END
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "packages are missing:$missing" "Run this as root, or install them."
    say "installing packages:$missing"
    quietly apt-get -q update || die "apt-get update" "Look at the machine's package sources and network."
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive quietly apt-get -q install -y --no-install-recommends $missing ||
        die "installing$missing" "Look at the machine's package sources; this is made for Debian 12."
}

# The machine's own package sources, as sources of source code, in a directory of their own.
fetch_cjson() {
    work=$(mktemp -d)
    mkdir -p "$work/parts" "$work/lists/partial"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        sed -n 's/^deb[[:space:]]/deb-src /p' "$file" >"$work/parts/$(basename "$file" .list).list"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
    done
    set -- -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/parts" \
        -o "Dir::State::lists=$work/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User=root
    # A source that is only for binaries may fail here: what counts is that the next line works.
    apt-get "$@" update >"$work/log" 2>&1 </dev/null || true
    if (cd "$work" && quietly apt-get "$@" source --download-only "cjson=$CJSON_VERSION"); then
        mv "$work/$CJSON_ORIG" "$work/$CJSON_DEBIAN" "$work/$CJSON_DSC" "$downloads/"
        rm -rf "$work"
    else
        tail -n 5 "$work/log" >&2
        rm -rf "$work"
        die "fetching the source package cjson $CJSON_VERSION" \
            "Look at the network, or put $CJSON_ORIG, $CJSON_DEBIAN and $CJSON_DSC into $downloads."
    fi
}

has_cjson() {
    has_sum "$cjson_dir/cJSON.c" "$CJSON_C_SHA256" && has_sum "$cjson_dir/cJSON.h" "$CJSON_H_SHA256"
}

cjson() {
    has_cjson && return
    say "fetching cJSON $CJSON_VERSION"
    has_sum "$downloads/$CJSON_ORIG" "$CJSON_ORIG_SHA256" &&
        has_sum "$downloads/$CJSON_DEBIAN" "$CJSON_DEBIAN_SHA256" &&
        has_sum "$downloads/$CJSON_DSC" "$CJSON_DSC_SHA256" || fetch_cjson
    for pair in "$CJSON_ORIG:$CJSON_ORIG_SHA256" "$CJSON_DEBIAN:$CJSON_DEBIAN_SHA256" \
        "$CJSON_DSC:$CJSON_DSC_SHA256"; do
        has_sum "$downloads/${pair%%:*}" "${pair##*:}" ||
            die "checking $downloads/${pair%%:*}" \
                "It is not the file that was pinned; remove it and try again."
    done
    work=$(mktemp -d)
    quietly dpkg-source --no-check -x "$downloads/$CJSON_DSC" "$work/cjson" ||
        die "unpacking $CJSON_DSC" "The lines above are dpkg-source's."
    mkdir -p "$cjson_dir"
    cp "$work/cjson/cJSON.c" "$work/cjson/cJSON.h" "$work/cjson/LICENSE" "$cjson_dir/"
    rm -rf "$work"
    has_cjson ||
        die "checking cJSON.c and cJSON.h" "Debian's patches did not give the files that were pinned."
}

# npm_package NAME VERSION SHA256: leaves the package in $downloads and its path in $package.
npm_package() {
    package=$downloads/$1-$2.tgz
    has_sum "$package" "$3" && return
    (cd "$downloads" && quietly npm pack --loglevel=error --fetch-retries=1 "$1@$2") ||
        die "fetching the npm package $1 $2" \
            "Look at the network and npm's settings, or put it into $downloads."
    has_sum "$package" "$3" ||
        die "checking $package" "It is not the file that was pinned; remove it and try again."
}

has_sqlite() {
    has_sum "$sqlite_dir/sqlite3.c" "$SQLITE_C_SHA256" && has_sum "$sqlite_dir/sqlite3.h" "$SQLITE_H_SHA256"
}

sqlite() {
    has_sqlite && return
    say "fetching SQLite $SQLITE_VERSION"
    npm_package "$SQLITE_NPM" "$SQLITE_NPM_VERSION" "$SQLITE_NPM_SHA256"
    mkdir -p "$sqlite_dir"
    tar -xzf "$package" -C "$sqlite_dir" --strip-components=3 package/deps/sqlite3/sqlite3.c \
        package/deps/sqlite3/sqlite3.h || die "unpacking $package" "Remove it and try again."
    has_sqlite ||
        die "checking sqlite3.c and sqlite3.h" "They are not the files that were pinned."
}

# The sum of 80 MB is checked once, when it is unpacked: then it is moved into place.
node() {
    [ -f "$node_dir/node.exe" ] && return
    say "fetching Node.js $NODE_NPM_VERSION for Windows"
    npm_package "$NODE_NPM" "$NODE_NPM_VERSION" "$NODE_NPM_SHA256"
    mkdir -p "$node_dir.new"
    tar -xzf "$package" -C "$node_dir.new" --strip-components=2 package/bin/node.exe ||
        die "unpacking $package" "Remove it and try again."
    has_sum "$node_dir.new/node.exe" "$NODE_EXE_SHA256" ||
        die "checking node.exe" "It is not the file that was pinned."
    rm -rf "$node_dir"
    mv "$node_dir.new" "$node_dir"
}

install_packages
mkdir -p "$downloads"
lock "$cache/deps.lock"
trap unlock EXIT
trap 'exit 1' HUP INT TERM
cjson
sqlite
node
sh "$root/install/wine.sh" --prepare
say "ready: packages, cJSON $CJSON_VERSION, SQLite $SQLITE_VERSION, Node.js $NODE_NPM_VERSION, Wine"
