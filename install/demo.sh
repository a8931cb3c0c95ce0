#!/bin/sh
# The whole story in one run: builds, starts a broker, shows the problem and that it is gone, launches a
# program that nobody here wrote, and shows what the audit says. Takes no arguments; stops what it started.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/install/lib.sh"

bin=$root/build/mingw/bin
shipped=$root/build/mingw/shipped # the programs as they are installed
pipe=SpawnBrokerDemo-$$
ready="spawnbroker: ready on \\\\.\\pipe\\$pipe"

# Descriptor 9 is the broker's life line: nobody else may hold it.
windows() { timeout 600 sh "$root/install/wine.sh" "$@" 9>&-; }

heading() { printf '\n==> %s\n\n' "$*"; }

# The broker stops cleanly when its standard input ends: this shell holds the other end of it.
start_broker() {
    mkfifo "$temp/stop"
    sh "$root/install/wine.sh" "$shipped/spawnbroker.exe" console --until-eof \
        --pipe "$pipe" --data "Z:$temp/data" \
        <"$temp/stop" >"$temp/broker.log" 2>&1 &
    broker=$!
    exec 9>"$temp/stop"
    tries=0
    until grep -qF "$ready" "$temp/broker.log"; do
        tries=$((tries + 1))
        if ! kill -0 "$broker" 2>/dev/null || [ $tries -ge 600 ]; then
            cat "$temp/broker.log" >&2
            die "starting the broker" "What it said is above."
        fi
        sleep 0.1
    done
    grep -F "$ready" "$temp/broker.log"
}

# Ends the broker's input, gives it 20 seconds, then ends it by its id. Leaves its exit code in $broker_code.
stop_broker() {
    [ -n "$broker" ] || return 0
    exec 9>&-
    tries=0
    while kill -0 "$broker" 2>/dev/null && [ $tries -lt 200 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill "$broker" 2>/dev/null || true
    broker_code=0
    wait "$broker" || broker_code=$?
    broker=
}

clean_up() {
    stop_broker
    release_wine
    rm -rf "$temp"
}

sh "$root/install/deps.sh"
build mingw

temp=$(mktemp -d)
broker=
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
mkdir "$temp/data"
hold_wine
export SPAWN_BROKER_PIPE="$pipe"

heading "A broker, in the foreground, on a pipe of its own"
start_broker

heading "The problem and the cure: a host of plugins launches from many threads, three ways"
windows "$bin/test_story.exe" </dev/null || die "the story" "What it found is above."

heading "A program that nobody here wrote: Node.js $NODE_NPM_VERSION for Windows, through spawnctl run"
script='console.log("node", process.version, "on", process.platform, "as process", process.pid);'
script="$script console.log(\"in\", process.cwd()); console.log(\"6 * 7 =\", 6 * 7)"
echo "spawnctl run -- node.exe -e '$script'"
# Into a file: Node.js cannot write to a Unix pipe under Wine.
windows "$shipped/spawnctl.exe" run -- "Z:$node_dir/node.exe" -e "$script" \
    </dev/null >"$temp/node.log" 2>&1 || {
    cat "$temp/node.log" >&2
    die "launching Node.js" "What was said is above."
}
sed 's/^/    /' "$temp/node.log"
grep -q '^6 \* 7 = 42' "$temp/node.log" || die "capturing Node.js's output" "It is above."

heading "What just happened: spawnctl audit list -n 8"
windows "$shipped/spawnctl.exe" audit list -n 8 </dev/null ||
    die "spawnctl audit list" "What it said is above."

heading "The same, by SQLite's own command line while the broker runs"
sql="select outcome, count(*) as launches, sum(attested) as attested,
     round(avg(total_us) / 1000.0, 1) as avg_ms from launches group by outcome"
echo "$sql" | sed 's/^ */    /'
sqlite3 -readonly -header -column "$temp/data/audit.db" "$sql" ||
    die "reading audit.db" "SQLite's words are above."
echo
sql="select child_pid, exit_code, rule, application, launch_id from launches
     where application like '%node.exe' order by seq desc limit 1"
echo "$sql" | sed 's/^ */    /'
sqlite3 -readonly -line "$temp/data/audit.db" "$sql"

heading "Stopping the broker"
stop_broker
sed 1d "$temp/broker.log"
[ "$broker_code" = 0 ] || die "stopping the broker" "It ended with exit code $broker_code."
echo "It ended with exit code 0."
echo
say "done: everything that was started is stopped"
