#include "service/audit/verify_schema.h"

#include "service/audit/schema.h"

#include <stdio.h>
#include <string.h>

static const char doing[] = "verifying the audit's tables";

/* SQLite keeps the statement that defined each object. */
static const char every_object[] =
    "SELECT name, type, coalesce(sql, '') FROM sqlite_schema ORDER BY name, type";

typedef struct objects {
    db_statement *statement;
    db_args args;
    db_row row;
    bool found;
    const char *name, *type, *sql;
} objects;

static bool next(objects *o, audit_error *ret_error) {
    if (!db_next(&o->args, doing, &o->row, &o->found, ret_error)) return false;
    o->name = o->found ? db_get_text(&o->row) : NULL;
    o->type = o->found ? db_get_text(&o->row) : NULL;
    o->sql = o->found ? db_get_text(&o->row) : NULL;
    return true;
}

static bool open_objects(db *d, objects *ret, audit_error *ret_error) {
    if (!db_prepare(d, every_object, &ret->statement, ret_error)) return false;
    ret->args = db_with(ret->statement);
    return next(ret, ret_error);
}

static void close_objects(objects *o) {
    if (o->statement) db_end(&o->args);
    db_finalize(&o->statement);
}

/* Compares the current objects: below 0, only a has it; above 0, only b. */
static int compare(const objects *a, const objects *b) {
    if (!a->found || !b->found) return a->found ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->type, b->type);
}

static bool compare_all(objects *there, objects *wanted, verify_finding *find, void *context,
                        audit_error *ret_error) {
    char text[512];
    while (there->found || wanted->found) {
        int order = compare(there, wanted);
        const objects *named = order <= 0 ? there : wanted;
        const char *what = order < 0 ? "is not the broker's" : order > 0 ? "is missing" : "has been changed";
        if (order || strcmp(there->sql, wanted->sql) != 0) {
            snprintf(text, sizeof text, "%s %.200s %s", named->type, named->name, what);
            find(context, text);
        }
        if ((order <= 0 && !next(there, ret_error)) || (order >= 0 && !next(wanted, ret_error))) return false;
    }
    return true;
}

bool verify_schema(db *d, verify_finding *find, void *context, audit_error *ret_error) {
    db *model = NULL;
    objects there = {0}, wanted = {0};
    int64_t version;
    bool ok = db_number(d, doing, "PRAGMA user_version", &version, ret_error) &&
              db_open_memory(&model, ret_error) && db_run_all(model, doing, schema_create, ret_error) &&
              (version == SCHEMA_FIRST_VERSION || db_run_all(model, doing, schema_upgrade, ret_error));
    ok = ok && open_objects(d, &there, ret_error) && open_objects(model, &wanted, ret_error) &&
         compare_all(&there, &wanted, find, context, ret_error);
    close_objects(&there);
    close_objects(&wanted);
    db_close(&model);
    return ok;
}

bool verify_content(db *d, verify_finding *find, void *context, audit_error *ret_error) {
    db_statement *s = NULL;
    db_row row;
    bool found = true, ok = db_prepare(d, "PRAGMA integrity_check", &s, ret_error);
    db_args args = db_with(s);
    while (ok && (ok = db_next(&args, doing, &row, &found, ret_error)) && found) {
        const char *text = db_get_text(&row);
        if (text && strcmp(text, "ok") != 0) find(context, text);
    }
    if (s) db_end(&args);
    db_finalize(&s);
    return ok;
}
