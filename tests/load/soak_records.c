#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/load/soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The outcome of the launch with this id, and its exit code. */
typedef struct found {
    char outcome[16];
    bool there, ended;
    int64_t code;
} found;

static bool look(db_statement *s, const char *id, found *ret, audit_error *error) {
    db_args args = db_with(s);
    db_row row;
    found f = {.outcome = "no record"};
    db_put_text(&args, id);
    bool ok = db_next(&args, "looking for a launch", &row, &f.there, error);
    if (ok && f.there) {
        snprintf(f.outcome, sizeof f.outcome, "%s", db_get_text(&row));
        f.code = db_get_if(&row, &f.ended);
    }
    db_end(&args);
    *ret = f;
    return ok;
}

static void check_line(db_statement *s, char *line, soak_seen *seen) {
    audit_error error = {0};
    found f;
    char *code = strchr(line, ' ');
    if (*line == '!' || !code) {
        CHECK_TEXT(line, "");
        return;
    }
    *code++ = 0;
    seen->launches++;
    if (!CHECK(look(s, line, &f, &error))) printf("    %s\n", error.message);
    else if (!CHECK_TEXT(f.outcome, "started") || !CHECK(f.ended))
        printf("    %s, which a client saw succeed\n", line);
    else if (strcmp(code, "-") != 0 && f.code != atoll(code)) {
        seen->codes_wrong++;
        printf("    %s ended with %lld, and is to end with %s\n", line, (long long)f.code, code);
    }
}

void soak_check_records(const wchar_t *data, const soak_place *place, soak_seen *seen) {
    static const char sql[] = "SELECT outcome, exit_code FROM launches WHERE launch_id = ?";
    char database[AUDIT_PATH_BYTES];
    audit_error error = {0};
    db *d = NULL;
    db_statement *s = NULL;
    size_t size = 0;

    audit_path(data, L"audit.db", database);
    audit_becomes(database, "SELECT count(*) FROM launches WHERE outcome = 'pending'", "0");
    audit_becomes(database, "SELECT count(*) FROM launches WHERE outcome = 'started' AND exited_at IS NULL",
                  "0");
    char *text = file_read(place->directory, SOAK_LOG, &size), *next;
    if (!CHECK(text != NULL)) return;
    if (!CHECK(db_open(database, DB_FOR_READING, &d, &error) && db_prepare(d, sql, &s, &error)))
        printf("    %s\n", error.message);

    for (char *line = text; s && *line && check_failures() < 50; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = 0;
        check_line(s, line, seen);
    }

    db_finalize(&s);
    db_close(&d);
    free(text);
    CHECK(DeleteFileW(place->log));
}
