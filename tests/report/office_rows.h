/* An afternoon in an office: build servers, an editor, a mail scanner, an agent; what a picture of the report
 * shows. */
#ifndef SB_TESTS_REPORT_OFFICE_ROWS_H
#define SB_TESTS_REPORT_OFFICE_ROWS_H

#include "proto/message.h"

enum { OFFICE_ROWS = 640 };
#define OFFICE_START INT64_C(1790000000000000)
#define OFFICE_END (OFFICE_START + INT64_C(14400) * 1000000)

/* The newest first, the same ones each time, in the arena; NULL: no memory. */
const msg_launch *office_rows(arena *a);
/* Text that would take over a page, a terminal or a spreadsheet, in every column that has text. */
const msg_launch *hostile_rows(arena *a, size_t *ret_count);

#endif
