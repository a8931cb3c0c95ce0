/* Replaces service/audit/db.c in spawnbroker_faults: SQLite's functions fail on request. */
#include "tests/faults/faults.h"

#include <sqlite3.h>

/* The code of the last planted failure, for calls that ask SQLite about it. 0 after a call has succeeded. */
static volatile LONG planted;

static int code_of(faults_function f) {
    DWORD err = 0;
    if (faults_due(f, &err)) planted = err ? (LONG)err : SQLITE_NOMEM;
    else planted = SQLITE_OK;
    return planted;
}

#define GUARD(name, ...) (code_of(FAULTS_##name) ? (int)planted : name(__VA_ARGS__))

#define sqlite3_backup_step(...) GUARD(sqlite3_backup_step, __VA_ARGS__)
#define sqlite3_bind_blob64(...) GUARD(sqlite3_bind_blob64, __VA_ARGS__)
#define sqlite3_bind_int64(...) GUARD(sqlite3_bind_int64, __VA_ARGS__)
#define sqlite3_bind_null(...) GUARD(sqlite3_bind_null, __VA_ARGS__)
#define sqlite3_bind_text64(...) GUARD(sqlite3_bind_text64, __VA_ARGS__)
#define sqlite3_db_config(...) GUARD(sqlite3_db_config, __VA_ARGS__)
#define sqlite3_exec(...) GUARD(sqlite3_exec, __VA_ARGS__)
#define sqlite3_open_v2(...) GUARD(sqlite3_open_v2, __VA_ARGS__)
#define sqlite3_prepare_v2(...) GUARD(sqlite3_prepare_v2, __VA_ARGS__)
#define sqlite3_prepare_v3(...) GUARD(sqlite3_prepare_v3, __VA_ARGS__)
#define sqlite3_step(...) GUARD(sqlite3_step, __VA_ARGS__)
#define sqlite3_wal_checkpoint_v2(...) GUARD(sqlite3_wal_checkpoint_v2, __VA_ARGS__)
#define sqlite3_extended_errcode(d) (planted ? (int)planted : sqlite3_extended_errcode(d))
#define sqlite3_errmsg(d) (planted ? sqlite3_errstr((int)planted) : sqlite3_errmsg(d))

#include "service/audit/db.c"

#include <stdlib.h>

/* Gives SQLite's page cache its own memory, because SQLite's other memory does not grow with the database. */
bool faults_page_cache(void) {
    enum { PAGE = 4096 + 512, PAGES = 4096 };
    void *pages = malloc((size_t)PAGE * PAGES);
    return pages && sqlite3_config(SQLITE_CONFIG_PAGECACHE, pages, PAGE, PAGES) == SQLITE_OK;
}
