# completion.sh SCRIPT: checks the completion of command lines in bash.
. "$1" || exit 1
failed=0

# check WANTED WORD...: completes the last word.
check() {
    wanted=$1
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _spawnctl
    [ "${COMPREPLY[*]}" = "$wanted" ] && return
    echo "$*: got \"${COMPREPLY[*]}\", wanted \"$wanted\""
    failed=1
}

check "audit" spawnctl au
check "list" spawnctl audit li
check "--since" spawnctl audit list --si
check "denied" spawnctl audit list --outcome de
check "denied" spawnctl audit list --outcome = de
check "json jsonl" spawnctl audit tail -o js
check "idle" spawnctl run --priority i
check "user" spawnctl audit summary --by u
check "bash" spawnctl completion b
# An option's value is not a command.
check "--utc" spawnctl --pipe list audit list --user show -n 3 --ut
# An option of another command, a file, and a program's own options have no completions, so bash completes
# files.
check "" spawnctl audit list --by u
check "" spawnctl ps --si
check "" spawnctl run --cwd au
check "" spawnctl policy check au
check "" spawnctl run -- tool.exe --pri
check "" spawnctl run tool.exe --pri
check "--pipe" spawnctl policy explain --pi
exit $failed
