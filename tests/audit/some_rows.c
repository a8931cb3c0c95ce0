#include "tests/audit/some_rows.h"

#include <stdio.h>
#include <string.h>

static uint64_t state = 0x9E3779B97F4A7C15u;

unsigned some_below(unsigned limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545F4914F6CDD1Du) >> 33) % limit;
}

static const char *const sids[] = {"S-1-5-18", "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002", NULL};
static const char *const users[] = {"NT AUTHORITY\\SYSTEM", "BOX\\Ann", "OFFICE\\ann", NULL};
static const char *const images[] = {
    "C:\\Tools\\Build.exe",          "D:\\build.exe", "C:/odd/where.exe", "plain.exe", NULL,
    "C:\\\xC3\x84rger\\\xC3\xA4.exe"};
static const char *const lines[] = {"build.exe --All \"x y\"", "where /q 100%_done",
                                    "\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2 run", NULL,
                                    "a\"b\"c --token abcabcabd"};
static const char *const rules[] = {"default", "tools", "nobody", NULL};
static const char *const names[] = {"log", "frames", "stdin", "events"};
static const char *const types[] = {"File", "Section", "Event", NULL};

static const char *const services[] = {NULL, NULL, "S-1-5-80-1", "S-1-5-80-12", "S-1-5-80-1 S-1-5-80-12"};
static const char *const labels[] = {NULL, NULL, "renderer 1", "indexer"};
static const int64_t levels[] = {-1, 0x1000, 0x2000, 0x3000};

#define PICK(list) list[some_below(sizeof list / sizeof *list)]

/* Returns the next time: mostly a little later; sometimes the clock jumps either way. */
static int64_t next_time(int64_t at) {
    switch (some_below(100)) {
    case 0: return at - (int64_t)some_below(7200) * 1000000;
    case 1: return at + (int64_t)some_below(7200) * 1000000;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8: return at - (int64_t)some_below(59) * 1000000;
    default: return at + (int64_t)some_below(2000) * 1000;
    }
}

static bool finish(audit_store *store, const char *id, int64_t at, audit_error *error) {
    audit_outcome o = {
        .launch_id = id, .at = at, .attested = -1, .create_us = -1, .total_us = some_below(100000)};
    audit_exit e = {.launch_id = id,
                    .exited_at = at + 5,
                    .exit_code = PICK(((int64_t[]){0, 0, 1, 0xC0000005, -1})),
                    AUDIT_USE_UNKNOWN};
    if (e.exit_code < 0) e.exited_after = at;
    else e.user_us = some_below(100000);
    if (!some_below(20)) return true; /* it stays pending */
    o.outcome = (audit_result)some_below(4);
    if (o.outcome == AUDIT_STARTED) {
        o.child_pid = 100 + some_below(20);
        o.child_created_at = SOME_START + some_below(5);
        o.started_at = at;
    } else {
        o.stage = "decide";
        o.error_code = 5;
        o.error_message = "no";
    }
    return audit_add_outcome(store, &o, error) &&
           (o.outcome != AUDIT_STARTED || !some_below(3) || audit_add_exit(store, &e, error));
}

static bool add(audit_store *store, const char *id, int64_t at, audit_error *error) {
    static const uint8_t environment[32] = {1, 2, 3};
    audit_handle handles[4];
    unsigned who = some_below(4), count = some_below(5);

    for (unsigned i = 0; i < count; i++)
        handles[i] = (audit_handle){.position = (int)i,
                                    .name = names[(i + who) % 4],
                                    .type = PICK(types),
                                    .granted_access = 1 + some_below(7)};
    audit_request r = {.launch_id = id,
                       .requested_at = at,
                       .caller_pid = 100 + some_below(20),
                       .caller_started_at = SOME_START + some_below(5),
                       .caller_sid = sids[who],
                       .caller_user = users[who],
                       .caller_image = PICK(images),
                       .application = PICK(images),
                       .command_line = PICK(lines),
                       .rule = PICK(rules),
                       .caller_integrity = PICK(levels),
                       .caller_elevated = (int64_t)some_below(3) - 1,
                       .caller_services = PICK(services),
                       .label = PICK(labels),
                       .environment_hash = environment,
                       .handles = handles,
                       .handle_count = count};

    return audit_add_request(store, &r, error);
}

bool some_rows(audit_store *store, int count) {
    enum { LATE = 8 }; /* an outcome comes up to this many launches later */
    char ids[LATE][37] = {{0}};
    int64_t at = SOME_START;
    audit_error error = {0};
    for (int i = 0; i < count + LATE; i++) {
        char *id = ids[i % LATE];
        at = next_time(at);
        bool ok = audit_begin(store, &error) && (i < LATE || finish(store, id, at, &error));
        snprintf(id, sizeof ids[0], "%08x-0000-7000-8000-%012d", (unsigned)i / 7, i);
        if (!ok || (i < count && !add(store, id, at, &error)) || !audit_commit(store, &error)) {
            fprintf(stderr, "a launch cannot be added: %s\n", error.message);
            return false;
        }
    }
    return true;
}

static void add_texts(msg_filter *f) {
    static const char *const some_users[] = {"S-1-5-18",    "ann",    "ANN",   "box\\ANN",
                                             "OFFICE\\ann", "nobody", "system"};
    static const char *const some_images[] = {"BUILD.exe",          "d:/build.exe", "where.exe",
                                              "C:\\odd\\WHERE.EXE", "plain.exe",    "\xC3\xA4.exe",
                                              "C:\\nothing.exe"};
    static const char *const greps[] = {"buil",  "100%_",     "\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2",
                                        "\"b\"", "abcabd",    "abcabcabc",
                                        "x y",   "C:\\tools", ".exe"};
    static const char *const outcomes[] = {"started", "denied", "failed", "interrupted", "pending"};
    static const char *const ids[] = {"00000001", "00000010-0000", "0000002a-0000-7000-8000-000000000296",
                                      "ffffffff"};

    if (!some_below(4)) f->user = PICK(some_users);
    if (!some_below(5)) f->caller_image = PICK(some_images);
    if (!some_below(5)) f->image = PICK(some_images);
    if (!some_below(4)) f->outcome = PICK(outcomes);
    if (!some_below(5)) f->rule = PICK(rules);
    if (!some_below(5)) f->label = PICK(labels);
    if (!some_below(5)) f->handle_name = PICK(names);
    if (!some_below(5)) f->handle_type = PICK(types);
    if (!some_below(5)) f->grep = PICK(greps);
    if (!some_below(20)) f->launch_id = PICK(ids);
}

static void add_numbers(msg_filter *f) {
    if ((f->has_since = !some_below(3)))
        f->since = SOME_START + (int64_t)some_below(40000) * 1000000 - 20000000000;
    if ((f->has_until = !some_below(3)))
        f->until = SOME_START + (int64_t)some_below(40000) * 1000000 - 10000000000;
    if ((f->has_caller_pid = !some_below(6))) f->caller_pid = 100 + some_below(21);
    if ((f->has_child_pid = !some_below(6))) f->child_pid = 100 + some_below(21);
    if ((f->has_exit_code = !some_below(6))) f->exit_code = PICK(((int64_t[]){0, 1, 0xC0000005, 7}));
    if ((f->has_caller_started_at = !some_below(12))) f->caller_started_at = SOME_START + some_below(6);
    if ((f->has_child_created_at = !some_below(12))) f->child_created_at = SOME_START + some_below(6);
}

/* Returns a viewer, good until the next call. */
static const audit_viewer *some_viewer(void) {
    static const char *const viewers[] = {"S-1-5-21-1-2-3-1001", "S-1-5-18"};
    static audit_viewer v;
    v = (audit_viewer){.sid = PICK(viewers),
                       .pid = 100 + some_below(20),
                       .started_at = SOME_START + some_below(5),
                       .sandboxed = !some_below(4),
                       .elevated = some_below(2),
                       .integrity = PICK(levels),
                       .services = PICK(services)};
    return &v;
}

audit_filter some_filter(int64_t last_seq) {
    static const uint32_t works[] = {0, 0, 0, 10000, 100000};
    audit_filter filter = {.oldest_first = some_below(2), .work = PICK(works)};
    add_texts(&filter.where);
    add_numbers(&filter.where);
    if (!some_below(3)) filter.viewer = some_viewer();
    if (!some_below(3)) filter.before = 1 + some_below((unsigned)last_seq + 10);
    if (!some_below(3)) filter.after = some_below((unsigned)last_seq);
    return filter;
}
