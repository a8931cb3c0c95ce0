/* The broker's directory: who may change it, the policy in it, and the room that there is. */
#include "client/ctl/doctor.h"
#include "client/ctl/policy.h"
#include "service/win32/guard.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <inttypes.h>
#include <string.h>

/* The audit needs a few hundred bytes a launch; full, it stops launches (docs/operations.md). */
#define LITTLE_BYTES (INT64_C(1) << 30)
#define NO_BYTES (INT64_C(64) << 20)

/* What the broker says, to those who may read everything; else where the service is to have it. */
static void find_data(doctor *d) {
    if (d->status.version && *d->status.database) {
        const char *last = strrchr(d->status.database, '\\');
        d->database = d->status.database;
        if (last) d->data = arena_copy(d->a, d->database, (size_t)(last - d->database));
    } else if (d->of_service && (d->data = service_data(d->a, &d->service)) != NULL)
        d->database = arena_printf(d->a, "%s\\audit.db", d->data);
}

static void check_directory(doctor *d, const wchar_t *path) {
    const char *wrong = NULL;
    wchar_t *true_path = NULL;
    DWORD error = guard_true_path(d->a, path, &true_path);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) {
        doctor_say(d, "data", DOCTOR_ERROR, "spawnctl service install makes it", "%s is not there", d->data);
        return;
    }
    if (!error) error = guard_directory(d->a, true_path, &wrong);
    if (error) doctor_failed(d, "data", error, "who may change the data directory cannot be found out");
    else if (wrong)
        doctor_say(d, "data", d->of_service ? DOCTOR_ERROR : DOCTOR_WARNING,
                   "take those rights away; who has them can change policy and audit", "%s", wrong);
    else doctor_say(d, "data", DOCTOR_OK, NULL, "%s, which only administrators can change", d->data);
}

static void check_disk(doctor *d, const wchar_t *path) {
    ULARGE_INTEGER room;
    if (!GetDiskFreeSpaceExW(path, &room, NULL, NULL)) {
        doctor_failed(d, "disk", win_error(), "how much room there is cannot be found out");
        return;
    }
    int64_t mega = (int64_t)(room.QuadPart >> 20);
    if ((int64_t)room.QuadPart < NO_BYTES)
        doctor_say(d, "disk", DOCTOR_ERROR,
                   "make room, or set audit.retention in the policy: without room nothing is launched",
                   "%" PRId64 " MiB free for the audit", mega);
    else if ((int64_t)room.QuadPart < LITTLE_BYTES)
        doctor_say(d, "disk", DOCTOR_WARNING, "make room, or set audit.retention in the policy",
                   "%" PRId64 " MiB free for the audit", mega);
    else doctor_say(d, "disk", DOCTOR_OK, NULL, "%" PRId64 " MiB free for the audit", mega);
}

static void check_policy(doctor *d) {
    policy *p = NULL;
    policy_error why;
    const char *file = arena_printf(d->a, "%s\\policy.json", d->data);
    DWORD error = policy_load_file(d->a, file, &p, &why);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        doctor_say(d, "policy", DOCTOR_OK, NULL,
                   "there is none: everybody who is not sandboxed launches as themselves");
    else if (error == ERROR_INVALID_DATA)
        doctor_say(d, "policy", DOCTOR_ERROR,
                   "mend it (spawnctl policy check says the same): a running broker goes on by the one "
                   "before, the next "
                   "start fails",
                   "%s:%lu:%lu: %s", file, (unsigned long)why.line, (unsigned long)why.column, why.message);
    else if (error) doctor_failed(d, "policy", error, "policy.json cannot be read");
    else
        doctor_say(d, "policy", DOCTOR_OK, NULL, "%s, %lu rules", file,
                   (unsigned long)policy_settings_of(p)->rules);
    policy_free(&p);
}

void doctor_data(doctor *d) {
    find_data(d);
    const wchar_t *path = text_wide(d->a, d->data);
    if (!path) {
        doctor_say(d, "data", DOCTOR_SKIPPED, d->status.version ? "ask again as an administrator" : NULL,
                   d->status.version
                       ? "not checked: the broker tells those who may read all records where it is"
                       : "not checked: no broker says where it is");
        return;
    }
    check_directory(d, path);
    check_policy(d);
    check_disk(d, path);
}
