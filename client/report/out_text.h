/* Text as it is fit to be shown: what a launch was called with is somebody else's, and may try to take over a
 * terminal, a spreadsheet or a reader. */
#ifndef SB_CLIENT_REPORT_OUT_TEXT_H
#define SB_CLIENT_REPORT_OUT_TEXT_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A copy that shows what it is: control characters and what turns text around as \xNN or \uNNNN; cut behind
 * most columns, with "..." in place of the rest; most 0: all. NULL gives "-". */
const char *out_shown(arena *a, const char *text, size_t most);
/* What is shown already, cut to most columns (3 or more) with "..." at its end, where it is longer. */
const char *out_cut(arena *a, const char *shown, size_t most);
/* How many columns of a terminal a text takes: wide characters two, combining ones none. */
size_t out_columns(const char *shown);
/* A JSON string with its quotation marks; NULL gives null. */
const char *out_json(arena *a, const char *text);
/* JSON text with \uNNNN for what out_shown does not show as it is: the same JSON. */
const char *out_json_shown(arena *a, const char *json);

/* Control characters, line and paragraph separators, marks that turn text around or hide, byte order mark. */
bool out_is_deceptive(uint32_t c);
/* The same as ranges, ascending. */
typedef struct out_range {
    uint32_t first, last;
} out_range;
enum { OUT_DECEPTIVE = 9 };
extern const out_range out_deceptive[OUT_DECEPTIVE];
/* The text, or what is shown in place of one that is not UTF-8. NULL gives NULL. */
const char *out_valid(const char *text);

#endif
