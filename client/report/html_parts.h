/* Writes the parts of the page's data. All JSON goes out through html_put, which makes it fit for a script
 * element. */
#ifndef SB_CLIENT_REPORT_HTML_PARTS_H
#define SB_CLIENT_REPORT_HTML_PARTS_H

#include "client/report/report.h"
#include "proto/json_writer.h"

/* The page before and after its data, which html/embed.cmake makes from html/. */
extern const unsigned char html_page_begin[], html_page_end[];
extern const size_t html_page_begin_size, html_page_end_size;

/* Writes and uses up the JSON of a writer, with \u003c for < and so on, so that nothing in it ends the
 * element or begins another. Returns the bytes written; 0: out of memory, or a text is not UTF-8. */
size_t html_put(json_writer *w, const report_sink *sink);

/* ---- repeated texts ---- */

enum { HTML_TEXTS_MOST = 65536 };

typedef struct html_texts html_texts;

html_texts *html_texts_begin(void);
void html_texts_free(html_texts **t);
/* Writes a text as it is the first time, and later as its number. Readers number texts too, in the order in
 * which they come, up to HTML_TEXTS_MOST. False: out of memory. */
bool html_texts_write(html_texts *t, json_writer *w, const char *text);

/* ---- listed launches ---- */

/* Writes "columns" and "handle_columns" into an open object: each column's name, and whether its values are
 * numbers, plain texts or numbered texts. */
void html_row_head(json_writer *w);
/* Writes a launch as an array in the order of the columns. */
bool html_row(html_texts *t, json_writer *w, const msg_launch *launch);

/* ---- launches that are only counted ---- */

typedef struct html_counted html_counted;

html_counted *html_counted_begin(void);
void html_counted_free(html_counted **o);
bool html_counted_add(html_counted *o, const msg_launch *launch);
/* Writes "older": the counts by time, caller and outcome; null if there are none. */
void html_counted_write(const html_counted *o, json_writer *w);

#endif
