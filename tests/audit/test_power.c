/* Cuts the power below the file system's cache. The test keeps SQLite's files in memory. What SQLite writes
 * is visible at once, as in a cache, but only what it has flushed is on the disk. After a cut only that is
 * left, as in SQLite's own crash tests (https://sqlite.org/testing.html, "Crash Testing"). */
#include "service/audit/store.h"
#include "tests/audit/tamper.h"

#include <sqlite3.h>
#include <stdlib.h>

/* ---- a disk with a cache ---- */

enum { FILES = 16, SHM_REGIONS = 64, LOCK_SLOTS = 8 };

typedef struct image {
    unsigned char *bytes;
    size_t length, room;
} image;

typedef struct disk_file {
    char path[1100];
    image cached, flushed;
    bool there;             /* in the directory */
    void *shm[SHM_REGIONS]; /* the WAL's index: memory, in no file */
} disk_file;

static disk_file disk[FILES];
static int flushes;
static bool off; /* nothing more is written */

typedef struct handle {
    sqlite3_file base;
    disk_file *file;
} handle;

static bool grow(image *i, size_t length) {
    if (length > i->room) {
        size_t room = length * 2 + 4096;
        unsigned char *bytes = realloc(i->bytes, room);
        if (!bytes) return false;
        i->bytes = bytes;
        i->room = room;
    }
    if (length > i->length) memset(i->bytes + i->length, 0, length - i->length);
    if (length > i->length) i->length = length;
    return true;
}

static bool same_as(image *to, const image *from) {
    to->length = 0;
    if (!grow(to, from->length)) return false;
    if (from->length) memcpy(to->bytes, from->bytes, from->length);
    return true;
}

static disk_file *find(const char *path) {
    for (int i = 0; i < FILES; i++)
        if (disk[i].there && !strcmp(disk[i].path, path)) return &disk[i];
    return NULL;
}

static disk_file *make(const char *path) {
    for (int i = 0; i < FILES; i++) {
        if (disk[i].there) continue;
        snprintf(disk[i].path, sizeof disk[i].path, "%s", path);
        disk[i].there = true;
        disk[i].cached.length = disk[i].flushed.length = 0;
        return &disk[i];
    }
    return NULL;
}

/* Ends the writer without writing anything more, and leaves what the machine has when the power is back. */
static void cut_the_power(audit_store **store) {
    off = true;
    audit_close(store);
    off = false;

    for (int i = 0; i < FILES; i++) {
        if (!disk[i].there) continue;
        CHECK(same_as(&disk[i].cached, &disk[i].flushed));
        for (int k = 0; k < SHM_REGIONS; k++) {
            free(disk[i].shm[k]);
            disk[i].shm[k] = NULL;
        }
    }
}

/* ---- as a VFS of SQLite: https://sqlite.org/vfs.html ---- */

static disk_file *file_of(sqlite3_file *f) {
    return ((handle *)(void *)f)->file;
}

static int on_close(sqlite3_file *f) {
    (void)f;
    return SQLITE_OK;
}

static int on_read(sqlite3_file *f, void *to, int count, sqlite3_int64 at) {
    const image *i = &file_of(f)->cached;
    size_t from = (size_t)at, wanted = (size_t)count;
    size_t have = from >= i->length ? 0 : i->length - from < wanted ? i->length - from : wanted;
    memset(to, 0, wanted);
    if (have) memcpy(to, i->bytes + from, have);
    return have == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *f, const void *bytes, int count, sqlite3_int64 at) {
    image *i = &file_of(f)->cached;
    if (off) return SQLITE_IOERR_WRITE;
    if (!grow(i, (size_t)at + (size_t)count)) return SQLITE_IOERR_NOMEM;
    memcpy(i->bytes + at, bytes, (size_t)count);
    return SQLITE_OK;
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 length) {
    image *i = &file_of(f)->cached;
    if (off) return SQLITE_IOERR_TRUNCATE;
    if ((size_t)length < i->length) i->length = (size_t)length;
    return SQLITE_OK;
}

static int on_sync(sqlite3_file *f, int flags) {
    disk_file *d = file_of(f);
    (void)flags;
    if (off) return SQLITE_IOERR_FSYNC;
    flushes++;
    return same_as(&d->flushed, &d->cached) ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

static int on_size(sqlite3_file *f, sqlite3_int64 *ret) {
    *ret = (sqlite3_int64)file_of(f)->cached.length;
    return SQLITE_OK;
}

/* One process with one writer: no lock is ever taken by another. */
static int on_lock(sqlite3_file *f, int level) {
    (void)f, (void)level;
    return SQLITE_OK;
}

static int on_check_lock(sqlite3_file *f, int *ret) {
    (void)f;
    *ret = 0;
    return SQLITE_OK;
}

static int on_control(sqlite3_file *f, int operation, void *argument) {
    (void)f, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int on_sector_size(sqlite3_file *f) {
    (void)f;
    return 4096;
}

static int on_characteristics(sqlite3_file *f) {
    (void)f;
    return 0;
}

static int on_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **ret) {
    disk_file *d = file_of(f);
    *ret = NULL;
    if (region >= SHM_REGIONS) return SQLITE_IOERR_NOMEM;
    if (!d->shm[region] && extend && !(d->shm[region] = calloc(1, (size_t)size))) return SQLITE_IOERR_NOMEM;
    *ret = d->shm[region];
    return SQLITE_OK;
}

static int on_shm_lock(sqlite3_file *f, int offset, int count, int flags) {
    (void)f, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void on_shm_barrier(sqlite3_file *f) {
    (void)f;
}

static int on_shm_unmap(sqlite3_file *f, int remove) {
    (void)f, (void)remove;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = on_close,
                                           .xRead = on_read,
                                           .xWrite = on_write,
                                           .xTruncate = on_truncate,
                                           .xSync = on_sync,
                                           .xFileSize = on_size,
                                           .xLock = on_lock,
                                           .xUnlock = on_lock,
                                           .xCheckReservedLock = on_check_lock,
                                           .xFileControl = on_control,
                                           .xSectorSize = on_sector_size,
                                           .xDeviceCharacteristics = on_characteristics,
                                           .xShmMap = on_shm_map,
                                           .xShmLock = on_shm_lock,
                                           .xShmBarrier = on_shm_barrier,
                                           .xShmUnmap = on_shm_unmap};

static int on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *ret_flags) {
    handle *h = (handle *)(void *)f;
    (void)vfs;
    *h = (handle){0};
    if (!path) path = "temporary";
    h->file = find(path);
    if (!h->file && (flags & SQLITE_OPEN_CREATE)) h->file = make(path);
    if (!h->file) return SQLITE_CANTOPEN;
    h->base.pMethods = &methods;
    if (ret_flags) *ret_flags = flags;
    return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync) {
    disk_file *d = find(path);
    (void)vfs, (void)sync;
    if (off) return SQLITE_IOERR_DELETE;
    if (d) d->there = false;
    return d ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int on_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret) {
    (void)vfs, (void)flags;
    *ret = find(path) != NULL;
    return SQLITE_OK;
}

static int on_full_path(sqlite3_vfs *vfs, const char *path, int size, char *ret) {
    (void)vfs;
    snprintf(ret, (size_t)size, "%s", path);
    return SQLITE_OK;
}

static void begin_disk(void) {
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL);
    vfs.zName = "disk";
    vfs.szOsFile = sizeof(handle);
    vfs.xOpen = on_open;
    vfs.xDelete = on_delete;
    vfs.xAccess = on_access;
    vfs.xFullPathname = on_full_path;
    CHECK_INT(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

static void end_disk(void) {
    CHECK_INT(sqlite3_vfs_unregister(sqlite3_vfs_find("disk")), SQLITE_OK);
    for (int i = 0; i < FILES; i++) {
        free(disk[i].cached.bytes);
        free(disk[i].flushed.bytes);
        for (int k = 0; k < SHM_REGIONS; k++) free(disk[i].shm[k]);
    }
}

/* ---- what is promised ---- */

/* A commit that has returned is there after a cut at any time, and no record is there in part. */
static void commits_survive(void) {
    enum { ROUNDS = 8, EACH = 5 };
    audit_verdict verdict;
    char sql[64];
    int added = 0;
    for (int round = 0; round < ROUNDS; round++) {
        check_case("the power is cut, round %d", round);
        audit_store *store = fixture_open("power.db");
        for (int i = 0; i < EACH; i++) fixture_add_launch(store, ++added);

        int before = flushes;
        fixture_add_launch(store, ++added);
        CHECK(flushes > before); /* a commit flushes */
        cut_the_power(&store);

        snprintf(sql, sizeof sql, "%d", added);
        CHECK_TEXT(fixture_sql("power.db", "SELECT count(*) FROM launch"), sql);
        CHECK_TEXT(tamper_found("power.db", NULL, NULL, &verdict), "");
        CHECK_INT(verdict.launches, added);
    }
}

static int64_t pragma(audit_store *store, const char *sql) {
    audit_error error = {0};
    int64_t number = -1;
    fixture_ok(db_number(store->main, "asking", sql, &number, &error), &error, sql);
    return number;
}

/* Checks the settings of the writer's own connection. */
static void settings(void) {
    audit_error error = {0};
    int defensive = -1, trusted = -1;
    audit_store *store = fixture_open("settings.db");
    check_case("the writer's settings");
    CHECK_INT(pragma(store, "PRAGMA synchronous"), 2); /* FULL */
    CHECK_INT(pragma(store, "PRAGMA cell_size_check"), 1);
    CHECK_INT(pragma(store, "PRAGMA foreign_keys"), 1);
    CHECK_INT(sqlite3_db_config(store->main, SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive), SQLITE_OK);
    CHECK_INT(defensive, 1);
    CHECK_INT(sqlite3_db_config(store->main, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted), SQLITE_OK);
    CHECK_INT(trusted, 0);
    CHECK(!db_run(store->main, "writing to the schema",
                  "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema", &error));
    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    begin_disk();
    commits_survive();
    settings();
    end_disk();
    return check_report();
}
