/* The columns of the two views must be those of proto/audit_columns.h, in messages and in docs/audit.md
 * too. */
#include "proto/message_envelope.h"
#include "tests/audit/fixture.h"

static char text[1 << 18];

static bool read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = 0;
    if (file) fclose(file);
    return length > 0;
}

/* Returns the names of a view's columns in their order, with a space before each. */
static const char *columns_of(const char *path, const char *view) {
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT ' ' || group_concat(name, ' ') FROM pragma_table_info('%s')", view);
    return fixture_sql(path, sql);
}

/* Returns the names in the first column of the documented table under a heading, in the same form. */
static const char *documented(const char *heading) {
    static char names[2048];
    size_t used = 0;
    const char *line = strstr(text, heading);
    names[0] = 0;
    if (!CHECK(line != NULL)) return names;
    const char *end = strstr(line + 1, "\n#");
    while ((line = strstr(line + 1, "\n| `")) != NULL && (!end || line < end)) {
        line += strlen("\n| `");
        used += (size_t)snprintf(names + used, sizeof names - used, " %.*s", (int)strcspn(line, "`"), line);
    }
    return names;
}

static const char *names_of(const fields *list) {
    static char names[2048];
    size_t used = 0;
    names[0] = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->list[i].type != FIELD_OBJECTS)
            used += (size_t)snprintf(names + used, sizeof names - used, " %s", list->list[i].name);
    return names;
}

/* Checks a column's documented type. A column that always has a value must never be documented as NULL. */
static void is_documented(const char *name, const char *type, bool always) {
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\n| `%s` | %s", name, type);
    check_case("%s", wanted + 1);
    const char *row = strstr(text, wanted);
    if (!CHECK(row != NULL) || !always) return;
    size_t length = strcspn(row + 1, "\n");
    char cells[1024];
    snprintf(cells, sizeof cells, "%.*s", (int)length, row + 1);
    CHECK(strstr(cells, "| never") != NULL);
}

#define DOCUMENTED_TEXT(name) is_documented(#name, "TEXT", true);
#define DOCUMENTED_TEXT_OR_NULL(name) is_documented(#name, "TEXT", false);
#define DOCUMENTED_RESULT(name) is_documented(#name, "TEXT", true);
#define DOCUMENTED_NUMBER(name) is_documented(#name, "INTEGER", true);
#define DOCUMENTED_NUMBER_OR_0(name) is_documented(#name, "INTEGER", false);
#define DOCUMENTED_NUMBER_OR_MINUS(name) is_documented(#name, "INTEGER", false);
#define DOCUMENTED_HASH_OR_NULL(name) is_documented(#name, "BLOB", false);
#define DOCUMENTED(name, kind, check) DOCUMENTED_##kind(name)
#define DOCUMENTED_SHOWN(name, kind, place, check) DOCUMENTED_##kind(name)
#define DOCUMENTED_LATER(name, kind, place, check) DOCUMENTED_NUMBER_OR_0(name)
#define HIDDEN(name, kind, check)

static void types(void) {
    AUDIT_REQUEST_COLUMNS(DOCUMENTED_SHOWN, HIDDEN)
    AUDIT_OUTCOME_COLUMNS(DOCUMENTED_SHOWN, HIDDEN)
    AUDIT_EXIT_COLUMNS(DOCUMENTED_LATER, HIDDEN)
    AUDIT_HANDLE_COLUMNS(DOCUMENTED)
}

int main(int argc, char **argv) {
    if (argc != 3 || !read_file(argv[2])) return 2;
    fixture_begin(2, argv);
    const char *path = fixture_path("columns_of_views.db");
    audit_store *store = fixture_open(path);
    CHECK_INT(message_launch_fields.count, AUDIT_SHOWN_COLUMNS + 1);
    CHECK_TEXT(names_of(&message_launch_fields), columns_of(path, "launches"));
    CHECK_TEXT(documented("# `launches`"), columns_of(path, "launches"));
    const fields *handles = message_launch_fields.list[AUDIT_SHOWN_COLUMNS].parts;
    const char *of_view = columns_of(path, "launch_handles"), *launch_id = " launch_id";
    CHECK(!strncmp(of_view, launch_id, strlen(launch_id)));
    CHECK_TEXT(names_of(handles), of_view + strlen(launch_id));
    CHECK_TEXT(documented("# `launch_handles`"), of_view);
    types();
    audit_close(&store);
    return check_report();
}
