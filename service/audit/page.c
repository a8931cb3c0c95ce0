/* Pages of launches, the answers to audit.query. */
#include "service/audit/launch_reader.h"
#include "service/audit/scan.h"
#include "service/audit/store.h"

#include <string.h>

static const char doing[] = "reading the audit database";
static const scan_shape seqs = {.columns = "", .joins = ""};

typedef struct page {
    launch_reader rows;
    arena *memory;
    msg_launch *list;
    size_t count, limit, bytes, most;
    audit_error *error;
    bool failed;
} page;

static size_t length(const char *text) {
    return text ? strlen(text) : 0;
}

#define LENGTH_TEXT(name) +length(l->name)
#define LENGTH_TEXT_OR_NULL(name) +length(l->name)
#define LENGTH_HASH_OR_NULL(name) +length(l->name)
#define LENGTH_RESULT(name) +length(l->name)
#define LENGTH_NUMBER(name)
#define LENGTH_NUMBER_OR_0(name)
#define LENGTH_NUMBER_OR_MINUS(name)
#define LENGTH_SHOWN(name, kind, place, check) LENGTH_##kind(name)
#define HIDDEN(name, kind, check)

/* Returns about how many bytes a launch takes as JSON. */
static size_t bytes_of(const msg_launch *l) {
    enum { ROW_BYTES = 740, HANDLE_BYTES = 140 }; /* without the texts; a handle's are short */
    size_t bytes = ROW_BYTES + l->handle_count * HANDLE_BYTES AUDIT_REQUEST_COLUMNS(LENGTH_SHOWN, HIDDEN)
                                                     AUDIT_OUTCOME_COLUMNS(LENGTH_SHOWN, HIDDEN)
                                                         AUDIT_EXIT_COLUMNS(LENGTH_SHOWN, HIDDEN);
    return bytes + bytes / 8; /* backslashes */
}

static scan_step keep(int64_t seq, db_row *row, void *context) {
    page *p = context;
    msg_launch launch;
    (void)row;
    if (p->count == p->limit) return SCAN_FULL;
    if (!launch_reader_read(&p->rows, seq, p->memory, &launch, p->error)) {
        p->failed = true;
        return SCAN_STOP;
    }
    p->bytes += bytes_of(&launch);
    if (p->count && p->bytes > p->most) return SCAN_FULL;
    p->list[p->count++] = launch;
    return SCAN_ON;
}

/* Finds the last launch before the first one that waits for its outcome. */
static bool settled(db *d, int64_t *ret, audit_error *ret_error) {
    return db_number(d, doing,
                     "SELECT coalesce((SELECT min(launch) - 1 FROM pending), (SELECT max(seq) FROM launch))",
                     ret, ret_error);
}

bool audit_page(audit_store *store, const audit_filter *filter, size_t bytes, arena *a, msg_page *ret,
                audit_error *ret_error) {
    db *d = store->main;
    page p = {.memory = a, .limit = filter->limit, .most = bytes, .error = ret_error};
    scan_end end = {0};
    int64_t known = 0;
    bool ok = false;
    if (!(p.list = arena_array(a, p.limit, sizeof *p.list)))
        return db_refuse(d, DB_NO_MEMORY, doing, "out of memory", ret_error);
    if (!scan_begin(d, ret_error)) return false;
    ok = launch_reader_begin(&p.rows, store, ret_error) &&
         scan_launches(store, filter, &seqs, keep, &p, &end, ret_error) && !p.failed &&
         settled(d, &known, ret_error);
    launch_reader_end(&p.rows);
    scan_finish(d);
    if (!ok) return false;
    *ret = (msg_page){.rows = p.list, .count = p.count, .more = end.more, .next = end.next, .settled = known};
    return true;
}
