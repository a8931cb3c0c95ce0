/* Checks that print what they got and what they wanted. Any thread. */
#ifndef SB_TESTS_SUPPORT_CHECKS_H
#define SB_TESTS_SUPPORT_CHECKS_H

#include <stdbool.h>

#define CHECK(condition) check_true(__FILE__, __LINE__, #condition, (condition))
#define CHECK_INT(got, wanted) check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(wanted))
#define CHECK_TEXT(got, wanted) check_text(__FILE__, __LINE__, #got, (got), (wanted))
/* got contains part, whatever the case. */
#define CHECK_HAS(got, part) check_has(__FILE__, __LINE__, #got, (got), (part))

/* What the checks that follow are about; printed with a failure. */
void check_about(const char *what);
bool check_true(const char *file, int line, const char *text, bool holds);
bool check_int(const char *file, int line, const char *text, long long got, long long wanted);
bool check_text(const char *file, int line, const char *text, const char *got, const char *wanted);
bool check_has(const char *file, int line, const char *text, const char *got, const char *part);
/* Returns how many have failed so far. */
int check_failures(void);

/* Notes a part of the test: missing says what it needs and is not here, or is NULL. Returns whether to try
 * it. From one thread at a time (tests/support/parts.h). */
bool check_part(const char *part, const char *missing);

/* Prints the counts and returns the exit code of main: 1 when a check failed or none was made, 77 when a part
 * was skipped that is no entry of its own, or else 0. */
int check_report(void);

#endif
