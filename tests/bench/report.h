/* What the benchmark says: tables in Markdown on standard output, and the same as one JSON document. */
#ifndef SB_TESTS_BENCH_REPORT_H
#define SB_TESTS_BENCH_REPORT_H

#include "tests/bench/measure.h"

/* json: a file's path, or NULL. False after printing why. */
bool report_open(const wchar_t *json);
bool report_close(void);

/* A part begins: its title, and what of it is said below. */
void report_part(const char *name, const char *says);

enum { REPORT_RETURNED = 1, REPORT_CHILD = 2, REPORT_RATE = 4 }; /* the rows of the table; the JSON has all */
/* Sides after measure_run. against: what the ratios are to, such as "direct". */
void report_sides(const side *sides, size_t count, int rounds, unsigned rows, const char *against);

/* A table of numbers: its columns' names, then its rows, then its end. */
void report_columns(const char *first, const char *const *names, size_t count);
void report_row(const char *what, const double *numbers, size_t count);
void report_end(const char *text); /* and what is to be said below it */

#endif
