/* Reports the benchmark: tables in Markdown on standard output, and the same as one JSON document. */
#ifndef SB_TESTS_BENCH_REPORT_H
#define SB_TESTS_BENCH_REPORT_H

#include "tests/bench/measure.h"

/* json is a file's path, or NULL. Returns false after printing why. */
bool report_open(const wchar_t *json);
bool report_close(void);

/* Begins a part: its title, and a text for below the title. */
void report_part(const char *name, const char *says);

enum { REPORT_RETURNED = 1, REPORT_CHILD = 2, REPORT_RATE = 4 }; /* the table's rows; the JSON has all */
/* Reports sides after measure_run. against names what the ratios are to, such as "direct". */
void report_sides(const side *sides, size_t count, int rounds, unsigned rows, const char *against);

/* Reports a table of numbers: first the names of its columns, then its rows, then its end. */
void report_columns(const char *first, const char *const *names, size_t count);
void report_row(const char *what, const double *numbers, size_t count);
void report_end(const char *text); /* with a text for below the table */

#endif
