# Shared by the commands that run the long form of a test; sourced, after  root=<the tree>  is set.
. "$root/install/lib.sh"

# long_test NAME ROUNDS: builds, then runs it through Wine. What it prints comes at the end
# (tests/support/apart.sh).
long_test() {
    sh "$root/install/deps.sh"
    build mingw
    trap release_wine EXIT
    trap 'exit 1' HUP INT TERM
    hold_wine
    say "running $1"
    sh "$root/tests/support/apart.sh" sh "$root/install/wine.sh" "$root/build/mingw/bin/$1.exe" --rounds "$2"
}
