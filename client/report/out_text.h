/* Text made safe to show. A launch's text is the caller's, who may try to take over a terminal, a spreadsheet
 * or a reader. */
#ifndef SB_CLIENT_REPORT_OUT_TEXT_H
#define SB_CLIENT_REPORT_OUT_TEXT_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns a copy with control characters and marks that reverse text as \xNN or \uNNNN. Longer ones are cut
 * to `most` columns and end with "..."; most 0: no limit. NULL gives "-". */
const char *out_shown(arena *a, const char *text, size_t most);
/* Cuts a text of out_shown to `most` columns (3 or more), with "..." at its end, if it is longer. */
const char *out_cut(arena *a, const char *shown, size_t most);
/* Returns how many terminal columns a text takes: two for wide characters, none for combining ones. */
size_t out_columns(const char *shown);
/* Returns a JSON string with its quotation marks; NULL gives null. */
const char *out_json(arena *a, const char *text);
/* Returns the same JSON with \uNNNN for every character that out_shown escapes. */
const char *out_json_shown(arena *a, const char *json);

/* Returns whether c is a control character, a separator of lines or paragraphs, a mark that reverses or hides
 * text, or a byte order mark. */
bool out_is_deceptive(uint32_t c);
/* The same characters as ranges, ascending. */
typedef struct out_range {
    uint32_t first, last;
} out_range;
enum { OUT_DECEPTIVE = 9 };
extern const out_range out_deceptive[OUT_DECEPTIVE];
/* Returns the text, or a placeholder if it is not UTF-8. NULL gives NULL. */
const char *out_valid(const char *text);

#endif
