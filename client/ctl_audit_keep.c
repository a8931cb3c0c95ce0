/* spawnctl audit backup and disk-usage. */
#include "ctl_audit.h"
#include "text.h"
#include "upkeep.h"

#include <inttypes.h>
#include <string.h>

static void on_copied(void *context, int64_t done, int64_t total) {
    (void)context;
    audit_progress("copying", done, total);
}

int ctl_audit_backup(ctl *c) {
    const char *db = NULL, *to = NULL;
    audit_place place;
    audit_error error;
    while (ctl_common(c) || ctl_value(c, "--db", &db) || (!to && ctl_word(c, &to))) continue;
    int result = ctl_end(c);
    if (result || c->help) return result;
    if (!to) return ctl_usage(c, "to which file? spawnctl audit backup FILE");
    if ((result = audit_find(c, db, &place))) return result;
    bool done = audit_backup(place.path, to, on_copied, NULL, &error);
    audit_progress_end();
    if (!done) return audit_failed(c, &error);
    return audit_verify_copy(c, &place, to);
}

/* "1.4 GiB" */
static const char *size_of(arena *a, int64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++) size /= 1024;
    return arena_printf(a, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

/* Files that damaged databases were renamed to, beside this one. */
static int64_t set_aside_bytes(ctl *c, const char *db, int *ret_count) {
    size_t stem = strlen(db);
    int64_t bytes = 0;
    WIN32_FIND_DATAW found;
    while (stem && db[stem - 1] != '.' && db[stem - 1] != '\\' && db[stem - 1] != '/') stem--;
    const wchar_t *pattern = text_wide(c->arena, arena_printf(c->arena, "%.*sdamaged-*", (int)stem, db));
    HANDLE search = pattern ? FindFirstFileW(pattern, &found) : INVALID_HANDLE_VALUE;
    *ret_count = 0;
    if (search == INVALID_HANDLE_VALUE) return 0;
    do {
        bytes += (int64_t)((uint64_t)found.nFileSizeHigh << 32 | found.nFileSizeLow);
        ++*ret_count;
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return bytes;
}

static void print_usage(ctl *c, const char *path, const audit_usage *u, int aside, int64_t aside_bytes) {
    arena *a = c->arena;
    const DWORD to = STD_OUTPUT_HANDLE;
    out_printf(to, "%s\n", out_shown(a, path, 0));
    out_printf(to, "  database   %s, %s of it free for new records\n", size_of(a, u->database_bytes), size_of(a, u->free_bytes));
    out_printf(to, "  log (-wal) %s\n", size_of(a, u->wal_bytes));
    out_printf(to, "  reserve    %s\n", size_of(a, u->reserve_bytes));
    out_printf(to, "  records    %" PRId64 ", of them %" PRId64 " launches\n", u->records, u->launches);
    if (u->launches >= 100) /* with fewer it is the empty tables that are measured */
        out_printf(to, "  a launch   %s\n", size_of(a, (u->database_bytes - u->free_bytes) / u->launches));
    out_printf(to, "  oldest     %s\n  newest     %s\n", out_time(a, u->oldest_at), out_time(a, u->newest_at));
    if (u->pruned_through) out_printf(to, "  pruned     records up to %" PRId64 "\n", u->pruned_through);
    if (aside) out_printf(to, "  set aside  %d file%s, %s (audit.damaged-...)\n", aside, aside == 1 ? "" : "s", size_of(a, aside_bytes));
}

int ctl_audit_usage(ctl *c) {
    const char *db = NULL;
    audit_place place;
    audit_error error;
    audit_usage u;
    int aside;
    while (ctl_common(c) || ctl_value(c, "--db", &db)) continue;
    int result = ctl_end(c);
    if (result || c->help) return result;
    if ((result = audit_find(c, db, &place))) return result;
    if (!audit_measure(place.path, true, &u, &error)) return audit_failed(c, &error);
    int64_t aside_bytes = set_aside_bytes(c, place.path, &aside);
    if (!c->json) {
        print_usage(c, place.path, &u, aside, aside_bytes);
        return CTL_EXIT_OK;
    }
    out_printf(STD_OUTPUT_HANDLE,
               "{\"database\":%s,\"database_bytes\":%" PRId64 ",\"free_bytes\":%" PRId64 ",\"wal_bytes\":%" PRId64
               ",\"reserve_bytes\":%" PRId64 ",\"set_aside_bytes\":%" PRId64 ",\"records\":%" PRId64 ",\"launches\":%" PRId64
               ",\"oldest_at\":%" PRId64 ",\"newest_at\":%" PRId64 ",\"pruned_through\":%" PRId64 "}\n",
               out_json(c->arena, place.path), u.database_bytes, u.free_bytes, u.wal_bytes, u.reserve_bytes, aside_bytes,
               u.records, u.launches, u.oldest_at, u.newest_at, u.pruned_through);
    return CTL_EXIT_OK;
}
