/* The condition of each filter: its index and its meaning. */
#include "service/audit/filter.h"

#include <ctype.h>
#include <string.h>

enum { WORK = 8000000 }; /* some tenths of a second */

static void add(filter_plan *plan, filter_term term) {
    plan->terms[plan->count++] = term;
}

static filter_value text(const char *value) {
    return (filter_value){.text = value};
}

static filter_value number(int64_t value) {
    return (filter_value){.number = value};
}

/* Adds a condition on a column of launch that has an index. */
#define COLUMN(index, column, value)                                                               \
    {                                                                                              \
        .from = "launch AS d INDEXED BY " index, .seq = "d.seq", .where = "d." column " = " value, \
        .condition = "+l." column " = " value, .probe = 1                                          \
    }

/* The table of the SIDs in a text, which a blank separates; of NULL it has no rows. */
#define SIDS_OF(text) "json_each('[' || replace(nullif(json_quote(" text "), 'null'), ' ', '\",\"') || ']')"

static void add_user(filter_plan *plan, const char *user) {
    static const filter_term by_sid = COLUMN("launch_by_caller_sid", "caller_sid", "upper(?)"),
                             by_name = COLUMN("launch_by_caller_account", "caller_account", "lower(?)");
    const char *name = strchr(user, '\\');
    bool sid = (user[0] == 'S' || user[0] == 's') && user[1] == '-' && isdigit((unsigned char)user[2]);
    filter_term t = sid ? by_sid : by_name;
    t.values[t.count++] = text(!sid && name ? name + 1 : user);
    if (!sid && name) {
        t.also = "l.caller_user = ? COLLATE NOCASE";
        t.condition = "+l.caller_account = lower(?) AND l.caller_user = ? COLLATE NOCASE";
        t.values[t.count++] = text(user);
    }
    add(plan, t);
}

/* Adds a condition on a program: a file name, or a whole path with slashes of either kind. */
static bool add_image(filter_plan *plan, arena *a, filter_term t, const char *also, const char *condition,
                      const char *image) {
    char *path = arena_copy(a, image, strlen(image));
    if (!path) return false;
    for (char *p = path; *p; p++)
        if (*p == '/') *p = '\\';
    const char *slash = strrchr(path, '\\');
    t.values[t.count++] = text(slash ? slash + 1 : path);
    if (slash) {
        t.also = also;
        t.condition = condition;
        t.values[t.count++] = text(path);
    }
    add(plan, t);
    return true;
}

#define SAME_PATH(column) "lower(replace(l." column ", '/', '\\')) = lower(?)"

static bool add_images(filter_plan *plan, arena *a, const msg_filter *f) {
    static const filter_term caller = COLUMN("launch_by_caller_name", "caller_name", "lower(?)"),
                             program = COLUMN("launch_by_application_name", "application_name", "lower(?)");
    return (!f->caller_image ||
            add_image(plan, a, caller, SAME_PATH("caller_image"),
                      "+l.caller_name = lower(?) AND " SAME_PATH("caller_image"), f->caller_image)) &&
           (!f->image || add_image(plan, a, program, SAME_PATH("application"),
                                   "+l.application_name = lower(?) AND " SAME_PATH("application"), f->image));
}

/* Adds a condition on a table that refers to launches. */
#define OTHER(table, index, column)                                                                        \
    {                                                                                                      \
        .from = table " AS d INDEXED BY " index, .seq = "d.launch", .where = "d." column " = ?",           \
        .condition = "EXISTS (SELECT 1 FROM " table " AS o WHERE o.launch = l.seq AND +o." column " = ?)", \
        .count = 1, .probe = 1                                                                             \
    }

/* What a viewer sees of its user's launches. */
#define SEEN_BY_VIEWER                                                                               \
    "(l.caller_pid = ? AND l.caller_started_at = ? "                                                 \
    "OR NOT ? AND l.caller_integrity <= ? AND l.caller_elevated <= ? AND NOT EXISTS ("               \
    "SELECT 1 FROM " SIDS_OF("l.caller_services") " WHERE value NOT IN (SELECT value FROM " SIDS_OF( \
        "?") ")))"

static bool add_viewer(filter_plan *plan, arena *a, const audit_viewer *v) {
    const char *services = arena_printf(a, "%s", v->services ? v->services : "");
    if (!services) return false;
    add_user(plan, v->sid);
    add(plan, (filter_term){.condition = SEEN_BY_VIEWER,
                            .values = {number(v->pid), number(v->started_at), number(v->sandboxed),
                                       number(v->integrity), number(v->elevated), text(services)},
                            .count = 6});
    return true;
}

static void add_outcome(filter_plan *plan, const msg_filter *f) {
    static const filter_term by_outcome = OTHER("outcome", "outcome_by_outcome", "outcome"),
                             by_pid = OTHER("outcome", "outcome_by_child_pid", "child_pid"),
                             by_code = OTHER("exit", "exit_by_code", "exit_code"),
                             pending = {.from = "pending AS d",
                                        .seq = "d.launch",
                                        .condition =
                                            "EXISTS (SELECT 1 FROM pending AS o WHERE o.launch = l.seq)"};

    if (f->outcome) {
        filter_term t = strcmp(f->outcome, "pending") ? by_outcome : pending;
        t.values[0] = text(f->outcome);
        add(plan, t);
    }

    if (f->has_child_pid) {
        filter_term t = by_pid;
        t.values[0] = number(f->child_pid);
        add(plan, t);
    }

    if (f->has_exit_code) {
        filter_term t = by_code;
        t.values[0] = number(f->exit_code);
        add(plan, t);
    }
}

/* Adds one condition on handles: name and type are of the same handle. */
static void add_handle(filter_plan *plan, const msg_filter *f) {
    static const filter_term by_name = OTHER("handle", "handle_by_name", "name"),
                             by_type = OTHER("handle", "handle_by_type", "type");
    filter_term t = f->handle_name ? by_name : by_type;
    t.values[0] = text(f->handle_name ? f->handle_name : f->handle_type);
    if (f->handle_name && f->handle_type) {
        t.also = "d.type = ?";
        t.condition =
            "EXISTS (SELECT 1 FROM handle AS o WHERE o.launch = l.seq AND +o.name = ? AND +o.type = ?)";
        t.values[t.count++] = text(f->handle_type);
    }
    add(plan, t);
}

/* Adds the condition on a part of a text. filter_grep chooses later what to ask the index. */
static void add_grep(filter_plan *plan, const char *wanted) {
    static const char has[] =
        "instr(lower(concat_ws(char(0), l.command_line, l.application, l.caller_image)), lower(?))";
    add(plan, (filter_term){.from = "launch_text AS d",
                            .seq = "d.rowid",
                            .where = "d.launch_text MATCH ?",
                            .also = has,
                            .condition = has,
                            .values = {{0}, text(wanted)},
                            .count = 2,
                            .probe = 1,
                            .skip = 1});
}

/* Adds the condition on the beginning of a launch_id: "g" sorts after every character of one. */
static bool add_id(filter_plan *plan, arena *a, const char *id) {
    const char *end = arena_printf(a, "%sg", id);
    if (!end) return false;
    add(plan, (filter_term){.from = "launch AS d INDEXED BY sqlite_autoindex_launch_1",
                            .seq = "d.seq",
                            .where = "d.launch_id >= lower(?) AND d.launch_id < lower(?)",
                            .condition = "+l.launch_id >= lower(?) AND +l.launch_id < lower(?)",
                            .values = {text(id), text(end)},
                            .count = 2,
                            .probe = 2});
    return true;
}

static void add_condition(filter_plan *plan, const char *condition, int64_t value) {
    add(plan, (filter_term){.condition = condition, .values = {number(value)}, .count = 1});
}

bool filter_terms(const audit_filter *filter, arena *a, filter_plan *ret, audit_error *ret_error) {
    static const filter_term by_pid = COLUMN("launch_by_caller_pid", "caller_pid", "?"),
                             by_rule = COLUMN("launch_by_rule", "rule", "?"),
                             by_label = COLUMN("launch_by_label", "label", "?");
    const msg_filter *f = &filter->where;
    filter_plan plan = {.driver = -1,
                        .grep = -1,
                        .has_since = f->has_since,
                        .has_until = f->has_until,
                        .since = f->since,
                        .until = f->until,
                        .oldest_first = filter->oldest_first,
                        .work = filter->work ? filter->work : WORK};
    filter_term t;
    bool good = true;

    if (f->user) add_user(&plan, f->user);
    if (f->has_caller_pid) {
        t = by_pid;
        t.values[t.count++] = number(f->caller_pid);
        add(&plan, t);
    }

    if (f->rule) {
        t = by_rule;
        t.values[t.count++] = text(f->rule);
        add(&plan, t);
    }

    if (f->label) {
        t = by_label;
        t.values[t.count++] = text(f->label);
        add(&plan, t);
    }

    add_outcome(&plan, f);
    if (f->handle_name || f->handle_type) add_handle(&plan, f);
    if (f->grep) {
        plan.grep = plan.count;
        add_grep(&plan, f->grep);
    }

    good = add_images(&plan, a, f) && (!f->launch_id || add_id(&plan, a, f->launch_id)) &&
           (!filter->viewer || add_viewer(&plan, a, filter->viewer));
    if (f->has_caller_started_at) add_condition(&plan, "l.caller_started_at = ?", f->caller_started_at);
    if (f->has_child_created_at)
        add_condition(&plan,
                      "EXISTS (SELECT 1 FROM outcome AS o WHERE o.launch = l.seq AND o.child_created_at = ?)",
                      f->child_created_at);
    if (!good) return db_refuse(NULL, DB_NO_MEMORY, "reading the audit database", "out of memory", ret_error);
    *ret = plan;
    return true;
}
