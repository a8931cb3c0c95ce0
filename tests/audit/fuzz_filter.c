/* Takes any text as a filter, a condition per line ("grep=abc"). The error for a rejected filter names the
 * condition. An accepted one travels over the wire unchanged, has a plan, and finds what a check of every
 * launch finds, page by page and in a summary. */
#include "tests/audit/fixture.h"
#include "proto/frame.h"
#include "tests/support/fuzz.h"
#include "tests/audit/slow.h"
#include "tests/audit/some_rows.h"
#include "proto/utf.h"

enum { ROWS = 300, TEXT_BYTES = 2000 };

static audit_store *store;
static slow_table table;

static void begin(void) {
    audit_error error = {0};
    const char *path = fixture_path("fuzz_filter.db");
    audit_store *writer = fixture_open(path);
    FUZZ_CHECK(some_rows(writer, ROWS));
    audit_close(&writer);
    FUZZ_CHECK(audit_open_reader(path, &store, &error) && slow_read(store, &table));
    FUZZ_CHECK(table.count == ROWS);
}

/* Reads digits, limited to what the field can hold. */
static int64_t number_of(const char *text, int64_t least, int64_t most) {
    int64_t value = strtoll(text, NULL, 10);
    return value < least ? least : value > most ? most : value;
}

typedef struct question {
    msg_query query;
    audit_filter filter;
    audit_viewer viewer;
} question;

static void take(question *q, const char *name, const char *value) {
    msg_filter *f = &q->query.filter;
#define X(field) \
    if (!strcmp(name, #field)) f->field = value;
    FILTER_TEXT_LIST(X)
#undef X
#define X(field, least, most)                                  \
    if (!strcmp(name, #field)) {                               \
        f->field = number_of(value, (least), (int64_t)(most)); \
        f->has_##field = true;                                 \
    }
    FILTER_NUMBER_LIST(X)
#undef X

    if (!strcmp(name, "before")) q->query.before = number_of(value, 1, JSON_INTEGER_MAX);
    if (!strcmp(name, "after")) q->query.after = number_of(value, 0, JSON_INTEGER_MAX);
    if (!strcmp(name, "limit")) q->query.limit = (uint32_t)number_of(value, 20, LIMIT_QUERY_ROWS);
    if (!strcmp(name, "oldest_first")) q->query.oldest_first = true;
    if (!strcmp(name, "work")) q->filter.work = (uint32_t)number_of(value, 10000, 1000000);
    if (!strcmp(name, "viewer")) {
        q->viewer = (audit_viewer){.sid = value, .pid = 100, .integrity = 0x2000};
        q->filter.viewer = &q->viewer;
    }
}

static void parse(char *text, question *ret) {
    for (char *line = text, *next; line; line = next) {
        if ((next = strchr(line, '\n')) != NULL) *next++ = 0;
        char *value = strchr(line, '=');
        if (!value) continue;
        *value++ = 0;
        take(ret, line, value);
    }
}

/* Checks that the error names one of the filter's own fields. */
static void check_refusal(const msg_filter *f, const fault *why) {
    const char *texts = "", *name = why->field + strlen("params.");
    FUZZ_CHECK(!strncmp(why->field, "params.", strlen("params.")) && strstr(why->message, name));
#define X(field) \
    if (f->field && !strcmp(name, #field)) texts = #field;
    FILTER_TEXT_LIST(X)
#undef X
    FUZZ_CHECK(texts[0]);
}

static void check_wire(const msg_query *query, msg_request *ret) {
    size_t length = 0, length_again = 0;
    char *frame = msg_encode_query(7, query, &length);
    FUZZ_CHECK(frame);
    msg_decode_request(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, ret);
    FUZZ_CHECK(ret->fault.kind == FAULT_NONE && ret->method == MSG_AUDIT_QUERY);
    char *again = msg_encode_query(7, &ret->u.query, &length_again);
    FUZZ_CHECK(again && length == length_again && !memcmp(frame, again, length));
    free(frame);
    free(again);
}

/* Compares the pages with the expected launches. */
static void check_pages(audit_filter filter) {
    size_t at = 0;
    const audit_filter whole = filter;
    msg_page page = {.more = true};

    for (int rounds = 0; page.more; rounds++) {
        arena a = {0};
        audit_error error = {0};
        FUZZ_CHECK(rounds < 4 * ROWS);
        FUZZ_CHECK(audit_page(store, &filter, 100000, &a, &page, &error));
        for (size_t i = 0; i < page.count; i++, at++) {
            const msg_launch *row = NULL;
            for (; at < table.count; at++) {
                row = &table.rows[filter.oldest_first ? at : table.count - 1 - at];
                if (slow_matches(row, &whole)) break;
            }
            FUZZ_CHECK(at < table.count && row->seq == page.rows[i].seq);
        }
        if (filter.oldest_first) filter.after = page.next;
        else filter.before = page.next;
        arena_free(&a);
    }

    for (; at < table.count; at++)
        FUZZ_CHECK(!slow_matches(&table.rows[filter.oldest_first ? at : table.count - 1 - at], &whole));
}

/* Checks that a summary by anything counts as many launches. It goes from `before` down and ignores `after`.
 */
static void check_summary(audit_filter filter, msg_by by) {
    int64_t sum = 0, want = 0;
    filter.after = 0;
    for (size_t i = 0; i < table.count; i++) want += slow_matches(&table.rows[i], &filter);

    msg_groups groups = {.more = true};
    for (int rounds = 0; groups.more; rounds++) {
        arena a = {0};
        audit_error error = {0};
        FUZZ_CHECK(rounds < 4 * ROWS);
        FUZZ_CHECK(audit_summary(store, &filter, by, 100000, &a, &groups, &error));
        for (size_t i = 0; i < groups.count; i++) {
            const msg_group *g = &groups.list[i];
#define X(name) sum += g->name;
            OUTCOME_LIST(X)
#undef X
        }
        filter.before = groups.next;
        arena_free(&a);
    }
    FUZZ_CHECK(sum == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[TEXT_BYTES + 1];

    question q = {.query = {.limit = 50}};
    msg_request request;
    fault f;
    if (!store) begin();
    if (size > TEXT_BYTES || memchr(data, 0, size) || !utf8_valid((const char *)data, size, NULL)) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    parse(text, &q);

    if (msg_filter_check(&q.query.filter, &f) != FAULT_NONE) {
        check_refusal(&q.query.filter, &f);
        return 0;
    }

    check_wire(&q.query, &request);
    q.filter.where = request.u.query.filter;
    q.filter.before = request.u.query.before;
    q.filter.after = request.u.query.after;
    q.filter.limit = request.u.query.limit;
    q.filter.oldest_first = request.u.query.oldest_first;
    check_pages(q.filter);
    check_summary(q.filter, (msg_by)(size % MSG_BY_COUNT));
    msg_request_free(&request);

    return 0;
}
