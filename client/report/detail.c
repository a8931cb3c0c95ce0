#include "client/report/detail.h"
#include "client/report/exit_code.h"

#include <inttypes.h>
#include <string.h>

typedef struct page {
    arena memory;
    const report_look *look;
    const report_sink *sink;
} page;

static void line(page *p, const char *name, const char *text) {
    if (!text) return;
    const char *made = arena_printf(&p->memory, "%-14s %s\n", name, text);
    if (made) report_print(p->sink, made);
}

static void text(page *p, const char *name, const char *value) {
    if (value) line(p, name, out_shown(&p->memory, value, 0));
}

static const char *moment(page *p, int64_t us) {
    return when_format(&p->memory, us, &p->look->zone, WHEN_MICROSECONDS);
}

static void outcome(page *p, const msg_launch *l) {
    arena *a = &p->memory;
    line(p, "outcome",
         arena_printf(a, "%s%s%s", report_colour(p->look, l->outcome), l->outcome,
                      report_colour_end(p->look)));
    if (l->stage) text(p, "  at step", l->stage);
    if (l->has_error_code) line(p, "  error", arena_printf(a, "%" PRId64, l->error_code));
    if (l->error_message) text(p, "  message", l->error_message);
    if (l->has_total_us)
        line(p, "  took",
             arena_printf(a, "%s%s%s%s", when_duration(a, l->total_us), l->has_create_us ? " (Windows: " : "",
                          l->has_create_us ? when_duration(a, l->create_us) : "",
                          l->has_create_us ? ")" : ""));
}

static void caller(page *p, const msg_launch *l) {
    arena *a = &p->memory;
    line(p, "caller",
         arena_printf(a, "%s, process %" PRId64 ", session %" PRId64, out_shown(a, l->caller_image, 0),
                      l->caller_pid, l->caller_session));
    if (l->has_caller_started_at) line(p, "  created", moment(p, l->caller_started_at));
    line(p, "  user",
         arena_printf(a, "%s (%s)", out_shown(a, l->caller_user, 0), out_shown(a, l->caller_sid, 0)));
}

/* Names an integrity level, SECURITY_MANDATORY_..._RID. */
static const char *integrity_name(arena *a, int64_t level) {
    static const struct {
        int64_t from;
        const char *name;
    } levels[] = {{0x4000, "system"}, {0x3000, "high"}, {0x2000, "medium"}, {0x1000, "low"}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (level >= levels[i].from) return arena_printf(a, "%s integrity", levels[i].name);
    return "untrusted";
}

static void rights(page *p, const msg_launch *l) {
    arena *a = &p->memory;
    if (l->has_caller_integrity)
        line(p, "  rights",
             arena_printf(a, "%s, %selevated", integrity_name(a, l->caller_integrity),
                          l->caller_elevated ? "" : "not "));
    if (l->caller_services) text(p, "  services", l->caller_services);
    if (l->label) text(p, "label", l->label);
    if (l->launch_key) text(p, "key", l->launch_key);
}

/* Says what the processes of the child's job used. */
static void used(page *p, const msg_launch *l) {
    arena *a = &p->memory;
    if (l->has_user_us)
        line(p, "  processor",
             arena_printf(a, "%s user, %s kernel", when_duration(a, l->user_us),
                          when_duration(a, l->has_kernel_us ? l->kernel_us : 0)));
    if (l->has_peak_memory_bytes)
        line(p, "  peak memory", arena_printf(a, "%" PRId64 " bytes", l->peak_memory_bytes));
    if (l->has_read_bytes) line(p, "  read", arena_printf(a, "%" PRId64 " bytes", l->read_bytes));
    if (l->has_written_bytes) line(p, "  written", arena_printf(a, "%" PRId64 " bytes", l->written_bytes));
    if (l->has_processes) line(p, "  processes", arena_printf(a, "%" PRId64, l->processes));
}

static void child(page *p, const msg_launch *l) {
    arena *a = &p->memory;
    if (!l->has_child_pid) return;
    line(p, "child", arena_printf(a, "process %" PRId64, l->child_pid));
    if (l->has_child_created_at) line(p, "  created", moment(p, l->child_created_at));
    if (l->has_started_at) line(p, "  started", moment(p, l->started_at));
    if (l->has_attested)
        line(p, "  attested",
             l->attested ? "the child had exactly these handles" : "the child had OTHER handles");
    if (l->has_exited_at && l->has_exited_after)
        line(p, "  exited",
             arena_printf(a, "unseen by a broker: after %s, at the latest %s", moment(p, l->exited_after),
                          moment(p, l->exited_at)));
    else if (l->has_exited_at) line(p, "  exited", moment(p, l->exited_at));
    if (l->has_exit_code) {
        const char *meaning = exit_code_meaning(l->exit_code);
        line(p, "  exit code",
             arena_printf(a, "%" PRId64 " (0x%" PRIX64 ")%s%s", l->exit_code, (uint64_t)l->exit_code,
                          meaning ? ": " : "", meaning ? meaning : ""));
    }
    if (l->has_exited_at && l->has_started_at && !l->has_exited_after)
        line(p, "  ran", when_duration(a, l->exited_at - l->started_at));
    used(p, l);
}

static void environment(page *p, const msg_launch *l) {
    if (l->environment_hash) text(p, "environment", l->environment_hash);
    for (const char *name = l->environment_names; name && *name;) {
        size_t length = strcspn(name, "\n");
        const char *one = arena_copy(&p->memory, name, length);
        text(p, name == l->environment_names ? "  names" : "", one);
        name += length + (name[length] == '\n');
    }
}

static void handles(page *p, const msg_launch *l) {
    enum { COLUMNS = 6 };
    static const char *const head[COLUMNS] = {"NAME",          "TYPE",         "ACCESS",
                                              "IN THE CALLER", "IN THE CHILD", "DESCRIPTOR"};
    arena *a = &p->memory;
    const char **cells = arena_array(a, (l->handle_count + 1) * COLUMNS, sizeof *cells);

    if (!cells || !l->handle_count) {
        line(p, "handles", "none");
        return;
    }

    report_print(p->sink, "\n");
    memcpy(cells, head, sizeof head);
    for (size_t i = 0; i < l->handle_count; i++) {
        const msg_launch_handle *h = &l->handles[i];
        const char **row = cells + (i + 1) * COLUMNS;
        row[0] = out_shown(a, h->name, 0);
        row[1] = out_shown(a, h->type, 0);
        row[2] = arena_printf(a, "0x%" PRIx64, (uint64_t)h->granted_access);
        row[3] = arena_printf(a, "0x%" PRIx64, (uint64_t)h->caller_value);
        row[4] = arena_printf(a, "0x%" PRIx64, (uint64_t)h->child_value);
        row[5] = h->fd ? arena_printf(a, "%" PRId64, h->fd) : "-";
        for (int c = 2; c < COLUMNS; c++)
            if (!row[c]) row[c] = "-";
    }

    report_cells(a, p->sink, cells, l->handle_count + 1, COLUMNS, NULL, 0, 0, NULL, 0);
}

void report_detail(const report_look *look, const report_sink *sink, const msg_launch *l) {
    page p = {.look = look, .sink = sink};
    arena *a = &p.memory;
    text(&p, "launch", l->launch_id);
    line(&p, "seq", arena_printf(a, "%" PRId64, l->seq));
    line(&p, "requested", moment(&p, l->requested_at));
    outcome(&p, l);
    text(&p, "rule", l->rule);
    caller(&p, l);
    rights(&p, l);
    text(&p, "program", l->application);
    text(&p, "command line", l->command_line);
    text(&p, "directory", l->directory);
    text(&p, "lifetime", l->lifetime);
    line(&p, "flags", arena_printf(a, "0x%" PRIx64, (uint64_t)l->creation_flags));
    child(&p, l);
    environment(&p, l);
    handles(&p, l);
    arena_free(a);
}
