#include "tests/support/checks.h"

#include "tests/support/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

static volatile LONG made, failed;
static const char *volatile about = "";

/* Counts a check; printf's format says why one failed. The line is written at once, so that a test which then
 * runs out of time has said what broke. */
static bool count(bool holds, const char *file, int line, const char *text, const char *format, ...) {
    va_list list;
    InterlockedIncrement(&made);
    if (holds) return true;
    InterlockedIncrement(&failed);
    printf("%s:%d: %s: %s: ", file, line, about, text);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    fflush(stdout);
    return false;
}

void check_about(const char *what) {
    about = what;
    printf("- %s\n", what);
    fflush(stdout);
}

bool check_true(const char *file, int line, const char *text, bool holds) {
    return count(holds, file, line, text, "does not hold");
}

bool check_int(const char *file, int line, const char *text, long long got, long long wanted) {
    return count(got == wanted, file, line, text, "got %lld, wanted %lld", got, wanted);
}

bool check_text(const char *file, int line, const char *text, const char *got, const char *wanted) {
    return count(got && !strcmp(got, wanted), file, line, text, "got \"%s\", wanted \"%s\"",
                 got ? got : "(null)", wanted);
}

bool check_has(const char *file, int line, const char *text, const char *got, const char *part) {
    size_t length = strlen(part);
    bool has = !length;
    for (const char *at = got; at && *at && !has; at++) has = !_strnicmp(at, part, length);
    return count(has, file, line, text, "got \"%s\", wanted it to contain \"%s\"", got ? got : "(null)",
                 part);
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
