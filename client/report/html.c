#include "client/report/html.h"
#include "client/report/exit_code.h"

#include "client/report/html_parts.h"

#include <stdlib.h>
#include <string.h>

struct html_page {
    report_sink sink;
    html_texts *texts;
    html_counted *older;
    size_t rows_most, bytes;
    uint64_t count, shown;
    bool full; /* the listed launches are complete; the rest is counted */
};

static json_writer a_writer(void) {
    return (json_writer){.limit = SIZE_MAX / 4};
}

/* Writes the same JSON: these characters occur in strings only. */
static char *without_markup(const char *json) {
    size_t found = 0, length = strlen(json);
    for (const char *p = json; *p; p++) found += *p == '<' || *p == '>' || *p == '&';
    char *safe = malloc(length + 5 * found + 1), *out = safe;
    for (; safe && *json; json++) {
        const char *as = *json == '<'   ? "\\u003c"
                         : *json == '>' ? "\\u003e"
                         : *json == '&' ? "\\u0026"
                                        : NULL;
        if (!as) *out++ = *json;
        else memcpy(out, as, 6), out += 6;
    }
    if (safe) *out = 0;
    return safe;
}

size_t html_put(json_writer *w, const report_sink *sink) {
    arena a = {0};
    char *json = json_writer_take(w, NULL), *safe = json ? without_markup(out_json_shown(&a, json)) : NULL;
    size_t length = safe ? strlen(safe) : 0;
    if (safe) sink->write(sink->context, safe, length);
    free(safe);
    free(json);
    arena_free(&a);
    return length;
}

static void write_facts(json_writer *w, const char *key, const html_facts *facts) {
    json_writer_open(w, key, '[');
    for (size_t i = 0; i < facts->count; i++) {
        json_writer_open(w, NULL, '[');
        json_writer_text(w, NULL, facts->list[i].name);
        json_writer_text(w, NULL, facts->list[i].text);
        json_writer_close(w, ']');
    }
    json_writer_close(w, ']');
}

static void write_chain(json_writer *w, const html_about *about) {
    static const char *const states[] = {[HTML_CHAIN_NOT_CHECKED] = "not checked",
                                         [HTML_CHAIN_WHOLE] = "whole",
                                         [HTML_CHAIN_NOT_WHOLE] = "not whole"};
    json_writer_open(w, "chain", '{');
    json_writer_text(w, "state", states[about->chain]);
    write_facts(w, "facts", &about->chain_facts);
    json_writer_open(w, "wrong", '[');
    for (size_t i = 0; i < about->wrong_count; i++) json_writer_text(w, NULL, about->wrong[i]);
    json_writer_close(w, ']');
    json_writer_close(w, '}');
}

/* Lets the page escape text by the same rule. */
static void write_deceptive(json_writer *w) {
    json_writer_open(w, "deceptive", '[');
    for (int i = 0; i < OUT_DECEPTIVE; i++) {
        json_writer_open(w, NULL, '[');
        json_writer_unsigned(w, NULL, out_deceptive[i].first);
        json_writer_unsigned(w, NULL, out_deceptive[i].last);
        json_writer_close(w, ']');
    }
    json_writer_close(w, ']');
}

/* The page shows what exit codes mean, too. */
static void write_exit_codes(json_writer *w) {
    json_writer_open(w, "exit_codes", '[');
#define X(code, meaning)                 \
    json_writer_open(w, NULL, '[');      \
    json_writer_unsigned(w, NULL, code); \
    json_writer_text(w, NULL, meaning);  \
    json_writer_close(w, ']');
    EXIT_CODE_LIST(X)
#undef X
    json_writer_close(w, ']');
}

static bool write_head(html_page *p, const html_about *about) {
    json_writer w = a_writer();
    json_writer_open(&w, NULL, '{');
    json_writer_integer(&w, "made_at", about->made_at);
    json_writer_text(&w, "version", about->version);
    json_writer_bool(&w, "utc", about->utc);
    write_facts(&w, "asked", &about->asked);
    write_chain(&w, about);
    json_writer_unsigned(&w, "texts_most", HTML_TEXTS_MOST);
    write_deceptive(&w);
    write_exit_codes(&w);
    html_row_head(&w);
    json_writer_close(&w, '}');
    report_print(&p->sink, "{\"about\":");
    bool ok = html_put(&w, &p->sink);
    report_print(&p->sink, ",\"launches\":[");
    return ok;
}

static void free_page(html_page **p) {
    if (*p) {
        html_texts_free(&(*p)->texts);
        html_counted_free(&(*p)->older);
    }
    free(*p);
    *p = NULL;
}

html_page *html_begin(const html_about *about, const report_sink *sink) {
    html_page *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->sink = *sink;
    p->rows_most = about->rows_most ? about->rows_most : HTML_ROWS_MOST;
    p->texts = html_texts_begin();
    p->older = html_counted_begin();
    sink->write(sink->context, (const char *)html_page_begin, html_page_begin_size);
    if (!p->texts || !p->older || !write_head(p, about)) free_page(&p);
    return p;
}

static bool add_row(html_page *p, const msg_launch *launch) {
    json_writer w = a_writer();
    if (!html_row(p->texts, &w, launch)) {
        free(json_writer_take(&w, NULL));
        return false;
    }
    report_print(&p->sink, p->shown++ ? ",\n" : "\n");
    size_t bytes = html_put(&w, &p->sink);
    p->bytes += bytes;
    p->full = p->shown >= p->rows_most || p->bytes >= HTML_BYTES_MOST;
    return bytes;
}

bool html_rows(html_page *p, const msg_launch *rows, size_t count) {
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = p->full ? html_counted_add(p->older, &rows[i]) : add_row(p, &rows[i]);
        p->count++;
    }
    return ok;
}

uint64_t html_count(const html_page *p) {
    return p->count;
}

uint64_t html_shown(const html_page *p) {
    return p->shown;
}

bool html_end(html_page **page) {
    html_page *p = *page;
    json_writer w = a_writer();
    json_writer_open(&w, NULL, '{');
    json_writer_unsigned(&w, "count", p->count);
    html_counted_write(p->older, &w);
    json_writer_close(&w, '}');
    report_print(&p->sink, "\n],\"end\":");
    bool ok = html_put(&w, &p->sink);
    report_print(&p->sink, "}");
    p->sink.write(p->sink.context, (const char *)html_page_end, html_page_end_size);
    free_page(page);
    return ok;
}
