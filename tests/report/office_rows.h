/* An afternoon in an office, with build servers, an editor, a mail scanner and an agent, for a picture of the
 * report. */
#ifndef SB_TESTS_REPORT_OFFICE_ROWS_H
#define SB_TESTS_REPORT_OFFICE_ROWS_H

#include "proto/message.h"

enum { OFFICE_ROWS = 640 };
#define OFFICE_START INT64_C(1790000000000000)
#define OFFICE_END (OFFICE_START + INT64_C(14400) * 1000000)

/* Makes the rows in the arena, the newest first and the same each time. NULL: out of memory. */
const msg_launch *office_rows(arena *a);
/* Fills every text column with text that tries to take over a page, a terminal or a spreadsheet. */
const msg_launch *hostile_rows(arena *a, size_t *ret_count);

#endif
