/* Checks print what they got and what they wanted, and the test goes on. A test is a program whose main ends
 * with return check_report(). Call these functions from one thread at a time. */
#ifndef SB_TESTS_SUPPORT_CHECK_H
#define SB_TESTS_SUPPORT_CHECK_H

#include "tests/support/parts.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static int check_count, check_failures;
static char check_name[200]; /* the current case */

/* Names the case of the checks that follow. format is printf's. */
static inline void check_case(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(check_name, sizeof check_name, format, list);
    va_end(list);
}

static inline bool check_one(bool good, const char *file, int line, const char *what) {
    check_count++;
    if (good) return true;
    check_failures++;
    fprintf(stderr, "%s:%d: %s%s%s\n", file, line, check_name, check_name[0] ? ": " : "", what);
    return false;
}

static inline bool check_integer(const char *file, int line, const char *what, long long got,
                                 long long wanted) {
    if (check_one(got == wanted, file, line, what)) return true;
    fprintf(stderr, "    got    %lld (0x%llX)\n    wanted %lld (0x%llX)\n", got, (unsigned long long)got,
            wanted, (unsigned long long)wanted);
    return false;
}

static inline bool check_text(const char *file, int line, const char *what, const char *got,
                              const char *wanted) {
    bool good = got && wanted ? !strcmp(got, wanted) : got == wanted;
    if (check_one(good, file, line, what)) return true;
    fprintf(stderr, "    got    %s\n    wanted %s\n", got ? got : "(NULL)", wanted ? wanted : "(NULL)");
    return false;
}

static inline bool check_wide(const char *file, int line, const char *what, const wchar_t *got,
                              const wchar_t *wanted) {
    bool good = got && wanted ? !wcscmp(got, wanted) : got == wanted;
    if (check_one(good, file, line, what)) return true;
    fprintf(stderr, "    got    %ls\n    wanted %ls\n", got ? got : L"(NULL)", wanted ? wanted : L"(NULL)");
    return false;
}

static inline void check_dump(const char *label, const unsigned char *bytes, size_t size) {
    fprintf(stderr, "    %s %zu bytes:", label, size);
    for (size_t i = 0; i < size && i < 64; i++) fprintf(stderr, " %02x", bytes[i]);
    fprintf(stderr, size > 64 ? " ...\n" : "\n");
}

static inline bool check_memory(const char *file, int line, const char *what, const void *got,
                                size_t got_size, const void *wanted, size_t wanted_size) {
    bool good = got_size == wanted_size && (!got_size || !memcmp(got, wanted, got_size));
    if (check_one(good, file, line, what)) return true;
    check_dump("got   ", got, got_size);
    check_dump("wanted", wanted, wanted_size);
    return false;
}

/* Each macro returns whether the check passed. */
#define CHECK(condition) check_one((condition), __FILE__, __LINE__, #condition)
#define CHECK_INT(got, wanted) check_integer(__FILE__, __LINE__, #got, (long long)(got), (long long)(wanted))
#define CHECK_TEXT(got, wanted) check_text(__FILE__, __LINE__, #got, (got), (wanted))
#define CHECK_WIDE(got, wanted) check_wide(__FILE__, __LINE__, #got, (got), (wanted))
#define CHECK_BYTES(got, got_size, wanted, wanted_size) \
    check_memory(__FILE__, __LINE__, #got, (got), (got_size), (wanted), (wanted_size))

/* Notes a part of the test. missing names what the part needs and this machine lacks; NULL: nothing. Returns
 * whether to try it. */
static inline bool check_part(const char *part, const char *missing) {
    return part_note(part, missing);
}

/* Prints the counts and returns main's exit code: 1 if a check failed or none was made, 77 if a part was
 * skipped that has no ctest entry of its own, else 0. */
static inline int check_report(void) {
    if (check_failures) printf("%d of %d checks FAILED\n", check_failures, check_count);
    else printf("%d checks passed, %d parts skipped\n", check_count, part_skipped);
    return part_exit_code(check_count, check_failures);
}

#endif
