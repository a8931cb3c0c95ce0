/* Makes reports for tests in a browser, and what must be in them.
 *
 * usage: pages DIRECTORY
 * Writes NAME.html and NAME.csv, the CSV as `spawnctl audit list -o csv` does: office, hostile, empty, some
 * (launches of every kind), many (as many as a page lists) and more (more than it lists, so that the others
 * are counted). */
#include "tests/audit/fixture.h"
#include "tests/bench/many_rows.h"
#include "tests/report/office_rows.h"
#include "client/report/html.h"
#include "tests/audit/some_rows.h"

#include <stdlib.h>

enum { MORE = 8000, MORE_ONE_BY_ONE = 5000, SOME = 400 };

static void put(void *context, const char *text, size_t length) {
    if (fwrite(text, 1, length, context) != length) perror("writing");
}

typedef struct making {
    FILE *html, *csv;
    html_page *page;
    reporter *reporter;
} making;

static const html_fact asked[] = {{"database", "C:\\copies\\audit.db"},
                                  {"since", "2026-09-21 00:00:00Z (--since yesterday)"}};
static const html_fact checked[] = {
    {"records", "1 to 1931: 1931, 640 of them launches"},
    {"signed", "through 1931, 2026-09-21 18:13:20Z (14 checkpoints; key: audit.pub)"},
    {"cut", "not checked: no head was given that was kept elsewhere"},
    {"head", "0cf4d60f0146f85cccbc87207358adb5:1931:"
             "2380864f4f3ef4f6e952f1624def5fa8fc9f850c9078b1a9ae7169091c72f2b3"}};
static const html_fact not_checked[] = {{"signed", "not checked"}};
static const char *const wrong[] = {"launch 100: its hash does not fit <b>it</b>"};

static html_about about_of(const char *name) {
    html_about about = {
        .made_at = OFFICE_END + 90000000, .version = SB_VERSION, .utc = true, .asked = {asked, 2}};
    about.chain = !strcmp(name, "office")    ? HTML_CHAIN_WHOLE
                  : !strcmp(name, "hostile") ? HTML_CHAIN_NOT_WHOLE
                                             : HTML_CHAIN_NOT_CHECKED;
    about.rows_most = !strcmp(name, "more") ? MORE_ONE_BY_ONE : 0;
    about.chain_facts =
        about.chain == HTML_CHAIN_NOT_CHECKED ? (html_facts){not_checked, 1} : (html_facts){checked, 4};
    if (about.chain == HTML_CHAIN_NOT_WHOLE) about.wrong = wrong, about.wrong_count = 1;
    return about;
}

static FILE *open_file(const char *name, const char *ending) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.%s", fixture_directory(), name, ending);
    FILE *file = fopen(path, "wb");
    if (!CHECK(file)) perror(path);
    return file;
}

static bool begin(making *m, const char *name) {
    html_about about = about_of(name);
    const report_look look = {.format = REPORT_csv};
    *m = (making){.html = open_file(name, "html"), .csv = open_file(name, "csv")};
    if (!m->html || !m->csv) return false;
    m->page = html_begin(&about, &(report_sink){.write = put, .context = m->html});
    m->reporter = report_begin(&look, &(report_sink){.write = put, .context = m->csv});
    return CHECK(m->page && m->reporter);
}

static void end(making *m) {
    CHECK(html_end(&m->page));
    report_end(&m->reporter, false, 0);
    CHECK(!fclose(m->html) && !fclose(m->csv));
}

static void add(making *m, const msg_launch *rows, size_t count) {
    size_t before = html_shown(m->page);
    CHECK(html_rows(m->page, rows, count));
    report_rows(m->reporter, rows, html_shown(m->page) - before);
}

static void from_rows(const char *name, const msg_launch *rows, size_t count) {
    making m;
    check_case("%s", name);
    if (!CHECK(rows || !count) || !begin(&m, name)) return;
    add(&m, rows, count);
    end(&m);
}

/* Writes the latest launches, at most `most`. */
static void from_file(const char *name, const char *path, uint64_t most) {
    audit_store *store = NULL;
    audit_error error = {0};
    audit_filter filter = {.limit = LIMIT_QUERY_ROWS};
    msg_page page = {.more = true};
    making m;
    check_case("%s", name);
    if (!fixture_ok(audit_open_reader(path, &store, &error), &error, path) || !begin(&m, name)) return;
    while (page.more && html_count(m.page) < most) {
        arena a = {0};
        if (!fixture_ok(audit_page(store, &filter, SIZE_MAX, &a, &page, &error), &error, path))
            page = (msg_page){0};
        add(&m, page.rows, page.count);
        filter.before = page.next;
        arena_free(&a);
    }
    end(&m);
    audit_close(&store);
}

static void from_many(void) {
    audit_error error = {0};
    const char *path = fixture_path("many");
    if (!fixture_ok(many_rows(path, HTML_ROWS_MOST, &error), &error, path)) return;
    from_file("many", path, HTML_ROWS_MOST);
    from_file("more", path, MORE);
}

int main(int argc, char **argv) {
    arena a = {0};
    size_t count;
    fixture_begin(argc, argv);
    const msg_launch *rows = office_rows(&a);
    from_rows("office", rows, OFFICE_ROWS);
    rows = hostile_rows(&a, &count);
    from_rows("hostile", rows, count);
    from_rows("empty", NULL, 0);
    const char *path = fixture_path("some");
    audit_store *store = fixture_open(path);
    CHECK(some_rows(store, SOME));
    audit_close(&store);
    from_file("some", path, SOME);
    from_many();
    arena_free(&a);
    return check_report();
}
