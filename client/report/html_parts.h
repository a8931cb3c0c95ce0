/* The parts of the page's data. JSON text goes out by html_put, fit for a script element. */
#ifndef SB_CLIENT_REPORT_HTML_PARTS_H
#define SB_CLIENT_REPORT_HTML_PARTS_H

#include "client/report/report.h"
#include "proto/json_writer.h"

/* The page in front of its data and behind it: made of html/ by html/embed.cmake. */
extern const unsigned char html_page_begin[], html_page_end[];
extern const size_t html_page_begin_size, html_page_end_size;

/* The JSON of a writer, which is used up, with \u003c for < and so on: nothing in it can end the element, or
 * begin another. The bytes that were written; 0: no memory, or text that is not UTF-8. */
size_t html_put(json_writer *w, const report_sink *sink);

/* ---- texts that come again ---- */

enum { HTML_TEXTS_MOST = 65536 };

typedef struct html_texts html_texts;

html_texts *html_texts_begin(void);
void html_texts_free(html_texts **t);
/* A text the first time as it is, later as the number of its first time. Who reads counts along: texts are
 * numbered as they come, until there are HTML_TEXTS_MOST. False: no memory. */
bool html_texts_write(html_texts *t, json_writer *w, const char *text);

/* ---- launches one by one ---- */

/* "columns" and "handle_columns", members of an object that is open: each name, and whether its values are
 * numbers, plain texts or numbered ones. */
void html_row_head(json_writer *w);
/* A launch as an array, in the order of the columns. */
bool html_row(html_texts *t, json_writer *w, const msg_launch *launch);

/* ---- those that are only counted ---- */

typedef struct html_counted html_counted;

html_counted *html_counted_begin(void);
void html_counted_free(html_counted **o);
bool html_counted_add(html_counted *o, const msg_launch *launch);
/* "older": how many by time, caller and outcome; null when there are none. */
void html_counted_write(const html_counted *o, json_writer *w);

#endif
