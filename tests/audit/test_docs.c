/* Every column of the views is described in docs/audit.md. (Its questions are asked by tests/docs.) */
#include "tests/audit/fixture.h"

static char text[1 << 18];

static bool read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = 0;
    if (file) fclose(file);
    return length > 0;
}

static void columns(db *d, const char *view) {
    audit_error error = {0};
    db_statement *s = NULL;
    db_row row;
    bool found = true;
    char sql[100], wanted[100];
    int count = 0;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", view);
    if (!fixture_ok(db_prepare(d, sql, &s, &error), &error, sql)) return;
    db_args args = db_with(s);
    for (; fixture_ok(db_next(&args, "asking", &row, &found, &error), &error, sql) && found; count++) {
        snprintf(wanted, sizeof wanted, "\n| `%s` | ", db_get_text(&row));
        check_case("%s of %s is described", wanted + 1, view);
        CHECK(strstr(text, wanted));
    }
    CHECK(count >= 8);
    db_end(&args);
    db_finalize(&s);
}

int main(int argc, char **argv) {
    audit_error error = {0};
    db *d = NULL;
    if (argc != 3 || !read_file(argv[2])) return 2;
    fixture_begin(2, argv);
    const char *path = fixture_path("docs.db");
    audit_store *store = fixture_open(path);
    if (!fixture_ok(db_open(path, DB_FOR_READING, &d, &error), &error, path)) return 1;
    columns(d, "launches");
    columns(d, "launch_handles");
    db_close(&d);
    audit_close(&store);
    return check_report();
}
