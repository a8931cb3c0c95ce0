/* The audit as a page to look at: one HTML file that holds everything, and asks nobody. Launches stream
 * through: what is kept of them is counts, and texts that come again. */
#ifndef SB_CLIENT_REPORT_HTML_H
#define SB_CLIENT_REPORT_HTML_H

#include "client/report/report.h"

enum {
    HTML_ROWS_MOST = 20000,             /* launches that are in the page one by one: the first that come */
    HTML_BYTES_MOST = 64 * 1024 * 1024, /* and as many bytes of them; the others are counted */
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
    bool utc;         /* times are shown so at first; else in the zone of who looks */
    html_facts asked; /* where it comes from, and every filter */
    html_chain chain; /* what verifying gave */
    html_facts chain_facts;
    const char *const *wrong; /* the findings, one sentence each */
    size_t wrong_count;
    size_t rows_most; /* 0: HTML_ROWS_MOST */
} html_about;

typedef struct html_page html_page;

/* Writes what comes before the launches. sink is copied; what it points to must stay. NULL: no memory. */
html_page *html_begin(const html_about *about, const report_sink *sink);
/* The newest first. False: no memory; then nothing that follows makes the page good. */
bool html_rows(html_page *p, const msg_launch *rows, size_t count);
/* Launches so far: all, and those that are in it one by one. */
uint64_t html_count(const html_page *p);
uint64_t html_shown(const html_page *p);
/* Writes the rest and frees the page. False as above: what was written is of no use. */
bool html_end(html_page **p);

#endif
