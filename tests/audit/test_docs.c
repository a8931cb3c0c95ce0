/* The questions of docs/audit.md are answered, and every column of the views is described there. */
#include "fixture.h"
#include "some_rows.h"

#include <stdlib.h>

static char text[1 << 18];

static bool read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = 0;
    if (file) fclose(file);
    return length > 0;
}

/* How many rows a question has, -1 when it is none. */
static int ask(db *d, const char *sql) {
    audit_error error = {0};
    db_statement *s = NULL;
    db_row row;
    bool found = true;
    int rows = 0;
    if (!fixture_ok(db_prepare(d, sql, &s, &error), &error, sql)) return -1;
    db_args args = db_with(s);
    while (fixture_ok(db_next(&args, "asking", &row, &found, &error), &error, sql) && found) rows++;
    db_end(&args);
    db_finalize(&s);
    return rows;
}

static void questions(db *d) {
    static const char fence[] = "\n```sql\n";
    int count = 0, answered = 0;
    for (char *at = strstr(text, fence); at; at = strstr(at, fence)) {
        at += sizeof fence - 1;
        char *end = strstr(at, "\n```\n");
        check_case("question %d", ++count);
        if (!CHECK(end != NULL)) return;
        char *sql = calloc(1, (size_t)(end - at) + 1);
        if (!sql) return;
        memcpy(sql, at, (size_t)(end - at));
        answered += ask(d, sql) > 0;
        free(sql);
    }
    check_case("questions");
    CHECK(count >= 10);
    CHECK(answered >= count - 3); /* the rows are of another year than "the last day" and "this week" */
    printf("%d questions, %d of them have answers\n", count, answered);
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
    if (!some_rows(store, 300) || !fixture_ok(db_open(path, DB_FOR_READING, &d, &error), &error, path))
        return 1;
    questions(d);
    columns(d, "launches");
    columns(d, "launch_handles");
    db_close(&d);
    audit_close(&store);
    return check_report();
}
