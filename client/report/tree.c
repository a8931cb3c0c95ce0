#include "client/report/detail.h"

#include <inttypes.h>

bool tree_is_parent(const msg_launch *parent, const msg_launch *child) {
    return parent->has_child_pid && parent->has_child_created_at && child->has_caller_started_at &&
           parent->child_pid == child->caller_pid && parent->child_created_at == child->caller_started_at;
}

static const char *of_child(arena *a, const msg_launch *l) {
    return l->has_child_pid ? arena_printf(a, "%" PRId64, l->child_pid) : "-";
}

void report_tree(const report_look *look, const report_sink *sink, const tree_line *lines, size_t count) {
    enum { COLUMNS = 7, OUTCOME = 4, FIRM = 3 };
    static const char *const head[COLUMNS] = {"SEQ",     "STARTED", "EXITED", "USER",
                                              "OUTCOME", "PID",     "PROGRAM"};
    arena a = {0};
    const char **cells = arena_array(&a, (count + 1) * COLUMNS, sizeof *cells);
    const char **paint = arena_array(&a, count + 1, sizeof *paint);

    if (!cells || !paint) goto done;
    for (int i = 0; i < COLUMNS; i++) cells[i] = head[i];
    paint[0] = "";

    for (size_t r = 0; r < count; r++) {
        const msg_launch *l = lines[r].launch;
        const char **row = cells + (r + 1) * COLUMNS;
        int64_t started = l->has_started_at ? l->started_at : l->requested_at;
        row[0] = arena_printf(&a, "%" PRId64 "%s", l->seq, lines[r].marked ? "*" : "");
        row[1] = when_format(&a, started, &look->zone, WHEN_SECONDS);
        row[2] = l->has_exited_at ? when_format(&a, l->exited_at, &look->zone, WHEN_SECONDS) : "-";
        row[3] = out_shown(&a, l->caller_user, 0);
        row[OUTCOME] = report_outcome(&a, l);
        row[5] = of_child(&a, l);
        row[6] = arena_printf(&a, "%*s%s%s%s%s", (int)lines[r].depth * 2, "", lines[r].depth ? "- " : "",
                              out_shown(&a, l->command_line ? l->command_line : l->application, 0),
                              lines[r].remark ? "  " : "", lines[r].remark ? lines[r].remark : "");
        paint[r + 1] = report_colour(look, l->outcome);
        for (int c = 0; c < COLUMNS; c++)
            if (!row[c]) row[c] = "-";
    }

    report_cells(&a, sink, cells, count + 1, COLUMNS, NULL, look->width, FIRM, paint, OUTCOME);
done:
    arena_free(&a);
}
