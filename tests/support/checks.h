/* Checks that print what they got and what they wanted. Any thread may call them. */
#ifndef SB_TESTS_SUPPORT_CHECKS_H
#define SB_TESTS_SUPPORT_CHECKS_H

#include <stdbool.h>

#define CHECK(condition) check_true(__FILE__, __LINE__, #condition, (condition))
#define CHECK_INT(got, wanted) check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(wanted))
#define CHECK_TEXT(got, wanted) check_text(__FILE__, __LINE__, #got, (got), (wanted))
/* Checks that got contains part, ignoring case. */
#define CHECK_HAS(got, part) check_has(__FILE__, __LINE__, #got, (got), (part))

/* Names the case of the checks that follow; a failure prints it. */
void check_about(const char *what);
bool check_true(const char *file, int line, const char *text, bool holds);
bool check_int(const char *file, int line, const char *text, long long got, long long wanted);
bool check_text(const char *file, int line, const char *text, const char *got, const char *wanted);
bool check_has(const char *file, int line, const char *text, const char *got, const char *part);
/* Returns how many checks have failed so far. */
int check_failures(void);

/* Notes a part of the test. missing names what the part needs and this machine lacks; NULL: nothing. Returns
 * whether to try it. Call it from one thread at a time (tests/support/parts.h). */
bool check_part(const char *part, const char *missing);

/* Prints the counts and returns main's exit code: 1 if a check failed or none was made, 77 if a part was
 * skipped that has no ctest entry of its own, else 0. */
int check_report(void);

#endif
