/* What is promised to be answered from an index is. */
#include "fixture.h"
#include "schema.h"

/* The plan as one line; sql is a query without EXPLAIN. */
static const char *plan(const char *path, const char *sql) {
    static char text[2048];
    audit_error error = {0};
    db *d = NULL;
    db_statement *s = NULL;
    char explain[2048];
    db_row row;
    bool found = true;
    text[0] = 0;
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    if (!fixture_ok(db_open(path, DB_FOR_READING, &d, &error) && db_prepare(d, explain, &s, &error), &error,
                    sql))
        goto done;
    db_args args = db_with(s);
    while (db_next(&args, "explaining", &row, &found, &error) && found) {
        size_t used = strlen(text);
        row.column = 3;
        snprintf(text + used, sizeof text - used, "%s%s", used ? "; " : "", db_get_text(&row));
    }
    db_end(&args);
done:
    db_finalize(&s);
    db_close(&d);
    return text;
}

#define OUTCOME_AND_EXIT                                                                                     \
    "; SEARCH o USING INDEX sqlite_autoindex_outcome_1 (launch=?) LEFT-JOIN; "                               \
    "SEARCH e USING INDEX sqlite_autoindex_exit_1 (launch=?) LEFT-JOIN"

static void answered_from_indexes(void) {
    const char *path = fixture_path("plan.db");
    audit_store *store = fixture_open(path);
    CHECK_TEXT(plan(path, "SELECT * FROM launches ORDER BY seq DESC LIMIT 50"), "SCAN l" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, schema_statements[SCHEMA_NEWEST]),
               "SEARCH l USING INTEGER PRIMARY KEY (rowid<?)" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, schema_statements[SCHEMA_NEWEST_OF]),
               "SEARCH l USING INDEX launch_by_caller_sid (caller_sid=? AND rowid<?)" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, "SELECT * FROM launches WHERE launch_id = 'x'"),
               "SEARCH l USING INDEX sqlite_autoindex_launch_1 (launch_id=?)" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, schema_statements[SCHEMA_HANDLES]),
               "SEARCH l USING COVERING INDEX sqlite_autoindex_launch_1 (launch_id=?); "
               "SEARCH h USING PRIMARY KEY (launch=?)");
    CHECK_TEXT(plan(path, schema_statements[SCHEMA_NEXT_UNDECIDED]),
               "SCAN pending");
    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    answered_from_indexes();
    return check_report();
}
