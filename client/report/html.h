/* Writes the audit as a page to look at: one HTML file that holds everything and makes no network requests.
 * Launches stream through it; only counts and repeated texts stay in memory. */
#ifndef SB_CLIENT_REPORT_HTML_H
#define SB_CLIENT_REPORT_HTML_H

#include "client/report/report.h"

enum {
    HTML_ROWS_MOST = 20000,             /* launches that are listed: the first ones written */
    HTML_BYTES_MOST = 64 * 1024 * 1024, /* the bytes that they may take; the page only counts the others */
};

/* A line of what the page says about itself. */
typedef struct html_fact {
    const char *name, *text;
} html_fact;

typedef struct html_facts {
    const html_fact *list;
    size_t count;
} html_facts;

typedef enum html_chain { HTML_CHAIN_NOT_CHECKED, HTML_CHAIN_WHOLE, HTML_CHAIN_NOT_WHOLE } html_chain;

typedef struct html_about {
    int64_t made_at; /* microseconds since 1970 */
    const char *version;
    bool utc;         /* whether the page shows UTC at first, or the reader's time zone */
    html_facts asked; /* the database or broker, and every filter */
    html_chain chain; /* the result of verifying */
    html_facts chain_facts;
    const char *const *wrong; /* the findings, one sentence each */
    size_t wrong_count;
    size_t rows_most; /* 0: HTML_ROWS_MOST */
} html_about;

typedef struct html_page html_page;

/* Writes the part before the launches. sink is copied; what it points to must stay. NULL: out of memory. */
html_page *html_begin(const html_about *about, const report_sink *sink);
/* Adds launches, the newest first. False: out of memory; then the page is not usable, whatever follows. */
bool html_rows(html_page *p, const msg_launch *rows, size_t count);
/* Return the number of launches so far: all, and those that are listed. */
uint64_t html_count(const html_page *p);
uint64_t html_shown(const html_page *p);
/* Writes the rest and frees the page. False: as for html_rows. */
bool html_end(html_page **p);

#endif
