/* Compares filters with a check of every launch: the same launches in the same order, page by page, whatever
 * the clock did. */
#include "tests/audit/fixture.h"
#include "tests/audit/slow.h"
#include "tests/audit/some_rows.h"

#include <stdlib.h>

enum { ROWS = 3000, FILTERS = 400 };

static slow_table *table;

/* Collects the expected seqs in order, at most SLOW_MOST. */
static size_t wanted(const audit_filter *filter, int64_t *ret) {
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        const msg_launch *row = &table->rows[filter->oldest_first ? i : table->count - 1 - i];
        if (slow_matches(row, filter)) ret[count++] = row->seq;
    }
    return count;
}

static const audit_viewer ann = {.sid = "S-1-5-21-1-2-3-1001", .pid = 1, .integrity = 0x2000};

static void describe(const audit_filter *filter) {
    const msg_filter *f = &filter->where;
    fprintf(stderr, "    filter: after %lld before %lld %s work %u sid %s", (long long)filter->after,
            (long long)filter->before, filter->oldest_first ? "oldest" : "newest", filter->work,
            filter->viewer ? filter->viewer->sid : "-");
#define X(name) \
    if (f->name) fprintf(stderr, " " #name "=%s", f->name);
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) \
    if (f->has_##name) fprintf(stderr, " " #name "=%lld", (long long)f->name);
    FILTER_NUMBER_LIST(X)
#undef X
    fputc('\n', stderr);
}

static bool compare(const audit_filter *filter, const int64_t *got, size_t got_count, const int64_t *want,
                    size_t count) {
    size_t same = 0;
    while (same < got_count && same < count && got[same] == want[same]) same++;
    if (CHECK(same == count && same == got_count)) return true;
    describe(filter);
    fprintf(stderr, "    got %zu, wanted %zu; from the %zu. on: got %lld, wanted %lld\n", got_count, count,
            same, same < got_count ? (long long)got[same] : -1, same < count ? (long long)want[same] : -1);
    return false;
}

/* Reads all pages, each of few rows and little work. */
static size_t pages(audit_store *store, audit_filter filter, int64_t *ret) {
    msg_page page = {.more = true};
    size_t count = 0;
    filter.limit = 20 + some_below(200);
    for (int rounds = 0; page.more && CHECK(rounds < 2 * SLOW_MOST); rounds++) {
        arena a = {0};
        audit_error error = {0};
        int64_t was = filter.oldest_first ? filter.after : filter.before;
        if (!fixture_ok(audit_page(store, &filter, 100000, &a, &page, &error), &error, "audit_page")) break;
        for (size_t i = 0; i < page.count && count < SLOW_MOST; i++) ret[count++] = page.rows[i].seq;
        if (filter.oldest_first) filter.after = page.next;
        else filter.before = page.next;
        if (page.more)
            CHECK(filter.oldest_first ? page.next >= was && page.next > 0 : !was || page.next <= was);
        arena_free(&a);
    }
    return count;
}

/* Moves the bounds to a launch's own time, or just past it. */
static void at_a_row(msg_filter *f) {
    if (f->has_since && some_below(4)) f->since = table->rows[some_below(ROWS)].requested_at + some_below(2);
    if (f->has_until && some_below(4)) f->until = table->rows[some_below(ROWS)].requested_at + some_below(2);
}

static void any_filter(audit_store *store) {
    static int64_t want[SLOW_MOST], got[SLOW_MOST];
    int64_t last = table->rows[table->count - 1].seq;
    size_t found = 0, bad = 0;
    for (int i = 0; i < FILTERS && bad < 3; i++) {
        audit_filter filter = some_filter(last);
        at_a_row(&filter.where);
        check_case("filter %d", i);
        size_t count = wanted(&filter, want);
        found += count > 0;
        bad += !compare(&filter, got, pages(store, filter, got), want, count);
    }
    check_case("filters");
    printf("%d filters, %zu of them found something\n", FILTERS, found);
    CHECK(found > FILTERS / 8);
}

/* Checks each filter alone: it finds some launches, but not all. */
static void each_alone(audit_store *store) {
    static int64_t want[SLOW_MOST], got[SLOW_MOST];
    static const audit_filter filters[] = {{.where = {.user = "S-1-5-18"}},
                                           {.where = {.user = "ann"}},
                                           {.where = {.user = "box\\ann"}},
                                           {.where = {.caller_pid = 103, .has_caller_pid = true}},
                                           {.where = {.caller_image = "build.exe"}},
                                           {.where = {.image = "c:/tools/build.exe"}},
                                           {.where = {.child_pid = 103, .has_child_pid = true}},
                                           {.where = {.outcome = "failed"}},
                                           {.where = {.outcome = "pending"}},
                                           {.where = {.rule = "tools"}},
                                           {.where = {.exit_code = 0xC0000005, .has_exit_code = true}},
                                           {.where = {.handle_name = "frames"}},
                                           {.where = {.handle_type = "Section"}},
                                           {.where = {.handle_name = "log", .handle_type = "Event"}},
                                           {.where = {.grep = "ABCABCABD"}},
                                           {.where = {.launch_id = "00000001"}},
                                           {.where = {.since = SOME_START + 60000000,
                                                      .has_since = true,
                                                      .until = SOME_START + 20000000000,
                                                      .has_until = true}},
                                           {.where = {.label = "indexer"}},
                                           {.viewer = &ann}};

    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        check_case("filter alone %zu", i);
        size_t count = wanted(&filters[i], want);
        CHECK(count > 0 && count < table->count);
        compare(&filters[i], got, pages(store, filters[i], got), want, count);
    }
}

/* Checks up to which launch a page says that outcomes are known. */
static void settled(audit_store *store) {
    audit_filter all = {.limit = 1};
    audit_error error = {0};
    msg_page page = {0};
    arena a = {0};
    int64_t want = table->rows[0].seq - 1;
    for (size_t i = 0; i < table->count && strcmp(table->rows[i].outcome, "pending"); i++)
        want = table->rows[i + 1].seq - 1;
    check_case("settled");
    fixture_ok(audit_page(store, &all, 1000, &a, &page, &error), &error, "audit_page");
    CHECK_INT(page.settled, want);
    arena_free(&a);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    const char *path = fixture_path("filter.db");
    audit_store *writer = fixture_open(path), *store = NULL;
    audit_error error = {0};
    table = calloc(1, sizeof *table);
    if (!table || !some_rows(writer, ROWS) ||
        !fixture_ok(audit_open_reader(path, &store, &error), &error, "a reader") || !slow_read(store, table))
        return 1;

    CHECK_INT(table->count, ROWS);
    printf("%s clock events\n", fixture_sql(path, "SELECT count(*) FROM event WHERE kind = 'clock'"));
    each_alone(store);
    settled(store);
    any_filter(store);
    audit_close(&store);
    audit_close(&writer);
    slow_free(table);
    free(table);

    return check_report();
}
