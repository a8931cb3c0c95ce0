# Shared by the commands that run the long form of a test. Source it after setting  root=<the tree> .
. "$root/install/lib.sh"

# long_test NAME ROUNDS: builds the test and runs it through Wine. Its output appears at the end
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
