#include "tests/support/checks.h"

#include "tests/support/parts.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

static volatile LONG made, failed;
static const char *volatile about = "";

static bool count(bool holds) {
    InterlockedIncrement(&made);
    if (!holds) InterlockedIncrement(&failed);
    return holds;
}

void check_about(const char *what) {
    about = what;
    printf("- %s\n", what);
    fflush(stdout);
}

bool check_true(const char *file, int line, const char *text, bool holds) {
    if (!count(holds)) printf("%s:%d: %s: %s: does not hold\n", file, line, about, text);
    return holds;
}

bool check_int(const char *file, int line, const char *text, long long got, long long wanted) {
    bool same = got == wanted;
    if (!count(same)) printf("%s:%d: %s: %s: got %lld, wanted %lld\n", file, line, about, text, got, wanted);
    return same;
}

bool check_text(const char *file, int line, const char *text, const char *got, const char *wanted) {
    bool same = got && !strcmp(got, wanted);
    if (!count(same))
        printf("%s:%d: %s: %s: got \"%s\", wanted \"%s\"\n", file, line, about, text, got ? got : "(null)",
               wanted);
    return same;
}

bool check_has(const char *file, int line, const char *text, const char *got, const char *part) {
    size_t length = strlen(part);
    bool has = !length;
    for (const char *at = got; at && *at && !has; at++) has = !_strnicmp(at, part, length);
    if (!count(has))
        printf("%s:%d: %s: %s: got \"%s\", wanted it to contain \"%s\"\n", file, line, about, text,
               got ? got : "(null)", part);
    return has;
}

int check_failures(void) {
    return (int)failed;
}

bool check_part(const char *part, const char *missing) {
    return part_note(part, missing);
}

int check_report(void) {
    printf("%ld checks, %ld failed, %d parts skipped\n", made, failed, part_skipped);
    return part_exit_code(made, failed);
}
