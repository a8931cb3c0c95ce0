/* spawnctl audit backup, disk-usage and prune. */
#include "client/ctl/audit.h"
#include "service/win32/console.h"
#include "service/win32/text.h"
#include "service/audit/upkeep.h"

#include <inttypes.h>
#include <string.h>

static void on_copied(void *context, int64_t done, int64_t total) {
    (void)context;
    audit_progress("copying", done, total);
}

int ctl_audit_backup(ctl *c) {
    const char *to = c->operands[0];
    audit_place place;
    audit_error error;
    int result = audit_find(c, &place);
    if (result) return result;
    bool done = audit_backup(place.path, to, on_copied, NULL, &error);
    audit_progress_end();
    if (!done) return audit_failed(c, &error);
    return audit_verify_copy(c, &place, to);
}

/* Formats a size: "1.4 GiB". */
static const char *size_of(arena *a, int64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++) size /= 1024;
    return arena_printf(a, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

/* Measures the damaged databases that were set aside beside this one. */
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
    out_printf(to, "  database   %s, %s of it free for new records\n", size_of(a, u->database_bytes),
               size_of(a, u->free_bytes));
    out_printf(to, "  log (-wal) %s\n", size_of(a, u->wal_bytes));
    out_printf(to, "  reserve    %s\n", size_of(a, u->reserve_bytes));
    out_printf(to, "  records    %" PRId64 ", of them %" PRId64 " launches\n", u->records, u->launches);
    if (u->launches >= 100) /* with fewer, most of the size is empty tables */
        out_printf(to, "  a launch   %s\n", size_of(a, (u->database_bytes - u->free_bytes) / u->launches));
    out_printf(to, "  oldest     %s\n  newest     %s\n", out_time(a, u->oldest_at),
               out_time(a, u->newest_at));
    if (u->pruned_through) out_printf(to, "  pruned     records up to %" PRId64 "\n", u->pruned_through);
    if (aside)
        out_printf(to, "  set aside  %d file%s, %s (audit.damaged-...)\n", aside, aside == 1 ? "" : "s",
                   size_of(a, aside_bytes));
}

int ctl_audit_usage(ctl *c) {
    audit_place place;
    audit_error error;
    audit_usage u;
    int aside;
    int result = audit_find(c, &place);

    if (result) return result;
    if (!audit_measure(place.path, true, &u, &error)) return audit_failed(c, &error);
    int64_t aside_bytes = set_aside_bytes(c, place.path, &aside);
    if (!c->json) {
        print_usage(c, place.path, &u, aside, aside_bytes);
        return CTL_EXIT_OK;
    }

    out_printf(STD_OUTPUT_HANDLE,
               "{\"database\":%s,\"database_bytes\":%" PRId64 ",\"free_bytes\":%" PRId64
               ",\"wal_bytes\":%" PRId64 ",\"reserve_bytes\":%" PRId64 ",\"set_aside_bytes\":%" PRId64
               ",\"records\":%" PRId64 ",\"launches\":%" PRId64 ",\"oldest_at\":%" PRId64
               ",\"newest_at\":%" PRId64 ",\"pruned_through\":%" PRId64 "}\n",
               out_json(c->arena, place.path), u.database_bytes, u.free_bytes, u.wal_bytes, u.reserve_bytes,
               aside_bytes, u.records, u.launches, u.oldest_at, u.newest_at, u.pruned_through);

    return CTL_EXIT_OK;
}

static char *encode_prune(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_prune(id, context, ret_length);
}

/* Reads a size in bytes: "512 MiB", "2GiB", "1000000". */
static bool bytes_of(const char *text, int64_t *ret) {
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    int64_t number = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if ((number = 10 * number + (*p - '0')) > (INT64_C(1) << 52)) return false;
    if (p == text) return false;
    while (*p == ' ') p++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++, number *= 1024) {
        if (strcmp(p, units[i]) == 0 && number) {
            *ret = number;
            return number <= INT64_C(1) << 52;
        }
        if (number > INT64_C(1) << 42) break;
    }
    return false;
}

/* Repeats the request until the broker has nothing left to prune. */
static int prune(ctl *c, const msg_prune *what) {
    msg_pruned part = {.more = true};
    int64_t removed = 0;
    int result = CTL_EXIT_OK;
    while (!result && part.more) {
        msg_reply reply;
        if ((result = ctl_call(c, encode_prune, what, &reply))) break;
        if (msg_reply_prune(&reply, &part)) removed += part.removed;
        else result = ctl_bad_reply(c, &reply);
        msg_reply_free(&reply);
        if (console_is(STD_ERROR_HANDLE))
            out_printf(STD_ERROR_HANDLE, "\r%" PRId64 " records pruned", removed);
    }
    audit_progress_end();
    if (!result)
        out_printf(STD_OUTPUT_HANDLE,
                   c->json ? "{\"removed\":%" PRId64 "}\n" : "%" PRId64 " records pruned\n", removed);
    return result;
}

int ctl_audit_prune(ctl *c) {
    const char *days = option_value(c, OPT_keep_days), *size = option_value(c, OPT_keep_bytes);
    uint32_t number = 0;
    msg_prune what = {0};
    if (!days && !size) return ctl_usage(c, "--keep-days N, --keep-bytes SIZE or both are required");
    if (days && !ctl_number(days, 36500, &number))
        return ctl_usage(c, "--keep-days needs a number from 1 to 36500");
    if (size && !bytes_of(size, &what.max_bytes))
        return ctl_usage(c, "--keep-bytes needs a size such as 512MiB or 2GiB");
    what.max_age_us = number * INT64_C(86400000000);
    return prune(c, &what);
}
